"""From records to events: who belongs together, and what they say together."""

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.utils import check_array, column_or_1d

from .._utils.checks import check_option, check_per_record
from .._utils.validation import check_groups

RESPONSES = ("predict_proba", "decision_function", "predict")
VOTES = ("mean", "majority", "snr")
TIES = ("mean", "first")
PASSED_GROUPS = "The call needs", "pass groups=event_id"
ROUTED_GROUPS = (
    "An event score needs",
    "pass groups by metadata routing: "
    "sklearn.set_config(enable_metadata_routing=True), "
    "scorer.set_score_request(groups=True), then fit(..., groups=event_id) "
    "or params={'groups': event_id}",
)


def has_event_index(y):
    """Tell whether `y` has event ids as its index, and not row names."""
    if not isinstance(y, pd.Series):
        return False
    index = y.index
    if index.name == "event_id" or index.has_duplicates:
        return True
    return index.name is None and not pd.api.types.is_integer_dtype(index.dtype)


def resolve_groups(y, groups=None, *, routed=True):
    """Return the event of each record, from `groups` or from the index of `y`.

    Parameters
    ----------
    y : array-like of shape (n_records,)
        Labels. The index of a :class:`pandas.Series` counts as event ids when it is
        named ``"event_id"``, when an id repeats, or when it is unnamed and holds no
        integers. Everything else (a default index, a slice of one, record names) is
        taken for row names.
    groups : array-like of shape (n_records,), default=None
        Event of each record; goes before the index.
    routed : bool, default=True
        Whether metadata routing brings `groups`, as it does to scorers, and not the
        caller's own argument; for the message.

    Returns
    -------
    ndarray of shape (n_records,)
        Event ids.

    Raises
    ------
    ValueError
        If neither says which records belong together.
    """
    if groups is None and has_event_index(y):
        groups = y.index
    if groups is None:
        needed, way = ROUTED_GROUPS if routed else PASSED_GROUPS
        raise ValueError(
            f"{needed} the event of every record and got none. Either {way}; or make "
            "them the index of y: "
            "y = pd.Series(y, index=pd.Index(event_id, name='event_id')). "
            "A default or unnamed integer index without repeats is taken for row "
            "numbers."
        )
    return check_groups(groups, len(y))


def event_labels(y, groups):
    """Return the label of each event, and refuse events of several labels.

    Parameters
    ----------
    y : array-like of shape (n_records,)
        Labels.
    groups : array-like of shape (n_records,)
        Event of each record.

    Returns
    -------
    Series of shape (n_events,)
        Labels, indexed by event id, in order of first appearance.

    Raises
    ------
    ValueError
        If the records of an event straddle labels; the first such event is named.

    Examples
    --------
    >>> from skseisfp.metrics import event_labels
    >>> event_labels(["blast", "blast", "quake"], ["e1", "e1", "e2"]).to_dict()
    {'e1': 'blast', 'e2': 'quake'}
    """
    y = column_or_1d(y)
    records = pd.DataFrame({"label": y, "event_id": check_groups(groups, len(y))})
    by_event = records.groupby("event_id", sort=False)["label"]
    straddling = by_event.nunique(dropna=False)
    straddling = straddling.index[straddling > 1]
    if len(straddling):
        event = straddling[0]
        labels = sorted({str(label) for label in by_event.get_group(event)})
        raise ValueError(
            f"Every event needs one label: the records of {len(straddling)} events "
            f"straddle labels, first event '{event}': {', '.join(labels)}."
        )
    return by_event.first()


def class_scores(estimator, X, **params):
    """Return scores of shape (n_records, n_classes) of a fitted classifier.

    `predict_proba` comes first, then `decision_function` (``[-d, d]`` for two
    classes), then `predict` as votes of 0 and 1. `params` maps each of these methods
    to its keyword arguments.
    """
    method = next(method for method in RESPONSES if hasattr(estimator, method))
    scores = getattr(estimator, method)(X, **params.get(method, {}))
    if method == "predict":
        scores = np.asarray(scores)[:, None] == np.asarray(estimator.classes_)
    elif scores.ndim == 1:
        scores = np.column_stack([-scores, scores])
    return np.asarray(scores, dtype=float)


def snr_weights(snr, n_records):
    """Return the share of signal in the power of each record, from its SNR in dB."""
    snr = check_per_record("snr", snr, n_records, "value in dB").astype(float)
    if np.isnan(snr).any():
        raise ValueError(
            f"snr is missing for record {int(np.flatnonzero(np.isnan(snr))[0])}; "
            "vote='snr' needs it for every record, in dB."
        )
    return np.maximum(expit(snr * np.log(10) / 10), np.finfo(float).tiny)


