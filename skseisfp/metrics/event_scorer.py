"""Scorers that count events, not records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils.metadata_routing import MetadataRequest

from .._utils.checks import check_option
from ..events import resolve_groups
from .aggregation import TIES, aggregate_events, class_scores
from .decisions import check_decides_by_scores, decision_threshold
from .threshold_curve import METRICS
from .weighted import (
    CallableMetric,
    Rows,
    WeightedMetric,
    encode,
    get_score,
    uses_predictions,
)


class EventScorer:
    """A scikit-learn scorer, ``scorer(estimator, X, y)``, by event.

    Made by :func:`make_event_scorer`. The events come from the metadata ``groups``,
    which it requests by default, or from the index of `y`.

    Parameters
    ----------
    metric, vote, tie, response_method : object
        As :func:`make_event_scorer` takes them.
    sign : {1, -1}
        Factor of the number that a callable `metric` returns.
    kwargs : dict
        Arguments of a callable `metric`.
    """

    def __init__(
        self,
        metric: str | Sequence[str] | Callable[..., Any],
        *,
        vote: str,
        tie: str,
        response_method: str,
        sign: int,
        kwargs: dict[str, Any],
    ) -> None:
        self._metric = metric
        self._vote = vote
        self._tie = tie
        self._response_method = response_method
        self._sign = sign
        self._kwargs = kwargs
        self._groups_request: bool | str = True

    @property
    def __name__(self) -> str:
        """Name of the score, for the axes of displays."""
        metrics = [self._metric] if isinstance(self._metric, str) else self._metric
        if callable(metrics):
            metrics = [getattr(metrics, "__name__", "score")]
        return ("neg_" if self._sign < 0 else "") + "_".join(["event", *metrics])

    @property
    def _score_func(self) -> Callable[..., float]:
        """Return the score of predictions, by which a threshold of records is tuned.

        `TunedThresholdClassifierCV` passes on what is predicted for records, no scores:
        events can only take the class of most of their records.
        """
        by_votes = self._vote == "majority" and self._tie == "first"
        if by_votes and self._is_single() and uses_predictions(self):
            return self._score_predictions
        metric = self._metric if self._metric in METRICS else "balanced_accuracy"
        raise AttributeError(
            "This event score cannot tune the threshold of "
            "TunedThresholdClassifierCV, which passes on what is predicted for records "
            "but no scores that could be averaged over events. Tune it by event:\n"
            "    skseisfp.ensemble.EventThresholdClassifierCV(\n"
            f"        estimator, metric={metric!r}\n"
            "    ).fit(X, y, groups=event_id)\n"
            "or let the predictions of the records vote: make_event_scorer("
            f"{metric!r}, vote='majority', tie='first')"
        )

    def _score_predictions(
        self,
        y_true: npt.ArrayLike,
        y_pred: npt.ArrayLike,
        *,
        groups: npt.ArrayLike | None = None,
        **kwargs: Any,  # of the metric, which has them
    ) -> float:
        """Return the score of predictions of records; the caller applies the sign."""
        groups = resolve_groups(y_true, groups, needed_by="An event score")
        classes = np.union1d(y_true, y_pred)
        events = aggregate_events(
            np.asarray(y_pred)[:, None] == classes,
            groups,
            classes=classes,
            y_true=y_true,
            vote=self._vote,
            tie=self._tie,
        )
        score: Any = self._score_events(events, classes)
        return self._sign * score

    def __call__(
        self,
        estimator: Any,
        X: Any,
        y: npt.ArrayLike,
        *,
        groups: npt.ArrayLike | None = None,
    ) -> Any:
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
            Event of each record; takes precedence over the index of `y`.

        Returns
        -------
        float or dict of float
            The score; one for each name where the scorer has several metrics.

        Raises
        ------
        ValueError
            If the events are not known, or if the records of an event differ in label.
        """
        groups = resolve_groups(y, groups, X=X, needed_by="An event score")
        scores = class_scores(estimator, X)
        classes = estimator.classes_
        events = aggregate_events(
            scores,
            groups,
            classes=classes,
            y_true=y,
            vote=self._vote,
            tie=self._tie,
            decision=self._find_decision(estimator, X, scores),
        )
        return self._score_events(events, classes)

    def _score_events(self, events, classes):
        """Return the score, or scores, of a table made by `aggregate_events`."""
        if callable(self._metric):
            return self._callable_metric().of_labels(
                events["label"].to_numpy(),
                events["prediction"].to_numpy(),
                _score_columns(events, classes),
            )
        rows = event_rows(events, classes)
        weights = np.ones((1, len(events)))
        if isinstance(self._metric, str):
            return float(get_score(self._metric)(rows, weights)[0])
        return {name: float(get_score(name)(rows, weights)[0]) for name in self._metric}

    def _find_decision(self, estimator, X, scores):
        """Return the threshold that the classifier predicts by, where it counts."""
        if callable(self._metric):
            is_of_scores = self._response_method != "predict"
        else:
            names = [self._metric] if isinstance(self._metric, str) else self._metric
            is_of_scores = set(names) == {"roc_auc"}
        if is_of_scores and self._vote == "mean":
            return None
        decision = decision_threshold(estimator)
        check_decides_by_scores(estimator, X, scores, decision)
        return decision

    def _is_single(self):
        """Return whether the scorer has one metric, not several."""
        return isinstance(self._metric, str) or callable(self._metric)

    def _callable_metric(self):
        """Return a callable metric with all its options."""
        assert callable(self._metric)
        return CallableMetric(
            self._metric, self._response_method, self._sign, self._kwargs
        )

    def _weighted_metric(self) -> WeightedMetric:
        """Return the metric as a function of rows and weights, if there is only one."""
        if callable(self._metric):
            return self._callable_metric()
        if self._is_single():
            return get_score(self._metric)
        raise ValueError(f"metric must be a scorer of one metric; got {self!r}.")

    def set_score_request(self, *, groups: bool | str = True) -> Self:
        """Set the name under which the scorer requests the events.

        Parameters
        ----------
        groups : bool or str, default=True
            True requests the metadata ``groups``, a string requests them by that name,
            False takes the events from the index of `y`.

        Returns
        -------
        EventScorer
            The scorer itself.
        """
        self._groups_request = groups
        return self

    def get_metadata_routing(self) -> MetadataRequest:
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
        """Return False: for scikit-learn's searches, the records have no weights."""
        return False

    def __repr__(self):
        name = getattr(self._metric, "__name__", None) or repr(self._metric)
        return f"make_event_scorer({name}, vote={self._vote!r}, tie={self._tie!r})"


