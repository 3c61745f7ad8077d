"""Result cubes as tables and files: the methods."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pandas as pd

from ._cube_io import from_frame, read_netcdf, to_frame, write_netcdf
from ._plain_tables import from_plain_frame
from ._table_files import (
    KEY,
    SUFFIXES,
    check_suffix,
    naming_damage,
    read_table,
    write_table,
)

if TYPE_CHECKING:
    import xarray


class CubeFiles:
    """Reading and writing of a class that is made from a data set."""

    dataset: xarray.Dataset
    parameters: list[str]

    if TYPE_CHECKING:

        def __init__(self, dataset: xarray.Dataset) -> None: ...

    @classmethod
    def from_table(
        cls,
        table: pd.DataFrame | str | PathLike,
        *,
        parameters: Sequence[str] | None = None,
        metrics: Sequence[str] | None = None,
        main_metric: str | None = None,
    ) -> Self:
        """Make a cube of a table, one row a trial, or a trial and fold.

        Parameters
        ----------
        table : DataFrame, str or path-like
            What `to_frame` has returned, `to_csv`, `to_parquet` or `to_excel` has
            written, or another table or file of these kinds.
        parameters : list of str, default=None
            Columns of the parameters; needed for tables that are neither of a cube
            nor of `cv_results_`.
        metrics : list of str, default=None
            Columns of the metrics in such a table; None takes all other columns of
            numbers. A column ``fold`` counts the folds from 0.
        main_metric : str, default=None
            Metric that ranks trials in such a table; None is the first.

        Returns
        -------
        ResultCube
            The cube; equal to the one that was written.

        Raises
        ------
        ValueError
            If the table does not have the columns, a label is missing or unknown, or
            the file is damaged or of another kind; the message names it.

        Notes
        -----
        CSV files of other programs may have a byte-order mark, commas, semicolons or
        tabs between the cells, and with the latter two decimal commas. A file that
        would take more than 2 GiB of memory raises an error before it is read.
        """
        if not isinstance(table, pd.DataFrame):
            path = check_suffix(table, *SUFFIXES)
            with naming_damage(path):
                return cls.from_table(
                    read_table(path),
                    parameters=parameters,
                    metrics=metrics,
                    main_metric=main_metric,
                )
        if KEY in table.attrs:
            return cls(from_frame(table))
        return cls(from_plain_frame(table, parameters, metrics, main_metric))

    @classmethod
    def from_netcdf(cls, path: str | PathLike) -> Self:
        """Read a cube that `to_netcdf` has written.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        ResultCube
            The cube.

        Raises
        ------
        ValueError
            If the file is damaged or not a cube; the message names it.
        """
        with naming_damage(path):
            return cls(read_netcdf(path))

    def to_frame(self) -> pd.DataFrame:
        """Return the cube as a table.

        Returns
        -------
        DataFrame
            One row a trial and fold that has a result. Losses of epochs and counts of
            confusion matrices go across, as in ``train_loss[3]`` and
            ``confusion[0,1]``. `from_table` makes the cube again, by what is in
            ``attrs``.
        """
        return to_frame(self.dataset, self.parameters)

    def to_csv(self, path: str | PathLike) -> Path:
        """Write the table of the cube as CSV, its first line a comment.

        Parameters
        ----------
        path : str or path-like
            File to write, with the suffix ``.csv``.

        Returns
        -------
        pathlib.Path
            The file. Values of parameters that are neither numbers, strings, bools,
            None nor lists, tuples or dicts of them are written as strings, here and in
            the other files.
        """
        return write_table(self.to_frame(), check_suffix(path, ".csv"))

    def to_parquet(self, path: str | PathLike) -> Path:
        """Write the table of the cube as Parquet.

        Parameters
        ----------
        path : str or path-like
            File to write, with the suffix ``.parquet``.

        Returns
        -------
        pathlib.Path
            The file.
        """
        return write_table(self.to_frame(), check_suffix(path, ".parquet"))

    def to_excel(self, path: str | PathLike) -> Path:
        """Write the table of the cube as an Excel workbook.

        Parameters
        ----------
        path : str or path-like
            File to write, with the suffix ``.xlsx``.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ValueError
            If the cube is larger than a sheet, or a string than a cell.
        """
        return write_table(self.to_frame(), check_suffix(path, ".xlsx"))

    def to_netcdf(self, path: str | PathLike) -> Path:
        """Write the cube as netCDF 4, axes and all.

        Parameters
        ----------
        path : str or path-like
            File to write.

        Returns
        -------
        pathlib.Path
            The file. Strings that are not printable are written as JSON has them.
        """
        return write_netcdf(self.dataset, path)