def vote_events(scores, codes, *, vote="mean", tie="mean", snr=None):
    """Let the records of each event vote.

    Parameters
    ----------
    scores : ndarray of shape (n_records, n_classes)
        Scores of the records, greater is likelier.
    codes : ndarray of shape (n_records,)
        Number of the event of each record, 0 to n_events - 1.
    vote : {"mean", "majority", "snr"}, default="mean"
        See :func:`aggregate_events`.
    tie : {"mean", "first"}, default="mean"
        See :func:`aggregate_events`.
    snr : array-like of shape (n_records,), default=None
        SNR in dB, for ``vote="snr"``.

    Returns
    -------
    event_scores : ndarray of shape (n_events, n_classes)
        Mean scores, or shares of the votes.
    event_predictions : ndarray of shape (n_events,)
        Column of the class that won.
    """
    check_option("vote", vote, VOTES)
    check_option("tie", tie, TIES)
    if vote == "snr" and snr is None:
        raise ValueError("vote='snr' needs snr, the SNR of every record in dB.")
    weights = snr_weights(snr, len(codes)) if vote == "snr" else np.ones(len(codes))
    means = _event_means(scores, codes, weights)
    if vote != "majority":
        return means, means.argmax(axis=1)
    votes = np.eye(scores.shape[1])[scores.argmax(axis=1)]
    shares = _event_means(votes, codes, weights)
    if tie == "first":
        return shares, shares.argmax(axis=1)
    leads = np.isclose(shares, shares.max(axis=1, keepdims=True))
    return shares, np.where(leads, means, -np.inf).argmax(axis=1)


def _event_means(values, codes, weights):
    """Return the weighted mean of the rows of each event."""
    sums = np.zeros((codes.max() + 1, values.shape[1]))
    np.add.at(sums, codes, values * weights[:, None])
    return sums / np.bincount(codes, weights)[:, None]


def aggregate_events(
    y_score, groups, *, classes=None, y_true=None, vote="mean", tie="mean", snr=None
):
    """Turn the scores of records into one event prediction per event.

    Parameters
    ----------
    y_score : array-like of shape (n_records, n_classes) or (n_records,)
        Probabilities or other scores of the classes; one column is the probability
        of the second of two classes.
    groups : array-like of shape (n_records,)
        Event of each record.
    classes : array-like of shape (n_classes,), default=None
        Names of the columns, as in `classes_` of a classifier; None numbers them.
    y_true : array-like of shape (n_records,), default=None
        Labels; adds the label of the event.
    vote : {"mean", "majority", "snr"}, default="mean"
        ``"mean"`` averages the scores; ``"majority"`` gives each record one vote for
        its likeliest class; ``"snr"`` averages the scores with the weight
        :math:`r / (1 + r)`, :math:`r = 10^{snr / 10}`: the share of signal in the
        power of the record.
    tie : {"mean", "first"}, default="mean"
        Winner among classes with equally many votes, for ``vote="majority"``: the one
        of the greatest mean score, or the first of `classes`. Exactly equal scores go
        to the first of `classes` always.
    snr : array-like of shape (n_records,), default=None
        SNR of each record in dB, for ``vote="snr"``.

    Returns
    -------
    DataFrame of shape (n_events, ...)
        One row per event, indexed by ``event_id``, in order of first appearance:
        ``n_records``, ``label`` (with `y_true`), ``prediction``, ``agreement`` (share
        of the records whose likeliest class is the event prediction) and
        ``score_<class>`` (mean score, or share of the votes).

    Raises
    ------
    ValueError
        If an event straddles labels, or a length does not fit.

    Examples
    --------
    >>> from skseisfp.metrics import aggregate_events
    >>> table = aggregate_events(
    ...     [0.9, 0.4, 0.2], ["e1", "e1", "e2"], classes=["blast", "quake"]
    ... )
    >>> columns = ["n_records", "prediction", "agreement", "score_quake"]
    >>> table[columns]  # doctest: +NORMALIZE_WHITESPACE
              n_records prediction  agreement  score_quake
    event_id
    e1                2      quake        0.5         0.65
    e2                1      blast        1.0         0.20
    """
    scores = check_scores(y_score)
    classes = np.arange(scores.shape[1]) if classes is None else np.asarray(classes)
    if len(classes) != scores.shape[1]:
        raise ValueError(
            f"y_score has {scores.shape[1]} columns for {len(classes)} classes."
        )
    codes, events = pd.factorize(check_groups(groups, len(scores)))
    event_scores, event_predictions = vote_events(
        scores, codes, vote=vote, tie=tie, snr=snr
    )
    agree = scores.argmax(axis=1) == event_predictions[codes]
    table = pd.DataFrame(
        {
            "n_records": np.bincount(codes),
            "prediction": classes[event_predictions],
            "agreement": np.bincount(codes, agree) / np.bincount(codes),
            **{f"score_{c}": event_scores[:, i] for i, c in enumerate(classes)},
        },
        index=pd.Index(events, name="event_id"),
    )
    if y_true is not None:
        table.insert(1, "label", event_labels(y_true, groups).to_numpy())
    return table


def check_scores(y_score):
    """Return scores as a 2-D float array; one column is that of the second class."""
    try:
        scores = np.asarray(y_score, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "y_score must hold probabilities or other scores of the classes, such as "
            f"predict_proba gives, not labels: {error}."
        ) from error
    if scores.ndim == 1 or (scores.ndim == 2 and scores.shape[1] == 1):
        scores = scores.ravel()
        scores = np.column_stack([1 - scores, scores])
    return check_array(scores, input_name="y_score")