def event_rows(events: pd.DataFrame, classes: npt.ArrayLike) -> Rows:
    """Return the rows to be scored of a table made by `aggregate_events`."""
    names = np.asarray(classes)
    return Rows(
        encode(events["label"], names),
        encode(events["prediction"], names),
        _score_columns(events, names),
        names,
    )


def _score_columns(events, classes):
    """Return the scores of the classes, of shape (n_events, n_classes)."""
    return events[[f"score_{c}" for c in classes]].to_numpy()


def make_event_scorer(
    metric: str | Sequence[str] | Callable[..., Any] = "roc_auc",
    *,
    vote: str = "mean",
    tie: str = "mean",
    response_method: str = "predict",
    greater_is_better: bool = True,
    **kwargs: Any,
) -> EventScorer:
    """Make a scorer that lets the records of an event vote, then counts events.

    Parameters
    ----------
    metric : str, sequence of str or callable, default="roc_auc"
        ``"accuracy"``, ``"balanced_accuracy"`` (mean recall over the classes that
        occur), ``"f1"`` (unweighted mean over the classes) or ``"roc_auc"``
        (of several classes the one-vs-rest mean). Of several names the scorer returns a
        dict, from one prediction. A callable is called as ``metric(y_true, y_pred,
        **kwargs)`` with one row per event, as scikit-learn's metrics are.
    vote : {"mean", "majority"}, default="mean"
        How the records of an event vote, see :func:`aggregate_events`.
    tie : {"mean", "first"}, default="mean"
        Tie rule of the majority vote, see :func:`aggregate_events`.
    response_method : {"predict", "predict_proba"}, default="predict"
        Second argument of a callable `metric`: predictions, or scores (of two classes
        those of the second one, else those of all).
    greater_is_better : bool, default=True
        Sign of a callable `metric`: False returns minus its loss.
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
        If an option is not valid.

    Notes
    -----
    The scores of the records are ``predict_proba`` of the classifier, else
    ``decision_function``, else ``predict``. A score that is undefined, such as the AUC
    of a fold of one class, is NaN, with an ``UndefinedMetricWarning``.

    A scorer of one metric is also a `metric` of :func:`bootstrap_interval`,
    :func:`paired_bootstrap`, :func:`score_table` and
    :func:`skseisfp.model_selection.evaluate_protocols`; there `vote` and `tie` are
    those of the function.

    In :class:`~sklearn.model_selection.TunedThresholdClassifierCV` a scorer works that
    counts what is predicted for records: with ``vote="majority", tie="first"``. All
    others need scores, which that class does not pass on, and raise;
    :class:`~skseisfp.ensemble.EventThresholdClassifierCV` has no such limit.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GroupKFold, cross_val_score
    >>> from skseisfp import attach_events
    >>> from skseisfp.metrics import make_event_scorer
    >>> event_id = np.repeat(np.arange(12), 4)
    >>> y = attach_events(event_id % 2, event_id)
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
