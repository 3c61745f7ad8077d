"""The base of classifiers that are adjusted to events held out in grouped folds."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import column_or_1d, indexable
from sklearn.utils.validation import check_is_fitted

from .._utils.docs import InheritedParameterDocs
from .._utils.validation import check_classes
from ..events import (
    attach_events,
    find_groups,
    resolve_groups,
    warn_events_unknown,
)
from ..metrics.aggregation import aggregate_events, event_labels, vote_events
from ._wrapper import (
    FeaturesOfEstimator,
    is_routing_enabled,
    name_of_groups,
    share_of_events,
)


class EventWrapper(InheritedParameterDocs, FeaturesOfEstimator):
    """Base of wrappers with folds of events, tables by event and scores by event.

    Parameters
    ----------
    cv : int, cross-validation generator or iterable, default=None
        Folds; no event may be on both sides. None and integers make folds by
        :class:`~sklearn.model_selection.StratifiedGroupKFold`, None five of them or
        as many as there are events of the rarest class.
    n_jobs : int, default=None
        Number of folds at a time.
    random_state : int, RandomState instance or None, default=None
        Shuffle of the events before they are put into folds, for ``cv=None`` or an
        integer; None does not shuffle.
    """

    _parameter_constraints = {
        **FeaturesOfEstimator._parameter_constraints,
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    __metadata_request__fit = {"groups": True}
    __metadata_request__score = {"groups": True}

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
        return share_of_events(right, codes, sample_weight)

    def _decision(self):
        """Return the positive column and its threshold; None takes the largest."""
        return None

    def _record_scores(self, X, caller, params):
        """Return the scores of records, of shape (n_records, n_classes)."""
        check_is_fitted(self)
        return self._estimator_scores(X, self._routed_responses(caller, params))

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
