"""A classifier of two classes whose threshold is tuned by event."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.utils import Tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import delayed

from .._compat import StrOptions
from .._parameters import FRACTION, NOT_NEGATIVE, pair_of
from .._utils.progress import run_jobs
from ..metrics.aggregation import RESPONSES, aggregate_events
from ..metrics.decisions import decide
from ..metrics.threshold_curve import METRICS, middle_of_best, threshold_curve
from ._event_wrapper import EventWrapper
from ._wrapper import has_scores
from .event_folds import make_event_folds
from .out_of_fold import fit_predict, fit_rows


class EventThresholdClassifierCV(EventWrapper):
    """Tune the threshold of a classifier of two classes by event, in grouped folds.

    Every event is scored by a classifier that was trained on none of its records, and
    the scores of its records are averaged; the threshold of the best metric over the
    events is kept.

    Parameters
    ----------
    estimator : classifier
        Classifier of records.
    metric : {"balanced_accuracy", "accuracy", "f1", "sensitivity", "cost"} or \
callable, default="balanced_accuracy"
        What the threshold maximises over the events. ``"f1"`` is the mean over both
        classes; ``"sensitivity"`` is the share of the events of `pos_label` that are
        found, with at most `max_false_alarm_rate` of the others; ``"cost"`` minimises
        `costs`. A callable takes true and predicted labels of events.
    max_false_alarm_rate : float in [0, 1], default=0.05
        Largest share of the events of the other class that may be taken for
        `pos_label`, for ``metric="sensitivity"``.
    costs : tuple of (float, float), default=(1.0, 1.0)
        Costs of a false alarm and of a missed event, for ``metric="cost"``.
    pos_label : int, float, bool or str, default=None
        The class that is to be found; None is the second of `classes_`.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.

    Attributes
    ----------
    best_threshold_ : float
        Threshold of the score of `pos_label_`: a probability, or a decision value where
        the classifier has no probabilities. A score at the threshold or above it is a
        prediction of `pos_label_`.
    best_score_ : float
        Metric at the threshold, on the events that it was chosen by.
    thresholds_ : ndarray of shape (n_thresholds,)
        Thresholds between the scores of the events, ascending, from minus to plus
        infinity.
    scores_ : ndarray of shape (n_thresholds,)
        Metric at each of them; NaN where there are too many false alarms.
    pos_label_ : object
        The class that is to be found.
    estimator_ : classifier
        The classifier, fitted on all records.
    classes_ : ndarray of shape (2,)
        Labels of the classes.
    n_features_in_ : int
        Number of features, where the wrapped classifier has it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where the wrapped classifier has them.

    See Also
    --------
    sklearn.model_selection.TunedThresholdClassifierCV : Counts records.
    EventCalibratedClassifierCV : Calibrates probabilities in such folds.

    Notes
    -----
    The threshold is the middle one of the longest run of best thresholds; an infinite
    one, which predicts one class always, is chosen only where no other is as good.
    `best_score_` is optimistic: evaluate the whole classifier by nested, event-grouped
    cross-validation. `predict` holds each record against the threshold by itself,
    `predict_events` and `score` the mean score of the records of an event.

    Events come from `groups`, or from the index ``event_id`` of the labels. Both reach
    the wrapped classifier in all folds.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skseisfp.ensemble import EventThresholdClassifierCV
    >>> event_id = np.repeat(np.arange(60), 3)
    >>> y = np.where(event_id % 6, "earthquake", "blast")
    >>> X = np.random.default_rng(0).normal((y == "blast")[:, None], 1.0, (180, 2))
    >>> classifier = EventThresholdClassifierCV(LogisticRegression(), pos_label="blast")
    >>> classifier = classifier.fit(X, y, groups=event_id)
    >>> classifier.best_threshold_ < 0.5
    True
    """

    _parameter_constraints = {
        **EventWrapper._parameter_constraints,
        "metric": [StrOptions(set(METRICS)), callable],
        "max_false_alarm_rate": [FRACTION],
        "costs": [pair_of(NOT_NEGATIVE, "two numbers >= 0")],
        "pos_label": [Real, str, "boolean", None],
        "verbose": ["verbose"],
    }
    _earlier_values = {"verbose": 0}

    best_threshold_: float
    best_score_: float
    thresholds_: npt.NDArray[np.float64]
    scores_: npt.NDArray[np.float64]
    pos_label_: Any

    def __init__(
        self,
        estimator: Any,
        *,
        metric: str | Callable[[npt.NDArray, npt.NDArray], float] = "balanced_accuracy",
        max_false_alarm_rate: float = 0.05,
        costs: tuple[float, float] = (1.0, 1.0),
        pos_label: Any = None,
        cv: Any = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.metric = metric
        self.max_false_alarm_rate = max_false_alarm_rate
        self.costs = costs
        self.pos_label = pos_label
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | str | None = None,
        **fit_params: Any,
    ) -> Self:
        """Choose the threshold in folds, then fit the classifier on all records.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records, in any form that the wrapped classifier takes.
        y : array-like of shape (n_records,)
            Labels of two classes; their index ``event_id`` may hold the events.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; ``"records"`` makes each its own event.
        **fit_params : dict
            Parameters of the wrapped classifier's `fit`.

        Returns
        -------
        EventThresholdClassifierCV
            The fitted classifier.

        Raises
        ------
        TypeError
            If ``sample_weight`` is given and the wrapped classifier takes none.
        ValueError
            If there are not two classes, a class has fewer than two events, an event
            straddles labels or is on both sides of a fold, or a parameter is not
            valid.

        Warns
        -----
        EventsUnknownWarning
            If no events are known, and every record counts as an event of its own.
        """
        vars(self).pop("estimator_", None)
        records, labels, metadata = self._check_fit(X, y, groups, fit_params)
        classes = np.unique(labels)
        if len(classes) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is "
                f"multiclass: y has {len(classes)} classes, and there is one threshold."
            )
        positive = self._positive_column(classes)
        folds = make_event_folds(
            self.cv,
            records,
            labels,
            metadata["groups"],
            random_state=self.random_state,
        )
        rows, scores = self._score_held_out(records, labels, folds, metadata)
        self._choose(scores, labels[rows], metadata["groups"][rows], classes, positive)
        self.pos_label_ = classes[positive]
        self.estimator_ = fit_rows(
            clone(self.estimator), records, labels, slice(None), metadata
        )
        return self

    def predict(self, X: Any, **params: Any) -> npt.NDArray:
        """Predict each record by itself: hold its score against the threshold.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        ndarray of shape (n_records,)
            Labels.
        """
        scores = self._record_scores(X, "predict", params)
        return self.classes_[decide(scores, self._decision())]

    @available_if(has_scores("predict_proba"))
    def predict_proba(self, X: Any, **params: Any) -> npt.NDArray[np.float64]:
        """Return the probabilities of the wrapped classifier.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        ndarray of shape (n_records, 2)
            Probabilities, in the order of `classes_`.
        """
        return self._record_scores(X, "predict_proba", params)

    @available_if(has_scores("decision_function"))
    def decision_function(self, X: Any, **params: Any) -> npt.NDArray[np.float64]:
        """Return the decision function of the wrapped classifier.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        ndarray of shape (n_records,)
            Decision values of the second of `classes_`.
        """
        return self._record_scores(X, "decision_function", params)[:, 1]

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how metadata are passed to the wrapped classifier.

        Returns
        -------
        MetadataRouter
            Own requests and the routes to the wrapped classifier, which predicts
            within `fit`, too.
        """
        mapping = MethodMapping()
        for callee in RESPONSES:
            mapping.add(caller="fit", callee=callee)
        router = super().get_metadata_routing()
        return router.add(estimator_in_folds=self.estimator, method_mapping=mapping)

    def _positive_column(self, classes):
        """Return which of two classes is to be found."""
        if self.pos_label is None:
            return 1
        if self.pos_label not in classes:
            raise ValueError(
                f"pos_label must be one of the classes {', '.join(map(str, classes))}, "
                f"or None; got {self.pos_label!r}."
            )
        return list(classes).index(self.pos_label)

    def _score_held_out(self, X, labels, folds, metadata):
        """Return the rows that folds hold out, and their mean scores over the folds."""
        found = run_jobs(
            (
                delayed(fit_predict)(clone(self.estimator), X, labels, fold, metadata)
                for fold in folds
            ),
            "folds",
            self.verbose,
            n_jobs=self.n_jobs,
            by=type(self).__name__,
        )
        sums, times = np.zeros((len(labels), 2)), np.zeros(len(labels))
        for (_, test), scores in zip(folds, found, strict=True):
            sums[test] += scores
            times[test] += 1
        rows = np.flatnonzero(times)
        return rows, sums[rows] / times[rows, None]

    def _choose(self, scores, labels, events, classes, positive):
        """Set the curve over the threshold, and the best place of it."""
        table: pd.DataFrame = aggregate_events(scores, events, y_true=labels)
        is_positive = (table["label"] == classes[positive]).to_numpy(dtype=bool)
        if is_positive.all() or not is_positive.any():
            raise ValueError(
                "cv holds out events of one class only; a threshold needs both."
            )
        self.thresholds_, self.scores_ = threshold_curve(
            is_positive,
            table[f"score_{positive}"].to_numpy(),
            self._metric_of_bools(classes, positive),
            max_false_alarm_rate=self.max_false_alarm_rate,
            costs=self.costs,
        )
        if np.isnan(self.scores_).all():
            raise ValueError("metric is NaN at every threshold.")
        best = middle_of_best(self.thresholds_, self.scores_)
        self.best_threshold_ = float(self.thresholds_[best])
        self.best_score_ = float(self.scores_[best])

    def _metric_of_bools(self, classes, positive):
        """Return a metric that takes whether events are of the positive class."""
        metric = self.metric
        if isinstance(metric, str):
            return metric

        def score(*pair):
            labels = [classes[np.where(rows, positive, 1 - positive)] for rows in pair]
            return metric(*labels)

        return score

    def _decision(self):
        """Return the positive column and its threshold."""
        return list(self.classes_).index(self.pos_label_), self.best_threshold_

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        assert tags.classifier_tags is not None
        tags.classifier_tags.multi_class = False
        return tags
