"""The facts of the records that a contract begins with, after all checks of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .._utils.digest import environment
from ..metrics import bootstrap_interval, event_labels, wilson_interval
from ._pipeline_faults import (
    FILTERS,
    REPRESENTATIONS,
    check_steps,
    rate_of_input,
    walk_steps,
)
from ._record_faults import (
    check_one_time,
    check_repeated,
    check_signal,
    training_digests,
)
from ._record_set import RecordSet, is_fingerprint
from ._state_checks import check_contract
from .input_contract import InputContract, merge_facts

METRICS = ("balanced_accuracy", "accuracy", "roc_auc")
LOSSES = ("brier_score", "calibration_error")  # of probabilities
N_RESAMPLES = 1000


def begin_contract(
    records: RecordSet,
    samples: npt.NDArray,
    labels: npt.NDArray,
    events: npt.NDArray,
    *,
    estimator: Any,
    reader: Any,
    given: dict[str, Any],
) -> InputContract:
    """Return a contract without ranges and scores.

    Parameters
    ----------
    records : RecordSet
        Records with what is known of them.
    samples : ndarray of shape (n_records, ...)
        The same as an array.
    labels, events : ndarray of shape (n_records,)
        Label and event of each record.
    estimator : classifier
        Classifier or pipeline.
    reader : WaveformReader or None
        The policy.
    given : dict of str to object
        Facts by the parameters.

    Raises
    ------
    ValueError
        If records, steps, reader or parameters contradict each other.
    """
    facts = merge_facts(records, given, reader)
    fingerprints = is_fingerprint(samples)
    waveforms = not fingerprints and facts["sampling_rate"] is not None
    check_steps(estimator, fingerprints=fingerprints, waveforms=waveforms)
    rate = rate_of_input(estimator, facts["sampling_rate"])
    _check_components(facts["components"], samples)
    by_event: Any = event_labels(labels, events).value_counts()
    check_signal(samples)
    check_repeated(samples, events)
    check_one_time(records.frame, events)
    transforms = (*FILTERS, *REPRESENTATIONS)
    if any(isinstance(step, transforms) for step in walk_steps(estimator)):
        waveforms = True
    contract = InputContract(
        kind=_kind(fingerprints, waveforms),
        record_shape=tuple(map(int, samples.shape[1:])),
        sampling_rate=None if rate is None else float(rate),
        components=facts["components"],
        units=facts["units"] or "unknown",
        align=facts["align"],
        window=facts["window"],
        n_records=len(samples),
        events={str(name): int(by_event[name]) for name in sorted(by_event.index)},
        digests=training_digests(samples, labels, events),
        versions=environment(),
    )
    check_contract(contract)
    if reader is not None:
        contract.check_reader(reader)
    return contract


def _kind(fingerprints, waveforms):
    """Return the name of what the records are."""
    if fingerprints:
        return "fingerprints"
    return "waveforms" if waveforms else "features"


def _check_components(components, samples):
    """Raise if records have another number of components than their names."""
    if components is None or samples.ndim > 3:
        return
    n_channels = 1 if samples.ndim == 2 else samples.shape[1]
    if n_channels != len(components):
        raise ValueError(
            f"components={components!r} names {len(components)} components; the "
            f"records have {n_channels}."
        )


def score_events(
    labels: npt.NDArray, scores: npt.NDArray, has_probabilities: bool
) -> dict[str, tuple[float, float, float]]:
    """Return scores of events with the ends of their 95 % intervals.

    Where all resamples have the same accuracy, its interval is that of Wilson.
    """
    found = {}
    for metric in METRICS + (LOSSES if has_probabilities else ()):
        interval = bootstrap_interval(
            labels,
            scores,
            np.arange(len(labels)),
            metric=metric,
            n_resamples=N_RESAMPLES,
            random_state=0,
        )
        if metric == "accuracy" and interval.low == interval.high:
            n_right = round(interval.score * len(labels))
            interval = wilson_interval(n_right, len(labels))
        found[metric] = (interval.score, interval.low, interval.high)
    return found
