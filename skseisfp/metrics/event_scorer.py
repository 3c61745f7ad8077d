"""Scorers that count events, not records."""

import numpy as np
from sklearn.utils.metadata_routing import MetadataRequest

from .._utils.checks import check_option
from .aggregation import TIES, aggregate_events, class_scores, resolve_groups
from .weighted import Rows, encode, get_score


class EventScorer:
    """A scikit-learn scorer, ``scorer(estimator, X, y)``, by event.

    Made by :func:`make_event_scorer`. The events come from the metadata ``groups``,
    which it requests by default, or from the index of `y`.

    Parameters
    ----------
    metric, vote, tie, response_method : object
        As :func:`make_event_scorer` takes them.
    sign : {1, -1}
        -1 turns a callable `metric` round.
    kwargs : dict
        Arguments of a callable `metric`.
    """

    def __init__(self, metric, *, vote, tie, response_method, sign, kwargs):
        self._metric = metric
        self._vote = vote
        self._tie = tie
        self._response_method = response_method
        self._sign = sign
        self._kwargs = kwargs
        self._groups_request = True

    def __call__(self, estimator, X, y, *, groups=None):
        """Score a fitted classifier by event.

        Parameters
        ----------
        estimator : object
            Fitted classifier.
        X : array-like of shape (n_records, ...)
            Records, in any form that the classifier takes.
        y : array-like of shape (n_records,)
            Labels; the index of a :class:`pandas.Series` may hold the event ids.
        groups : array-like of shape (n_records,), default=None
            Event of each record; goes before the index of `y`.

        Returns
        -------
        float or dict of float
            The score; one for each name where the scorer has several metrics.

        Raises
        ------
        ValueError
            If nothing says which records belong together, or if an event straddles
            labels.
        """
        groups = resolve_groups(y, groups)
        scores = class_scores(estimator, X)
        classes = estimator.classes_
        events = aggregate_events(
            scores,
            groups,
            classes=classes,
            y_true=y,
            vote=self._vote,
            tie=self._tie,
        )
        if callable(self._metric):
            return self._sign * self._call_metric(events, classes)
        rows = event_rows(events, classes)
        weights = np.ones((1, len(events)))
        if isinstance(self._metric, str):
            return float(get_score(self._metric)(rows, weights)[0])
        return {name: float(get_score(name)(rows, weights)[0]) for name in self._metric}

    def _call_metric(self, events, classes):
        """Hand the events to a metric of scikit-learn's form."""
        truth = events["label"].to_numpy()
        if self._response_method == "predict":
            return self._metric(truth, events["prediction"].to_numpy(), **self._kwargs)
        scores = events[[f"score_{c}" for c in classes]].to_numpy()
        if scores.shape[1] == 2:
            scores = scores[:, 1]
        return self._metric(truth, scores, **self._kwargs)

    def set_score_request(self, *, groups=True):
        """Say under which name the scorer wants the events.

        Parameters
        ----------
        groups : bool or str, default=True
            True requests the metadata ``groups``, a name requests it under that name,
            False leaves the events to the index of `y`.

        Returns
        -------
        EventScorer
            The scorer itself.
        """
        self._groups_request = groups
        return self

    def get_metadata_routing(self):
        """Return the metadata that the scorer requests.

        Returns
        -------
        MetadataRequest
            Request of ``groups``.
        """
        request = MetadataRequest(owner=self)
        request.score.add_request(param="groups", alias=self._groups_request)
        return request

    def _accept_sample_weight(self):
        """Tell scikit-learn's searches that records carry no weight here."""
        return False

    def __repr__(self):
        name = getattr(self._metric, "__name__", None) or repr(self._metric)
        return f"make_event_scorer({name}, vote={self._vote!r}, tie={self._tie!r})"


def event_rows(events, classes):
    """Return the rows to be scored of a table made by `aggregate_events`."""
    return Rows(
        encode(events["label"], classes),
        encode(events["prediction"], classes),
        events[[f"score_{c}" for c in classes]].to_numpy(),
    )


def make_event_scorer(
    metric="roc_auc",
    *,
    vote="mean",
    tie="mean",
    response_method="predict",
    greater_is_better=True,
    **kwargs,
):
    """Make a scorer that lets the records of an event vote, then counts events.

    Parameters
    ----------
    metric : str, sequence of str or callable, default="roc_auc"
        ``"accuracy"``, ``"balanced_accuracy"`` (mean recall over the classes that
        occur), ``"f1"`` (unweighted mean over the classes) or ``"roc_auc"``
        (one-vs-rest mean where classes are several). Of several names the scorer
        returns a dict, from one prediction. A callable is called as ``metric(y_true,
        y_pred, **kwargs)`` with one row per event, as scikit-learn's metrics are.
    vote : {"mean", "majority"}, default="mean"
        How the records of an event are put together, see :func:`aggregate_events`.
    tie : {"mean", "first"}, default="mean"
        Tie rule of the majority vote, see :func:`aggregate_events`.
    response_method : {"predict", "predict_proba"}, default="predict"
        What a callable `metric` gets: predictions, or scores (of the second class
        where there are two, else of all). Names know what they need.
    greater_is_better : bool, default=True
        Sign of a callable `metric`: a loss is turned round.
    **kwargs : dict
        Arguments of a callable `metric`.

    Returns
    -------
    EventScorer
        For `scoring` in :class:`~sklearn.model_selection.GridSearchCV`,
        :func:`~sklearn.model_selection.cross_validate` and their like.

    Raises
    ------
    ValueError
        If an option is none of the allowed ones.

    Notes
    -----
    The classifier answers by record, with ``predict_proba``, else
    ``decision_function``, else ``predict``. A score without a value, such as the AUC
    of a fold of one class, is NaN, with an ``UndefinedMetricWarning``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GroupKFold, cross_val_score
    >>> from skseisfp.metrics import make_event_scorer
    >>> event_id = np.repeat(np.arange(12), 4)
    >>> y = pd.Series(event_id % 2, index=event_id)
    >>> X = np.random.default_rng(0).normal(y.to_numpy()[:, None], 1, (48, 3))
    >>> scores = cross_val_score(
    ...     LogisticRegression(), X, y, groups=event_id, cv=GroupKFold(3),
    ...     scoring=make_event_scorer("accuracy"),
    ... )
    >>> scores.shape
    (3,)
    """
    check_option("vote", vote, ("mean", "majority"))
    check_option("tie", tie, TIES)
    check_option("response_method", response_method, ("predict", "predict_proba"))
    if not callable(metric):
        for name in [metric] if isinstance(metric, str) else metric:
            get_score(name)
        if kwargs or response_method != "predict" or not greater_is_better:
            raise ValueError(
                "response_method, greater_is_better and further arguments go with a "
                f"callable metric; got metric={metric!r}."
            )
    return EventScorer(
        metric,
        vote=vote,
        tie=tie,
        response_method=response_method,
        sign=1 if greater_is_better else -1,
        kwargs=kwargs,
    )


event_accuracy = make_event_scorer("accuracy")
event_balanced_accuracy = make_event_scorer("balanced_accuracy")
event_f1 = make_event_scorer("f1")
event_roc_auc = make_event_scorer("roc_auc")
