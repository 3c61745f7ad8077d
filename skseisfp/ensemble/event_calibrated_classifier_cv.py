"""A classifier whose probabilities are calibrated on events that it has not seen."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import check_is_fitted

from .._compat import HasMethods, StrOptions, safe_indexing
from .._utils.progress import run_jobs
from ..metrics.decisions import decision_threshold
from ._event_wrapper import EventWrapper
from .event_folds import make_event_folds
from .out_of_fold import fit_rows

# in the order in which CalibratedClassifierCV prefers them
RESPONSES = ("decision_function", "predict_proba")


class EventCalibratedClassifierCV(EventWrapper):
    """Calibrate the probabilities of a classifier in event-grouped folds.

    :class:`~sklearn.calibration.CalibratedClassifierCV` with folds that keep the
    records of an event together, and with the event of every record handed on to the
    wrapped classifier.

    Parameters
    ----------
    estimator : classifier
        Classifier of records, with ``decision_function`` or ``predict_proba``.
    method : {"sigmoid", "isotonic", "temperature"}, default="sigmoid"
        Function that is fitted to the scores of the records. ``"isotonic"`` needs
        hundreds of events.
    ensemble : bool, default=False
        Whether to average over the folds as many classifiers, each calibrated on the
        events of its own fold. False fits one classifier on all records, and one
        function to the scores of all held-out records, which is better with few
        events; then each record must be held out once.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.

    Attributes
    ----------
    calibrated_classifier_ : CalibratedClassifierCV
        The fitted classifier of scikit-learn.
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes.
    n_features_in_ : int
        Number of features, where the wrapped classifier has it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where the wrapped classifier has them.

    See Also
    --------
    EventThresholdClassifierCV : Tunes the threshold in such folds.
    skseisfp.plotting.EventCalibrationDisplay : Reliability diagram by event.

    Notes
    -----
    Records of one event on both sides of a fold make a classifier look surer than it
    is of new events. Probabilities are calibrated for records, each of which counts
    once; the mean of the records of an event is usually less extreme than the share of
    such events.

    The largest probability decides. A threshold of the wrapped classifier is undefined
    after calibration, and raises an error: calibrate first, then tune.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skseisfp.ensemble import EventCalibratedClassifierCV
    >>> event_id = np.repeat(np.arange(60), 3)
    >>> y = event_id % 2
    >>> X = np.random.default_rng(0).normal(y[:, None], 2.0, (180, 1)).repeat(9, axis=1)
    >>> classifier = EventCalibratedClassifierCV(GaussianNB())
    >>> classifier = classifier.fit(X, y, groups=event_id)
    >>> sure = GaussianNB().fit(X, y).predict_proba(X).max()
    >>> bool(classifier.predict_proba(X).max() < sure)
    True
    """

    _parameter_constraints = {
        **EventWrapper._parameter_constraints,
        "estimator": [
            HasMethods(["fit", "predict_proba"]),
            HasMethods(["fit", "decision_function"]),
        ],
        "method": [StrOptions({"sigmoid", "isotonic", "temperature"})],
        "ensemble": ["boolean"],
        "verbose": ["verbose"],
    }
    _earlier_values = {"verbose": 0}

    calibrated_classifier_: Any

    def __init__(
        self,
        estimator: Any,
        *,
        method: str = "sigmoid",
        ensemble: bool = False,
        cv: Any = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.ensemble = ensemble
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @property
    def classes_(self) -> npt.NDArray:
        """Labels of the classes."""
        check_is_fitted(self)
        return self.calibrated_classifier_.classes_

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | str | None = None,
        **fit_params: Any,
    ) -> Self:
        """Fit and calibrate the classifier.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records, in any form that the wrapped classifier takes.
        y : array-like of shape (n_records,)
            Labels; their index ``event_id`` may hold the events.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; ``"records"`` makes each its own event.
        **fit_params : dict
            Parameters of the wrapped classifier's `fit`; ``sample_weight`` counts for
            the calibration, too.

        Returns
        -------
        EventCalibratedClassifierCV
            The fitted classifier.

        Raises
        ------
        TypeError
            If ``sample_weight`` is given and the wrapped classifier takes none.
        ValueError
            If a class has fewer than two events, an event straddles labels or is on
            both sides of a fold, the wrapped classifier has a threshold, or a parameter
            is not valid.

        Warns
        -----
        EventsUnknownWarning
            If no events are known, and every record counts as an event of its own.
        """
        vars(self).pop("calibrated_classifier_", None)
        records, labels, metadata = self._check_fit(X, y, groups, fit_params)
        folds = make_event_folds(
            self.cv,
            records,
            labels,
            metadata["groups"],
            random_state=self.random_state,
        )
        classes, codes = np.unique(labels, return_inverse=True)
        data = records, labels, metadata
        by_rows: Any = CalibratedClassifierCV(
            _RowsClassifier(self.estimator, data, self._plan_fits(data, folds)),
            method=self.method,
            ensemble=self.ensemble,  # pyright: ignore[reportArgumentType]  # or "auto"
            cv=folds,
            n_jobs=1,  # the fits run in parallel by themselves
        )
        by_rows.fit(
            np.arange(len(labels))[:, np.newaxis],
            codes,
            sample_weight=metadata.get("sample_weight"),
        )
        self.calibrated_classifier_ = self._of_records(by_rows, classes)
        return self

    def predict(self, X: Any) -> npt.NDArray:
        """Predict the most probable class of each record.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.

        Returns
        -------
        ndarray of shape (n_records,)
            Labels.
        """
        check_is_fitted(self)
        return self.calibrated_classifier_.predict(X)

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Return the calibrated probabilities of each record.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.

        Returns
        -------
        ndarray of shape (n_records, n_classes)
            Probabilities, in the order of `classes_`.
        """
        check_is_fitted(self)
        return self.calibrated_classifier_.predict_proba(X)

    def _plan_fits(self, data, folds):
        """Return all fits, which start when the first of them is asked for."""
        all_rows = np.arange(len(data[1]))
        parts = [(all_rows[train], all_rows[test]) for train, test in folds]
        if not self.ensemble:
            parts.append((all_rows, all_rows[:0]))
        return _Fits(
            [delayed(_fit)(clone(self.estimator), data, *part) for part in parts],
            [train for train, _ in parts],
            {
                "verbose": self.verbose,
                "n_jobs": self.n_jobs,
                "by": type(self).__name__,
            },
        )

    def _of_records(self, calibrated, classes):
        """Return a calibrated classifier of records in place of row numbers."""
        for pair in calibrated.calibrated_classifiers_:
            pair.estimator, pair.classes = pair.estimator.estimator_, classes
            if decision_threshold(pair.estimator) is not None:
                raise ValueError(
                    "estimator must decide by its largest score; got "
                    f"{type(self.estimator).__name__} with a threshold, which is "
                    "undefined after calibration. Calibrate first, then tune: "
                    "EventThresholdClassifierCV(EventCalibratedClassifierCV(...))."
                )
        calibrated.classes_ = classes
        first = calibrated.calibrated_classifiers_[0].estimator
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(first, name):
                setattr(calibrated, name, getattr(first, name))
            else:
                vars(calibrated).pop(name, None)
        return calibrated.set_params(
            estimator=clone(self.estimator), n_jobs=self.n_jobs
        )

    def _record_scores(self, X, caller, params):
        """Return the calibrated probabilities; there are no parameters for them."""
        if params:
            raise TypeError(
                f"{type(self).__name__} predicts without further parameters; got "
                f"{', '.join(params)}."
            )
        return self.predict_proba(X)

    def _of_estimator(self, name):
        """Return an attribute of the fitted classifier."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__} has no {name} before fit.")
        return getattr(self.calibrated_classifier_, name)

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether the last fit was completed."""
        return hasattr(self, "calibrated_classifier_")


