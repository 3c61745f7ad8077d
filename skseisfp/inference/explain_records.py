"""Contributions of bands and seconds of records to what a classifier predicts."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state, check_scalar

from .._utils.checks import check_option, check_real
from ..events import find_groups
from ..signal.windows import window_samples
from ._occlusion import occlude_records
from ._record_classifier import (
    fingerprint_steps,
    log_odds,
    open_records,
    score_records,
    target_columns,
)
from .record_explanation import RecordExplanation

METHODS = ("auto", "occlusion", "gradient")
N_WINDOWS = 16  # two seconds each of the usual 32 s
_DIGITS = 12  # of edges: more than any record resolves


def explain_records(
    estimator: Any,
    X: Any,
    groups: npt.ArrayLike | str | None = None,
    *,
    method: str = "auto",
    target: Any = None,
    bands: int | npt.ArrayLike | None = None,
    windows: int | npt.ArrayLike | None = None,
    sampling_rate: float | None = None,
    n_masks: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> RecordExplanation:
    """Explain predictions by the bands and seconds of records that they rest on.

    Parameters
    ----------
    estimator : classifier
        Fitted classifier of records: a pipeline, or an estimator that holds one and
        lets records vote, such as `EventDiscriminator`. It is the classifier of records
        that is explained, not the vote.
    X : array-like of shape (n_records, ..., n_samples) or Bunch
        Records; several channels of a record are occluded together.
    groups : array-like of shape (n_records,) or "records", default=None
        Event of each record, for the table; None takes those of a Bunch.
    method : {"auto", "occlusion", "gradient"}, default="auto"
        ``"occlusion"`` brings cells of the record down to their quiet level and
        predicts again, with any classifier; ``"gradient"`` integrates the gradient of a
        network over its fingerprint and carries it back through the Haar transform to
        the scalogram. ``"auto"`` takes the gradient where a `FingerprintClassifier`
        follows on a `FingerprintTransformer`.
    target : label or array-like of shape (n_records,), default=None
        Class that is explained, or one for each record; None takes the predicted ones.
    bands : int or array-like of shape (n_bands + 1,), default=None
        Number of equal parts of the octaves, or edges in Hz. None takes octaves, as
        near as the frequencies of the fingerprint allow; without that step edges must
        be given.
    windows : int or array-like of shape (n_windows + 1,), default=None
        Number of equal windows in the part of the record that is used, or edges in
        seconds from the first sample; None takes 16.
    sampling_rate : float, default=None
        Samples per second (Hz). None takes that of a Bunch or of the steps.
    n_masks : int, default=None
        For the occlusion, number of random halves of the cells that are occluded
        together; None takes twice the number of cells, 0 occludes each cell alone.
    random_state : int, RandomState instance or None, default=None
        Seed of the random halves.

    Returns
    -------
    RecordExplanation
        Contributions of the cells to the log-odds of the class, with the records in
        the order of `X`.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator has labels only, or the method does not suit it.
    ValueError
        If an option is not valid, a class is unknown, the records have another sampling
        rate than the steps, or are not those that a discriminator was made for.

    See Also
    --------
    event_permutation_importance : Bands, phases and stations over all events.
    skseisfp.plotting.ExplanationDisplay : Contributions over record and scalogram.

    Notes
    -----
    Occlusion [1]_ is done on the record, so that everything after it sees a record that
    could have been recorded: the part in a band is multiplied by a gain that brings its
    envelope down to the quiet level of the band, which is exceeded in nine tenths of
    the record, and not by zero. A silent cell is a feature of its own, found in no
    record of training, and on a logarithmic scale the deepest one. Noise alone is
    lowered by some decibels only. A cue that spans several cells is still there when
    one of them is occluded; random halves of the cells [2]_, and a ridge regression of
    the log-odds on them, show such cues, too. The contribution is the fall of the
    log-odds, or of the decision value where there are no probabilities.

    The gradient is integrated [3]_ from an empty fingerprint, that of a record without
    signal, to the fingerprint. The contribution of every kept coefficient goes to the
    cells of the scalogram by the inverse Haar transform, in proportion to their height
    above the quiet level of their row: to first order, the fall of the log-odds if the
    cell went down to it. It is the faster method, and the coarser one, as it knows
    nothing of coefficients that take the places of those that fall out.

    Contributions say what the classifier rests on, not what is true of the event.

    References
    ----------
    .. [1] M. D. Zeiler and R. Fergus, Visualizing and understanding convolutional
       networks, ECCV, 2014, doi:10.1007/978-3-319-10590-1_53
    .. [2] V. Petsiuk, A. Das and K. Saenko, RISE: randomized input sampling for
       explanation of black-box models, BMVC, 2018.
    .. [3] M. Sundararajan, A. Taly and Q. Yan, Axiomatic attribution for deep networks,
       ICML, 2017.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skseisfp import FingerprintTransformer, make_seismograms
    >>> from skseisfp.inference import explain_records
    >>> bunch = make_seismograms(60, random_state=0)
    >>> pipeline = make_pipeline(
    ...     FingerprintTransformer(sampling_rate=40, f_min=0.5, flatten=True),
    ...     LogisticRegression(),
    ... ).fit(bunch.data, bunch.target)
    >>> explanation = explain_records(
    ...     pipeline, bunch.data[:2], windows=9, n_masks=50, random_state=0
    ... )
    >>> explanation.contributions.shape, explanation.band_edges.tolist()
    ((2, 5, 9), [0.5, 1.0, 2.0, 4.0, 8.0, 16.0])
    """
    check_option("method", method, METHODS)
    if n_masks is not None:
        check_scalar(n_masks, "n_masks", Integral, min_val=0)
    if sampling_rate is not None:
        limits = {"min_val": 0, "include_boundaries": "neither"}
        check_real("sampling_rate", sampling_rate, **limits)
    rng = check_random_state(random_state)
    classifier, records, samples, rate = open_records(
        estimator, X, None, groups, sampling_rate
    )
    events = find_groups(None, records.groups, X=records.X)
    found = fingerprint_steps(classifier)
    transformer = None if found is None else found[1]
    cells = {
        "band_edges": find_band_edges(bands, transformer, rate),
        "window_edges": _find_window_edges(windows, transformer, samples, rate),
    }
    if method == "auto":
        method = "gradient" if _has_network(classifier) else "occlusion"
    scores, probabilities = score_records(classifier, samples)
    columns = target_columns(classifier, target, scores)
    if method == "gradient":
        from ._network_gradient import attribute_to_cells  # it loads torch

        contributions = attribute_to_cells(classifier, samples, columns, **cells)
    else:
        contributions = occlude_records(
            classifier,
            samples,
            columns,
            **cells,
            sampling_rate=rate,
            n_masks=n_masks,
            rng=rng,
        )
    return RecordExplanation(
        contributions,
        **cells,
        method=method,
        target=np.asarray(classifier.classes_)[columns],
        log_odds=log_odds(scores, columns, probabilities=probabilities),
        sampling_rate=rate,
        events=events,
    )


def _has_network(classifier):
    """Return whether a network follows on the fingerprint; torch is loaded if so."""
    found = fingerprint_steps(classifier)
    if found is None or not found[2]:
        return False
    last = found[2][-1]
    held = getattr(last, "estimator_", getattr(last, "network_", last))
    if not hasattr(held, "net_"):
        return False
    from ._network_gradient import find_network

    return find_network(classifier) is not None


def find_band_edges(
    bands: Any, transformer: Any, sampling_rate: float
) -> npt.NDArray[np.float64]:
    """Return the edges of bands in Hz.

    Raises
    ------
    ValueError
        If they are not given where no step has frequencies, or are not valid.
    """
    if bands is None or np.ndim(bands) == 0:
        if transformer is None:
            raise ValueError(
                "bands must be edges in Hz, as the estimator has not exactly one "
                f"FingerprintTransformer, whose frequencies they would be; got "
                f"{bands!r}."
            )
        first, last = transformer.frequencies_[[0, -1]]
        number = max(round(np.log2(last / first)), 1) if bands is None else bands
        check_scalar(number, "bands", Integral, min_val=1)
        return np.geomspace(first, last, number + 1).round(_DIGITS)
    return _check_edges("bands", bands, sampling_rate / 2, "Hz", "Nyquist frequency")


def _find_window_edges(windows, transformer, samples, sampling_rate):
    """Return the edges of windows in seconds from the first sample."""
    n_samples = samples.shape[-1]
    if windows is None or np.ndim(windows) == 0:
        number = N_WINDOWS if windows is None else windows
        check_scalar(number, "windows", Integral, min_val=1)
        used = None if transformer is None else transformer.window
        first, last = window_samples(used, n_samples, sampling_rate)
        return np.linspace(first, last, number + 1) / sampling_rate
    end = n_samples / sampling_rate
    return _check_edges("windows", windows, end, "s", "end of the record")


def _check_edges(name, edges, largest, unit, of_what):
    """Return edges as an array; raise if they do not rise within their range."""
    edges = np.asarray(edges, dtype=float)
    lowest = edges[:1] <= 0 if unit == "Hz" else edges[:1] < 0
    rising = edges.ndim == 1 and len(edges) > 1 and (np.diff(edges) > 0).all()
    if not rising or lowest.any() or edges[-1] > largest * (1 + 1e-9):
        raise ValueError(
            f"{name} must be a number, or edges that rise within {largest:g} {unit}, "
            f"the {of_what}; got {edges.tolist()}."
        )
    return edges
