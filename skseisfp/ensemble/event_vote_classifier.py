"""A classifier that predicts events by a vote of their records."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._compat import StrOptions
from ..events import find_groups, warn_events_unknown
from ..metrics.aggregation import (
    TIES,
    VOTES,
    aggregate_events,
    event_labels,
    vote_events,
)
from ..metrics.decisions import check_decides_by_scores, decision_threshold
from ._wrapper import FeaturesOfEstimator, has_scores, share_of_events


def _has_probabilities(classifier):
    """Return whether there are probabilities; shares of votes are probabilities."""
    return classifier.vote == "majority" or has_scores("predict_proba")(classifier)


def _has_decisions(classifier):
    """Return whether there is a decision function to average."""
    return classifier.vote != "majority" and has_scores("decision_function")(classifier)


class EventVoteClassifier(FeaturesOfEstimator):
    """Predict for each record the class that the records of its event vote for.

    Parameters
    ----------
    estimator : classifier
        Classifier of records.
    vote : {"majority", "mean", "snr"}, default="mean"
        ``"majority"`` gives each record one vote for its most probable class;
        ``"mean"`` averages the scores of the records; ``"snr"`` averages them with the
        weight :math:`r / (1 + r)`, :math:`r = 10^{snr / 10}`: the share of signal in
        the power of the record.
    tie : {"mean", "first"}, default="mean"
        Class that wins among those with equally many votes, for ``vote="majority"``:
        the one of the greatest mean score, or the first of `classes_`. Of exactly equal
        scores the first of `classes_` wins always.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier of records.
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes.
    n_features_in_ : int
        Number of features, where the wrapped classifier has it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where the wrapped classifier has them.

    See Also
    --------
    skseisfp.metrics.make_event_scorer : Votes in the scorer of a search, where
        `predict` gets no events.

    Notes
    -----
    Without `groups` every record is an event of its own; under metadata routing
    ``groups`` and ``snr`` are requested by default. The scores of a record are
    ``predict_proba``, or ``decision_function`` where the wrapped classifier has no
    probabilities, or its ``predict`` where it has neither; a threshold of the wrapped
    classifier has no effect on the vote.

    References
    ----------
    .. [1] S. Zhou et al., Geofizika 42, 2025,
       https://doi.org/10.15233/gfz.2025.42.2: majority vote of an event's stations.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skseisfp.ensemble import EventVoteClassifier
    >>> event_id = np.repeat(np.arange(20), 5)
    >>> y = np.where(event_id % 2, "quake", "blast")
    >>> X = np.random.default_rng(0).normal((y == "quake")[:, None], 1.5, (100, 2))
    >>> classifier = EventVoteClassifier(LogisticRegression()).fit(X, y)
    >>> by_record = classifier.score(X, y, groups="records")
    >>> by_record, classifier.score(X, y, groups=event_id)
    (0.67, 0.9)
    """

    __metadata_request__fit = {"groups": True}
    __metadata_request__predict = {"groups": True, "snr": True}
    __metadata_request__predict_proba = {"groups": True, "snr": True}
    __metadata_request__decision_function = {"groups": True, "snr": True}
    __metadata_request__score = {"groups": True, "snr": True}

    _parameter_constraints = {
        **FeaturesOfEstimator._parameter_constraints,
        "vote": [StrOptions(set(VOTES))],
        "tie": [StrOptions(set(TIES))],
    }

    def __init__(
        self, estimator: Any, *, vote: str = "mean", tie: str = "mean"
    ) -> None:
        self.estimator = estimator
        self.vote = vote
        self.tie = tie

    @property
    def deciding_estimator_(self) -> Any:
        """The classifier whose threshold events are held against, if not by votes."""
        if self.vote == "majority":
            raise AttributeError("A majority of votes has no threshold.")
        if not hasattr(self, "estimator_"):
            raise AttributeError(f"{type(self).__name__} decides nothing before fit.")
        return self.estimator_

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        **fit_params: Any,
    ) -> Self:
        """Fit the classifier of records.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records, in any form that the wrapped classifier takes.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            Event of each record, passed to the wrapped classifier where its `fit` takes
            ``groups``, of a pipeline to the last step, of a search to the splitter. The
            vote itself needs no events to fit.
        **fit_params : dict
            Parameters of the wrapped classifier's `fit`.

        Returns
        -------
        EventVoteClassifier
            The fitted classifier.

        Raises
        ------
        TypeError
            If ``sample_weight`` is given and the wrapped classifier takes none.
        ValueError
            If a parameter is not valid, or `groups` does not fit.
        """
        self._validate_params()
        y, events = self._with_events(X, y, groups)
        if groups is not None:
            self._add_groups(fit_params, events)
        return self._fit_estimator(X, y, self._routed_fit_params(fit_params))

    def predict(
        self,
        X: Any,
        groups: npt.ArrayLike | None = None,
        snr: npt.ArrayLike | None = None,
        **params: Any,
    ) -> npt.NDArray:
        """Predict for each record the class of its event.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        groups : array-like of shape (n_records,), default=None
            Event of each record; None makes every record its own event.
        snr : array-like of shape (n_records,), default=None
            SNR of each record in dB, for ``vote="snr"``.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        ndarray of shape (n_records,)
            Labels.

        Raises
        ------
        ValueError
            If `groups` or `snr` does not fit, or ``vote="snr"`` gets groups without
            `snr`.
        """
        codes, _, event_predictions = self._vote(X, groups, snr, "predict", params)
        return self.classes_[event_predictions[codes]]

    @available_if(_has_probabilities)
    def predict_proba(
        self,
        X: Any,
        groups: npt.ArrayLike | None = None,
        snr: npt.ArrayLike | None = None,
        **params: Any,
    ) -> npt.NDArray[np.float64]:
        """Predict the probabilities of each record's event.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        groups : array-like of shape (n_records,), default=None
            Event of each record; None makes every record its own event.
        snr : array-like of shape (n_records,), default=None
            SNR of each record in dB, for ``vote="snr"``.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        ndarray of shape (n_records, n_classes)
            Shares of the votes for ``vote="majority"``, else mean probabilities; the
            same for all records of an event.

        Raises
        ------
        ValueError
            As :meth:`predict`.
        """
        codes, scores, _ = self._vote(X, groups, snr, "predict_proba", params)
        return scores[codes]

    @available_if(_has_decisions)
    def decision_function(
        self,
        X: Any,
        groups: npt.ArrayLike | None = None,
        snr: npt.ArrayLike | None = None,
        **params: Any,
    ) -> npt.NDArray[np.float64]:
        """Compute the mean decision function of each record's event.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        groups : array-like of shape (n_records,), default=None
            Event of each record; None makes every record its own event.
        snr : array-like of shape (n_records,), default=None
            SNR of each record in dB, for ``vote="snr"``.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        ndarray of shape (n_records,) or (n_records, n_classes)
            Decision values, 1-D of two classes.

        Raises
        ------
        ValueError
            As :meth:`predict`.
        """
        codes, scores, _ = self._vote(X, groups, snr, "decision_function", params)
        return (scores[:, 1] if scores.shape[1] == 2 else scores)[codes]

    def predict_events(
        self,
        X: Any,
        groups: npt.ArrayLike | None = None,
        snr: npt.ArrayLike | None = None,
        **params: Any,
    ) -> pd.DataFrame:
        """Predict a table with one row per event.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        groups : array-like of shape (n_records,), default=None
            Event of each record; None makes every record its own event.
        snr : array-like of shape (n_records,), default=None
            SNR of each record in dB, for ``vote="snr"``.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        DataFrame of shape (n_events, ...)
            Event predictions and scores, see :func:`skseisfp.metrics.aggregate_events`.

        Raises
        ------
        ValueError
            As :meth:`predict`.
        """
        scores, groups, rule = self._ballot(X, None, groups, "predict", params)
        return aggregate_events(
            scores, groups, classes=self.classes_, tie=self.tie, snr=snr, **rule
        )

    def score(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        snr: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        **params: Any,
    ) -> float:
        """Return the share of the events that are predicted correctly.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        y : array-like of shape (n_records,)
            Labels. The index of a :class:`pandas.Series` may hold the events, see
            :func:`skseisfp.metrics.make_event_scorer`.
        groups : array-like of shape (n_records,), default=None
            Event of each record. Without it and without events in the index of `y`
            every record is its own event.
        snr : array-like of shape (n_records,), default=None
            SNR of each record in dB, for ``vote="snr"``.
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
            As :meth:`predict`, or if the records of an event differ in label.
        """
        scores, events, rule = self._ballot(X, y, groups, "score", params)
        labels = event_labels(y, events)
        codes, _ = pd.factorize(events)
        _, event_predictions = vote_events(scores, codes, tie=self.tie, snr=snr, **rule)
        right = self.classes_[event_predictions] == labels.to_numpy()
        return share_of_events(right, codes, sample_weight)

    def _ballot(self, X, y, groups, caller, params):
        """Return the scores of the records, their events and the rule to vote by."""
        check_is_fitted(self)
        scores = self._estimator_scores(X, self._routed_responses(caller, params))
        events = find_groups(y, groups, X=X)
        if events is None:
            warn_events_unknown("Every record votes alone")
        alone = events is None or isinstance(groups, str)
        decision = decision_threshold(self.estimator_)
        check_decides_by_scores(self.estimator_, X, scores, decision)
        vote = "mean" if alone and self.vote == "snr" else self.vote
        rule = {"vote": vote, "decision": decision}
        return scores, np.arange(len(scores)) if events is None else events, rule

    def _vote(self, X, groups, snr, caller, params):
        """Return event numbers of records, and scores and predictions of events."""
        scores, events, rule = self._ballot(X, None, groups, caller, params)
        codes, _ = pd.factorize(events)
        return codes, *vote_events(scores, codes, tie=self.tie, snr=snr, **rule)
