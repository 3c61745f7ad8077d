"""A discriminator whose network goes on to learn from new events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._utils.digest import digest
from ._record_set import as_record_set
from ._source_records import read_archive
from .event_discriminator import EventDiscriminator
from .fine_tuned_classifier import FineTunedClassifier
from .input_contract import InputContract


def fine_tune(
    discriminator: EventDiscriminator,
    X: Any,
    y: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | str | None = None,
    *,
    max_epochs: int | None = None,
    lr: float | None = None,
) -> EventDiscriminator:
    """Train the network of a discriminator further on new events.

    The new records must be those that the discriminator was made for. The network is
    trained further by its ``partial_fit``, once on all new events, and once for each
    fold of them, from the same weights: calibration, thresholds and scores are of new
    events that the further training has not seen.

    Parameters
    ----------
    discriminator : EventDiscriminator
        A fitted discriminator whose classifier is a network, alone or as the last step
        of a pipeline, with ``calibration="events"`` or None. It is not changed.
    X : array-like of shape (n_records, ...), Bunch or SeismicArchive
        Records of new events, as `EventDiscriminator.fit` takes them: events that were
        trained on before give scores that are too good.
    y : array-like of shape (n_records,), default=None
        Labels, of all classes of the discriminator; None takes those of a Bunch.
    groups : array-like of shape (n_records,) or "records", default=None
        Event of each record; None takes those of a Bunch.
    max_epochs : int in [1, inf), default=None
        Epochs of the further training; None takes those of the network.
    lr : float in (0, inf), default=None
        Learning rate at its start; None takes that of the network.

    Returns
    -------
    EventDiscriminator
        Another discriminator. The scores, counts and digests of its contract are those
        of the new events; its ranges hold those of both; the digest of the records of
        the start is under ``"start"``.

    Raises
    ------
    TypeError
        If the classifier cannot be trained further: a forest cannot, fit a new
        discriminator on your events instead.
    ValueError
        If the records are not those that the discriminator was made for, are those
        that it was fitted on, or lack one of its classes; if a class has fewer than
        three events.

    See Also
    --------
    load_pretrained : Discriminators to begin with.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from skseisfp import FingerprintClassifier, FingerprintTransformer
    >>> from skseisfp import make_seismograms
    >>> from skseisfp.inference import EventDiscriminator, fine_tune
    >>> old, new = (make_seismograms(40, random_state=seed) for seed in (0, 1))
    >>> pipeline = make_pipeline(
    ...     FingerprintTransformer(sampling_rate=old.sampling_rate, flatten=True),
    ...     FingerprintClassifier(max_epochs=3, device="cpu", random_state=0),
    ... )
    >>> start = EventDiscriminator(pipeline, cv=2).fit(old)
    >>> tuned = fine_tune(start, new, max_epochs=1)
    >>> tuned.contract_.n_records, "start" in tuned.contract_.digests
    (40, True)
    """
    check_is_fitted(discriminator)
    if discriminator.calibration not in (None, "events"):
        raise ValueError(
            "fine_tune needs calibration='events' or None; got "
            f"{discriminator.calibration!r}, which calibrates records."
        )
    before, network = _split_fitted(discriminator.estimator_)
    if hasattr(X, "to_bunch"):
        X = read_archive(discriminator.reader, X, discriminator._picking())
    _check_new(discriminator, as_record_set(X, y, groups))
    last = FineTunedClassifier(FrozenEstimator(network), max_epochs=max_epochs, lr=lr)
    pipeline = last if before is None else Pipeline([*before, ("classifier", last)])
    options = {**discriminator.get_params(deep=False), "estimator": pipeline}
    tuned = EventDiscriminator(**options).fit(X, y, groups)
    tuned.contract_ = _join(discriminator.contract_, tuned.contract_)
    return tuned


def _split_fitted(estimator):
    """Return the first steps of a fitted classifier, not fitted, and its network."""
    before = None
    while isinstance(estimator, Pipeline):
        steps = [(name, clone(step)) for name, step in estimator.steps[:-1]]
        before = steps if before is None else before + steps
        estimator = estimator.steps[-1][1]
    if isinstance(estimator, FineTunedClassifier):
        estimator = estimator.network_
    if not hasattr(estimator, "partial_fit"):
        raise TypeError(
            f"discriminator must have a network; its {type(estimator).__name__} cannot "
            "be trained further. Fit an EventDiscriminator on your events instead."
        )
    return before, estimator


def _check_new(discriminator, records):
    """Raise unless records are new ones of the classes that the contract describes."""
    if records.y is None:
        raise ValueError("fine_tune needs the labels y of the new records.")
    contract = discriminator.contract_
    contract.check_facts(records.facts)
    samples = np.asarray(records.X)
    contract.check_shape(samples, type(discriminator).__name__)
    if digest(samples) == contract.digests.get("records"):
        raise ValueError(
            "X are the records that the discriminator was fitted on; fine_tune needs "
            "those of new events."
        )
    known, given = set(discriminator.classes_), set(np.unique(np.asarray(records.y)))
    if known != given:
        raise ValueError(
            f"y must have the classes of the discriminator, {sorted(known)}; got "
            f"{sorted(given)}."
        )


def _join(old: InputContract, new: InputContract) -> InputContract:
    """Return the new contract, with ranges that hold those of both.

    Facts that the new records do not carry are those of the old.
    """
    ranges = dict(new.ranges)
    for name, (low, high) in old.ranges.items():
        first, last = ranges.get(name, (low, high))
        ranges[name] = (min(low, first), max(high, last))
    digests = {**new.digests, "start": old.digests.get("training", "")}
    units = old.units if new.units == "unknown" else new.units
    return replace(
        new,
        sampling_rate=new.sampling_rate or old.sampling_rate,
        components=new.components or old.components,
        units=units,
        ranges=ranges,
        digests=digests,
    )
