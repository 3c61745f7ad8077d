"""From the results of searches to the data of a result cube."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.optional import import_optional
from .._utils.plain import plain
from ._grid import (
    MISSING,
    Axis,
    check_size,
    clean_string,
    find_positions,
    make_axes,
    make_axis,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    import xarray

DIMS = ("fold", "true_class", "predicted_class", "epoch")
TIMES = ("fit_time", "score_time")
PROVENANCE = "provenance"
CONFUSIONS = ("confusion", "event_confusion")
TRAIN = "_train"
INPUT_SHAPE = "input_shape"  # of the networks, where they differ
OTHERS = ("n_parameters", "n_resources", "error", INPUT_SHAPE)


def search_results(search: Any) -> dict[str, Any]:
    """Return the arguments of `build_dataset` for a fitted search."""
    if not hasattr(search, "cv_results_"):
        raise TypeError(
            "search must be a fitted search with cv_results_; got "
            f"{type(search).__name__}."
        )
    results = search.cv_results_
    metrics = find_metrics(results)
    params = list(results["params"])
    order = _parameter_order(search)
    resource = getattr(search, "resource", "n_samples")
    if "n_resources" in results and resource != "n_samples":
        params = [_without(trial, resource) for trial in params]
    fits = getattr(search, "fit_results_", None)
    found = {
        "params": params,
        "fits": fits_of_results(results, metrics) if fits is None else fits,
        "metrics": metrics,
        "main_metric": _main_metric(search, metrics),
        "classes": _classes(search),
        "order": _without(order, resource) if "n_resources" in results else order,
        "provenance": getattr(search, "provenance_", None),
    }
    if "n_resources" in results:
        found["resources"] = np.asarray(results["n_resources"])
    return found


def fits_of_results(results: Mapping[str, Any], metrics: Sequence[str]) -> list:
    """Return `cv_results_` as fits; times are the means over the folds."""
    n_splits = sum(
        bool(re.fullmatch(rf"split\d+_test_{re.escape(metrics[0])}", key))
        for key in results
    )
    return [
        [
            {
                "scores": {m: results[f"split{fold}_test_{m}"][trial] for m in metrics},
                "train_scores": {
                    m: results[f"split{fold}_train_{m}"][trial] for m in metrics
                }
                if f"split{fold}_train_{metrics[0]}" in results
                else None,
                **{
                    name: results[f"mean_{name}"][trial]
                    for name in TIMES
                    if f"mean_{name}" in results
                },
            }
            for fold in range(n_splits)
        ]
        for trial in range(len(results["params"]))
    ]


def find_metrics(results: Iterable[str]) -> list[str]:
    """Return the names of the metrics in `cv_results_`."""
    prefix = "split0_test_"
    return [key.removeprefix(prefix) for key in results if key.startswith(prefix)]


def build_dataset(
    params: Sequence[dict[str, Any]],
    fits: Sequence[Sequence[dict[str, Any] | None]],
    *,
    metrics: Sequence[str],
    main_metric: str | None = None,
    classes: Sequence | None = None,
    order: Mapping[str, Any] | Iterable[str] = (),
    resources: npt.ArrayLike | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> xarray.Dataset:
    """Put the fits of a search on the grid of its parameters.

    Parameters
    ----------
    params : list of dict
        Parameters of the trials. Of several trials with the same ones the last counts.
    fits : list of list of dict or None
        The fits of each trial, fold by fold; None where missing.
    metrics : list of str
        Names of the metrics.
    main_metric : str, default=None
        The metric that ranks trials; None is the first.
    classes : sequence, default=None
        Labels along the axes of the confusion matrices.
    order : dict or iterable of str, default=()
        Names of parameters in the order of the axes, with their values if a dict.
    resources : array-like of int, default=None
        What a trial was given, in searches by successive halving.
    provenance : dict, default=None
        What the search was made from.

    Returns
    -------
    xarray.Dataset
        The data of a cube.
    """
    axes = make_axes(params, order)
    fixed = {name: a.values[0] for name, a in axes.items() if len(a.values) == 1}
    axes = {name: axis for name, axis in axes.items() if name not in fixed}
    places = find_positions(params, axes)
    _check_names([*axes, *metrics])
    n_folds = max(map(len, fits), default=0)
    shape = (*(len(axis.values) for axis in axes.values()), n_folds)
    grid = _Grid((*axes, "fold"), shape, places, fits)
    variables = grid.scores(metrics) | grid.extras() | grid.errors()
    variables |= grid.histories(taken={*variables, *axes, *DIMS})
    tables = grid.tables()
    if resources is not None:
        variables["n_resources"] = grid.per_trial(resources)
    shapes = grid.input_shapes()
    if len({*shapes} - {""}) > 1:
        variables[INPUT_SHAPE] = grid.strings(shapes)
    coordinates: dict[str, Any] = {
        name: axis_coordinate(name, axis) for name, axis in axes.items()
    }
    coordinates["fold"] = np.arange(n_folds)
    if tables:
        n_classes = max(array.shape[-1] for _, array in tables.values())
        labels = range(n_classes) if classes is None else classes
        class_axis = make_axis(list(labels), ordered=False)
        for name in ("true_class", "predicted_class"):
            coordinates[name] = axis_coordinate(name, class_axis)
    epochs = [array.shape[-1] for dims, array in variables.values() if "epoch" in dims]
    if epochs:
        coordinates["epoch"] = np.arange(1, max(epochs) + 1)
    variables |= tables
    return import_optional("xarray", extra="sweep").Dataset(
        variables,
        coordinates,
        {
            "main_metric": main_metric or metrics[0],
            "metrics": list(metrics),
            "fixed": {key: v for key, v in fixed.items() if not is_missing(v)},
            **_noted(provenance, shapes),
        },
    )


def axis_coordinate(name: str, axis: Axis) -> tuple:
    """Return the coordinate of an axis, with the values that its labels stand for."""
    labels = axis.labels.tolist()
    differs = [
        type(label) is not type(plain(value)) or label != value
        for label, value in zip(labels, axis.values, strict=True)
    ]
    originals = dict(zip(labels, axis.values, strict=True)) if any(differs) else {}
    return (name, axis.labels, {"originals": originals} if originals else {})


class _Grid:
    """Arrays over the grid, filled fit by fit."""

    def __init__(self, dims, shape, places, fits):
        check_size(shape)
        self._dims, self._shape = dims, shape
        rows = [
            (trial, fold, fit)
            for trial, folds in enumerate(fits)
            for fold, fit in enumerate(folds)
            if fit is not None
        ]
        self._places, self._trials = places, [trial for trial, _, _ in rows]
        self._folds = np.array([fold for _, fold, _ in rows], dtype=int)
        self._fits = [fit for _, _, fit in rows]

    def _fill(self, values, inner=(), dtype: Any = float, empty: Any = np.nan):
        array = np.full((*self._shape, *inner), empty, dtype=dtype)
        if self._fits:
            index = (*self._places[self._trials].T, self._folds)
            array[index] = values
        return array

    def _scalars(self, values):
        values = [np.nan if value is None else value for value in values]
        return self._dims, self._fill(values)

    def scores(self, metrics) -> dict:
        found = {
            metric: self._scalars([fit["scores"].get(metric) for fit in self._fits])
            for metric in metrics
        }
        trained = [fit.get("train_scores") or {} for fit in self._fits]
        if any(trained):
            for metric in metrics:
                values = [scores.get(metric) for scores in trained]
                found[metric + TRAIN] = self._scalars(values)
        return found

    def extras(self) -> dict:
        columns = {
            name: [fit.get(name) for fit in self._fits]
            for name in (*TIMES, "n_parameters")
        }
        return {
            name: self._scalars(values)
            for name, values in columns.items()
            if any(value is not None for value in values)
        }

    def errors(self) -> dict:
        strings = [clean_string(fit.get("error") or "") for fit in self._fits]
        if not any(strings):
            return {}
        return {"error": self.strings(strings)}

    def strings(self, strings) -> tuple:
        return self._dims, self._fill(strings, dtype=object, empty="")

    def input_shapes(self) -> list[str]:
        shapes = (fit.get(INPUT_SHAPE) or () for fit in self._fits)
        return [",".join(map(str, shape)) for shape in shapes]

    def histories(self, taken) -> dict:
        histories = [fit.get("history") or [] for fit in self._fits]
        n_epochs = max(map(len, histories), default=0)
        names = {key: None for epochs in histories for epoch in epochs for key in epoch}
        found = {}
        for name in names:
            if name == "epoch":
                continue
            values = np.full((len(histories), n_epochs), np.nan)
            for row, epochs in zip(values, histories, strict=True):
                row[: len(epochs)] = [epoch.get(name, np.nan) for epoch in epochs]
            key = f"history_{name}" if name in taken else name
            found[key] = (*self._dims, "epoch"), self._fill(values, (n_epochs,))
        return found

    def tables(self) -> dict:
        found = {}
        for name in CONFUSIONS:
            tables = [fit.get(name) for fit in self._fits]
            n_classes = max((len(table) for table in tables if table), default=0)
            if n_classes:
                gap = np.full((n_classes, n_classes), np.nan)
                values = [gap if table is None else table for table in tables]
                dims = (*self._dims, "true_class", "predicted_class")
                found[name] = dims, self._fill(values, gap.shape)
        return found

    def per_trial(self, values: npt.ArrayLike) -> tuple:
        array = np.full(self._shape[:-1], np.nan)
        array[tuple(self._places.T)] = values
        return self._dims[:-1], array


def _noted(provenance, shapes):
    """Return the provenance with the shape that all networks share, if any is known."""
    noted = dict(provenance or {})
    shapes = {*shapes} - {""}
    if len(shapes) == 1:
        noted[INPUT_SHAPE] = [int(length) for length in shapes.pop().split(",")]
    return {PROVENANCE: noted} if noted else {}


def _parameter_order(search):
    """Return the values of the parameters as the user ordered them."""
    grid = getattr(search, "param_grid", None)
    grid = getattr(search, "param_distributions", {}) if grid is None else grid
    grids = getattr(grid, "param_grid", grid)
    grids = [grids] if isinstance(grids, dict) else list(grids)
    order = {}
    for part in grids:
        for name, values in part.items():
            listed = isinstance(values, (list, tuple, np.ndarray))
            order.setdefault(name, []).extend(values if listed else ())
    return order


def _main_metric(search, metrics):
    """Return the metric that a search ranks by, the first if it does not say."""
    chosen = getattr(search.refit, "metric", search.refit)
    return chosen if isinstance(chosen, str) and chosen in metrics else metrics[0]


def _classes(search):
    """Return the labels along the axes of the confusion matrices."""
    classes = getattr(search, "confusion_labels_", None)
    if classes is None:
        classes = getattr(search, "classes_", None)
    return None if classes is None else np.asarray(classes).tolist()


def _check_names(names):
    """Raise if parameters and metrics are named alike, or like something else."""
    names = [*names, *DIMS, *TIMES, *CONFUSIONS, *OTHERS]
    both = [name for name in names if names.count(name) > 1]
    if both:
        raise ValueError(
            f"{both[0]!r} would name two things in the cube; rename the metric or the "
            "parameter."
        )


def is_missing(value: Any) -> bool:
    """Return whether a value stands for a parameter that a trial lacks."""
    return isinstance(value, str) and value == MISSING


def _without(mapping, name):
    return {key: value for key, value in mapping.items() if key != name}
