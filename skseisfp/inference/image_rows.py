"""Images as rows of features."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin


class ImageRows(TransformerMixin, BaseEstimator):
    """Flatten each image to a row, for classifiers that take features.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.inference.image_rows import ImageRows
    >>> ImageRows().fit_transform(np.zeros((5, 16, 16))).shape
    (5, 256)
    """

    _transforms_records_alone = True

    def fit(self, X: Any, y: Any = None) -> Self:
        """Do nothing; there is nothing to learn.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Images.
        y : None
            Not used.

        Returns
        -------
        ImageRows
            The transformer.
        """
        return self

    def transform(self, X: Any) -> npt.NDArray:
        """Return the images as rows.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Images.

        Returns
        -------
        ndarray of shape (n_records, n_features)
            Their pixels.
        """
        images = np.asarray(X)
        return images.reshape(len(images), -1)

    def __sklearn_is_fitted__(self) -> bool:
        """Return True, as there is nothing to learn."""
        return True