def _fit(estimator, data, train, test):
    """Fit a classifier to some rows; return it, and its responses to others."""
    X, y, metadata = data
    fit_rows(estimator, X, y, train, metadata)
    if not len(test):
        return estimator, None
    name = next(name for name in RESPONSES if hasattr(estimator, name))
    return estimator, (name, test, getattr(estimator, name)(safe_indexing(X, test)))


class _Fits:
    """The fits of all folds, which run together when the first one is asked for."""

    def __init__(self, jobs, rows, options):
        self._jobs, self._rows = jobs, rows
        self._options: dict[str, Any] = options
        self._found: dict[bytes, Any] | None = None

    def find(self, rows):
        """Return the classifier that is fitted to some rows, and its responses."""
        if self._found is None:
            found = run_jobs(self._jobs, "fits", **self._options)
            self._found = {
                part.tobytes(): fitted
                for part, fitted in zip(self._rows, found, strict=True)
            }
        return self._found[rows.tobytes()]


def _has(method):
    """Return a check that the classifier of records has a method."""
    return lambda rows: hasattr(getattr(rows, "estimator_", rows.estimator), method)


class _RowsClassifier(ClassifierMixin, BaseEstimator):
    """A classifier of records by their row numbers, with the classes numbered.

    CalibratedClassifierCV hands labels on without their index in some of its branches,
    knows no events, and numbers only labels that are strings. It gets row numbers for
    records and numbers for classes; labels, events and other parameters of `fit` are
    those of the rows here. Its own loop over the folds shows no progress: the fits are
    those of `fits`.
    """

    __metadata_request__fit = {"sample_weight": True}

    def __init__(self, estimator, data, fits):
        self.estimator = estimator
        self.data = data
        self.fits = fits

    def __sklearn_clone__(self):
        """Return a new object with the same records, which are not copied."""
        return type(self)(self.estimator, self.data, self.fits)

    def fit(self, X, y, sample_weight=None):
        """Take the classifier of the rows; their weights are among the metadata."""
        self.estimator_, self.responses_ = self.fits.find(np.ravel(X))
        self.classes_ = np.arange(len(self.estimator_.classes_))
        return self

    def predict(self, X):
        """Return the numbers of classes; here for the checks of parameters only."""
        labels = self._respond("predict", X)
        return np.searchsorted(self.estimator_.classes_, labels)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X):
        """Return the probabilities of rows."""
        return self._respond("predict_proba", X)

    @available_if(_has("decision_function"))
    def decision_function(self, X):
        """Return the decision function of rows."""
        return self._respond("decision_function", X)

    def _respond(self, name, X):
        """Return the responses to rows, where possible those found with the fit."""
        rows = np.ravel(X)
        if self.responses_ is not None:
            known, test, values = self.responses_
            if known == name and np.array_equal(test, rows):
                return values
        return getattr(self.estimator_, name)(safe_indexing(self.data[0], rows))
