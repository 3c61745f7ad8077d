"""A network that every fit trains further from the same start."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from .._parameters import COUNT, POSITIVE, ValidatedParameters


class FineTunedClassifier(ValidatedParameters, ClassifierMixin, BaseEstimator):
    """Train a fitted network further, by a copy of it in every fit.

    Each fit, those of folds included, begins with the weights of the given network and
    changes only its own copy: the scores of folds are those of networks that have seen
    no record of the fold but, perhaps, in their start.

    Parameters
    ----------
    start : FrozenEstimator
        The fitted network, which has the method ``partial_fit``, in a
        `sklearn.frozen.FrozenEstimator`, so that copies of this classifier keep it.
    max_epochs : int in [1, inf), default=None
        Epochs of the further training; None takes those of the network.
    lr : float in (0, inf), default=None
        Learning rate at its start; None takes that of the network.

    Attributes
    ----------
    network_ : classifier
        The copy that was trained further.
    classes_ : ndarray of shape (n_classes,)
        Labels, those of the start.

    See Also
    --------
    skseisfp.inference.fine_tune : A discriminator with new events.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.frozen import FrozenEstimator
    >>> from skseisfp.inference.fine_tuned_classifier import FineTunedClassifier
    >>> from skseisfp.neural import FingerprintClassifier
    >>> X = np.eye(8, dtype=np.int8)
    >>> y = np.arange(8) % 2
    >>> network = FingerprintClassifier(max_epochs=2, random_state=0, device="cpu")
    >>> start = FrozenEstimator(network.fit(X, y))
    >>> tuned = FineTunedClassifier(start, max_epochs=3).fit(X, y)
    >>> network.n_epochs_, tuned.network_.n_epochs_
    (2, 5)
    """

    _parameter_constraints = {
        "start": "no_validation",
        "max_epochs": [COUNT, None],
        "lr": [POSITIVE, None],
    }

    network_: Any
    classes_: npt.NDArray

    def __init__(
        self, start: Any, *, max_epochs: int | None = None, lr: float | None = None
    ) -> None:
        self.start = start
        self.max_epochs = max_epochs
        self.lr = lr

    def fit(
        self, X: Any, y: npt.ArrayLike, groups: npt.ArrayLike | None = None
    ) -> Self:
        """Train a copy of the network further.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Fingerprints, as in the first fit.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            Event of each record.

        Returns
        -------
        FineTunedClassifier
            The fitted classifier.

        Raises
        ------
        TypeError
            If the start has no ``partial_fit``.
        ValueError
            If a label is not one of the start, or the records do not fit it.
        """
        self._validate_params()
        fitted = getattr(self.start, "estimator", self.start)
        if not hasattr(fitted, "partial_fit"):
            raise TypeError(
                f"start must be a fitted network that can be trained further; "
                f"{type(fitted).__name__} has no partial_fit."
            )
        network = deepcopy(fitted)
        changed = {"max_epochs": self.max_epochs, "lr": self.lr}
        network.set_params(**{k: v for k, v in changed.items() if v is not None})
        events = {} if groups is None else {"groups": groups}
        self.network_ = network.partial_fit(X, y, **events)
        self.classes_ = self.network_.classes_
        return self

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Fingerprints.

        Returns
        -------
        ndarray of shape (n_records, n_classes)
            Probabilities.
        """
        check_is_fitted(self)
        return self.network_.predict_proba(X)

    def predict(self, X: Any) -> npt.NDArray:
        """Return the most probable class of each record.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Fingerprints.

        Returns
        -------
        ndarray of shape (n_records,)
            Labels.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
