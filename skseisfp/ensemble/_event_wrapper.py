"""The base of classifiers that are adjusted to events held out in grouped folds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import column_or_1d, indexable
from sklearn.utils.validation import check_is_fitted

from .._utils.validation import check_classes
from ..events import (
    attach_events,
    find_groups,
    resolve_groups,
    warn_events_unknown,
)
from ..metrics.aggregation import aggregate_events, event_labels, vote_events
from ._wrapper import ClassifierWrapper, _check_weights, name_of_groups, takes_in_fit
from .out_of_fold import is_routing_enabled


class EventWrapper(ClassifierWrapper):
    """Base of wrappers with folds of events, tables by event and scores by event."""

    __metadata_request__fit = {"groups": True}
    __metadata_request__score = {"groups": True}

    @property
    def n_features_in_(self) -> int:
        """Number of features, as the wrapped classifier has it."""
        return self._of_estimator("n_features_in_")

    @property
    def feature_names_in_(self) -> npt.NDArray:
        """Names of the features, as the wrapped classifier has them."""
        return self._of_estimator("feature_names_in_")

    def predict_events(
        self, X: Any, groups: npt.ArrayLike | str | None = None, **params: Any
    ) -> pd.DataFrame:
        """Predict a table with one row per event.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; None takes the index ``event_id`` of a table, or the
            events of lazy references.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        DataFrame of shape (n_events, ...)
            One row per event, indexed by ``event_id``, in order of first appearance:
            ``n_records``, ``prediction``, ``agreement`` (share of the records whose
            prediction by themselves is that of the event) and ``score_<class>``, the
            mean score of its records.

        Raises
        ------
        ValueError
            If `groups` does not fit.

        Warns
        -----
        EventsUnknownWarning
            If no events are known, and every record counts as an event of its own.
        """
        scores = self._record_scores(X, "predict", params)
        events = self._find_events(X, None, groups, len(scores))
        return aggregate_events(
            scores, events, classes=self.classes_, decision=self._decision()
        )

    def score(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | str | None = None,
        sample_weight: npt.ArrayLike | None = None,
        **params: Any,
    ) -> float:
        """Return the share of the events that are predicted correctly.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        y : array-like of shape (n_records,)
            Labels; their index ``event_id`` may hold the events.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record. Without known events, and with ``"records"``, it is
            the share of records.
        sample_weight : array-like of shape (n_records,), default=None
            Weights; an event counts with the mean weight of its records.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        float
            Accuracy by event.

        Raises
        ------
        ValueError
            If `groups` does not fit, or the records of an event differ in label.

        Warns
        -----
        EventsUnknownWarning
            If no events are known, and every record counts as an event of its own.
        """
        scores = self._record_scores(X, "score", params)
        events = self._find_events(X, y, groups, len(scores))
        labels = event_labels(column_or_1d(y), events).to_numpy()
        codes, _ = pd.factorize(events)
        _, predicted = vote_events(scores, codes, decision=self._decision())
        right = self.classes_[predicted] == labels
        if sample_weight is None:
            return float(np.mean(right))
        weights = np.bincount(codes, sample_weight) / np.bincount(codes)
        return float(np.average(right, weights=weights))

    def _decision(self):
        """Return the positive column and its threshold; None takes the largest."""
        return None

    def _record_scores(self, X, caller, params):
        """Return the scores of records, of shape (n_records, n_classes)."""
        check_is_fitted(self)
        return self._estimator_scores(X, self._routed_responses(caller, params))

    def _of_estimator(self, name):
        """Return an attribute of the fitted classifier."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__} has no {name} before fit.")
        return getattr(self.estimator_, name)

    def _check_fit(self, X, y, groups, fit_params):
        """Return records, labels, their events, and all that goes to `fit` with them.

        Events that are given by the name that the wrapped classifier has for them
        count as events, too.
        """
        self._validate_params()
        labels = check_classes(self, X, y)
        params = {k: v for k, v in fit_params.items() if v is not None}
        if is_routing_enabled():
            given = params if groups is None else {"groups": groups, **params}
            self._routed_fit_params(given)  # raises for what nothing requests
        else:
            named = params.pop(name_of_groups(self.estimator) or "", None)
            if named is not None:
                y = attach_events(labels, resolve_groups(y, named, X=X))
        if "sample_weight" in params:
            self._check_sample_weight(params["sample_weight"], labels)
        events = self._find_events(X, y, groups, len(labels))
        (records,) = indexable(X)
        return records, labels, {"groups": events, **params}

    def _check_sample_weight(self, sample_weight, labels):
        """Raise for weights that `fit` does not take, or that leave one class."""
        if not takes_in_fit(self.estimator, "sample_weight"):
            raise TypeError(
                f"{type(self.estimator).__name__}.fit takes no sample_weight: fit "
                f"{type(self).__name__} without it."
            )
        _check_weights(sample_weight, labels)

    def _find_events(self, X, y, groups, n_records):
        """Return the event of each record; warn where nothing says it."""
        events = find_groups(y, groups, X=X)
        if events is not None:
            return events
        warn_events_unknown(
            f"{type(self).__name__} counts every record as an event of its own"
        )
        return np.arange(n_records)

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether the last fit was completed."""
        return hasattr(self, "estimator_")
