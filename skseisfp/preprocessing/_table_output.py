"""Results of transformers as tables: names of features and DataFrames."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any, Self

from sklearn.base import OneToOneFeatureMixin
from sklearn.utils.validation import check_is_fitted

from .._compat import container_of_results

if TYPE_CHECKING:
    import numpy.typing as npt


class _IfTable:
    """A method that is there if results are tables; else its error says why not."""

    def __init__(self, method: Callable[..., Any]):
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, transformer: Any, owner: type | None = None) -> Any:
        if transformer is None:
            return self._method
        if reason := transformer._why_no_table():
            raise AttributeError(f"{reason}.")
        return MethodType(self._method, transformer)


class TableOutput:
    """Mixin of transformers of records, whose results need not have two axes.

    A subclass defines `_count_output_axes(record_shape)`, and `_feature_names` unless
    results have the features of records. It calls `_check_container` before a result
    is returned. Where scikit-learn is configured for DataFrames globally, results with
    more axes stay arrays.
    """

    _count_output_axes: Callable[[tuple[int, ...]], int]
    _table_hint = ""

    @_IfTable
    def set_output(self, *, transform: str | None = None) -> Self:
        """Let results that are tables be DataFrames.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            Container of the results of `transform` and `fit_transform`; None leaves it
            as it is. Results with more than two axes raise an error with other ones
            than ``"default"``.

        Returns
        -------
        self
            The transformer.
        """
        return super().set_output(transform=transform)  # pyright: ignore[reportAttributeAccessIssue]

    @_IfTable
    def get_feature_names_out(
        self, input_features: npt.ArrayLike | None = None
    ) -> npt.NDArray:
        """Name the features of results that are tables.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the samples of records, where results have the same ones. None
            takes the columns seen in `fit`, or ``"x0"``, ``"x1"`` and so on.

        Returns
        -------
        ndarray of str
            A name for each feature.
        """
        check_is_fitted(self, "record_shape_")
        names: Any = self._feature_names(input_features)
        return names

    def _feature_names(self, input_features):
        """Return the names of the samples of records."""
        return OneToOneFeatureMixin.get_feature_names_out(self, input_features)  # pyright: ignore[reportArgumentType]

    def _why_no_table(self, record_shape=None):
        """Return why results for records of a shape are no tables, or nothing.

        None takes the shape seen in `fit`, and before it one that may give a table.
        """
        if record_shape is None:
            record_shape = getattr(self, "record_shape_", (1,))
        n_axes = self._count_output_axes(record_shape)
        if n_axes == 2:
            return ""
        return (
            f"{type(self).__name__} has results of {n_axes} axes here, which have no "
            f"names of features and are not a DataFrame{self._table_hint}"
        )

    def _check_container(self, record_shape):
        """Raise if DataFrames are asked of this transformer that results cannot be."""
        asked = container_of_results(self)
        if asked != "default" and (reason := self._why_no_table(record_shape)):
            raise ValueError(
                f"{reason}; got set_output(transform={asked!r}), for which "
                "set_output(transform='default') gives arrays again."
            )
