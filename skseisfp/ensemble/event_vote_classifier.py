"""A classifier whose records vote for the event prediction of their event."""

import numpy as np
import pandas as pd
from sklearn.utils.metadata_routing import _routing_enabled
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _num_samples, check_is_fitted

from .._utils.checks import check_option
from .._utils.validation import check_groups
from ..metrics.aggregation import (
    TIES,
    VOTES,
    aggregate_events,
    event_labels,
    has_event_index,
    vote_events,
)
from ._wrapper import ClassifierWrapper, as_decision, has_scores, name_of_groups


def _has_probabilities(classifier):
    """Shares of votes are probabilities, whatever the wrapped classifier has."""
    return classifier.vote == "majority" or has_scores("predict_proba")(classifier)


def _has_decisions(classifier):
    return classifier.vote != "majority" and has_scores("decision_function")(classifier)


class EventVoteClassifier(ClassifierWrapper):
    """Give each record the event prediction that the records of its event vote for.

    Parameters
    ----------
    estimator : classifier
        Classifier of records.
    vote : {"majority", "mean", "snr"}, default="majority"
        ``"majority"`` gives each record one vote for its likeliest class; ``"mean"``
        averages the scores of the records; ``"snr"`` averages them with the weight
        :math:`r / (1 + r)`, :math:`r = 10^{snr / 10}`: the share of signal in the
        power of the record.
    tie : {"mean", "first"}, default="mean"
        Winner among classes with equally many votes, for ``vote="majority"``: the one
        of the greatest mean score, or the first of `classes_`. Exactly equal scores go
        to the first of `classes_` always.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier of records.
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes.
    n_features_in_ : int
        Number of features, where the wrapped classifier tells it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where the wrapped classifier has them.

    See Also
    --------
    skseisfp.metrics.make_event_scorer : Votes in the scorer of a search, where no
        events reach `predict`.

    Notes
    -----
    Without `groups` every record is an event of its own; under metadata routing
    ``groups`` and ``snr`` are requested by default. The scores of a record are
    ``predict_proba``, or ``decision_function`` where the wrapped classifier has no
    probabilities, or its ``predict`` where it has neither; a threshold of the wrapped
    classifier does not enter the vote.

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
    >>> classifier.score(X, y), classifier.score(X, y, groups=event_id)
    (0.67, 0.8)
    """

    __metadata_request__fit = {"groups": True}
    __metadata_request__predict = {"groups": True, "snr": True}
    __metadata_request__predict_proba = {"groups": True, "snr": True}
    __metadata_request__decision_function = {"groups": True, "snr": True}
    __metadata_request__score = {"groups": True, "snr": True}

    def __init__(self, estimator, *, vote="majority", tie="mean"):
        self.estimator = estimator
        self.vote = vote
        self.tie = tie

    @property
    def n_features_in_(self):
        """Number of features, as the wrapped classifier tells it."""
        return self._of_estimator("n_features_in_")

    @property
    def feature_names_in_(self):
        """Names of the features, as the wrapped classifier has them."""
        return self._of_estimator("feature_names_in_")

    def _of_estimator(self, name):
        if not hasattr(self, "estimator_"):
            raise AttributeError(f"{type(self).__name__} has no {name} before fit.")
        return getattr(self.estimator_, name)

    def fit(self, X, y, groups=None, **fit_params):
        """Fit the classifier of records.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records, in any form that the wrapped classifier takes.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            Event of each record. Goes to the wrapped classifier where its `fit` takes
            ``groups``, through a pipeline to its last step and to the folds of a
            search; the vote itself needs none to fit.
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
            If an option is not an allowed one, or `groups` does not fit.
        """
        check_option("vote", self.vote, VOTES)
        check_option("tie", self.tie, TIES)
        if groups is not None:
            check_groups(groups, _num_samples(X))
            name = "groups" if _routing_enabled() else name_of_groups(self.estimator)
            if name is not None:
                fit_params[name] = groups
        return self._fit_estimator(X, y, self._routed_fit_params(fit_params))

    def predict(self, X, groups=None, snr=None, **params):
        """Predict the event prediction of each record's event.

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
    def predict_proba(self, X, groups=None, snr=None, **params):
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
    def decision_function(self, X, groups=None, snr=None, **params):
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
            Decision values, 1-D where classes are two.

        Raises
        ------
        ValueError
            As :meth:`predict`.
        """
        codes, scores, _ = self._vote(X, groups, snr, "decision_function", params)
        return as_decision(scores)[codes]

    def predict_events(self, X, groups=None, snr=None, **params):
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
        scores, groups, vote = self._ballot(X, groups, "predict", params)
        return aggregate_events(
            scores, groups, classes=self.classes_, vote=vote, tie=self.tie, snr=snr
        )

    def score(self, X, y, groups=None, snr=None, sample_weight=None, **params):
        """Score the share of events whose event prediction is right.

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
            As :meth:`predict`, or if an event straddles labels.
        """
        if groups is None and has_event_index(y):
            groups = y.index
        labels = event_labels(y, check_groups(groups, _num_samples(y)))
        codes, _, event_predictions = self._vote(X, groups, snr, "score", params)
        right = self.classes_[event_predictions] == labels.to_numpy()
        if sample_weight is None:
            return float(np.mean(right))
        weights = np.bincount(codes, sample_weight) / np.bincount(codes)
        return float(np.average(right, weights=weights))

    def _ballot(self, X, groups, caller, params):
        """Return the scores of the records, their events and the rule to vote by."""
        check_is_fitted(self)
        scores = self._estimator_scores(X, self._routed_responses(caller, params))
        alone = groups is None and self.vote == "snr"
        return scores, check_groups(groups, len(scores)), "mean" if alone else self.vote

    def _vote(self, X, groups, snr, caller, params):
        """Return event numbers of records, and scores and predictions of events."""
        scores, groups, vote = self._ballot(X, groups, caller, params)
        codes, _ = pd.factorize(groups)
        return codes, *vote_events(scores, codes, vote=vote, tie=self.tie, snr=snr)
