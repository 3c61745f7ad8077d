"""Data of the report page."""

import json
from itertools import product

import numpy as np

from .._utils.names import short_names
from ._architecture_boxes import arrange_boxes, format_shape
from ._cube_slice import QUANTITIES, compute, format_value
from ._trial_layers import has_network, shape_of, trial_layers

DIGITS = 6
NAMELESS = "score"  # the metric of a search that was given one score
CONFUSIONS = {"event": "event_confusion", "record": "confusion"}  # the first is shown


def collect_data(cube, *, input_shape, n_classes, architecture):
    """Collect the content of the page, in types that JSON has.

    Parameters
    ----------
    cube : ResultCube
        The cube.
    input_shape : tuple of int, (n_channels, rows, columns), or None
        Shape of one fingerprint; None is that of the sweep.
    n_classes : int or None
        Number of classes of the networks; None is that of the sweep.
    architecture : dict or None
        Parameters of the catalogue that were the same in all trials.

    Returns
    -------
    dict
        The data. Lists over trials run over the last parameter fastest.
    """
    main = cube.values()
    dims = main.dims
    names = short_names(dims)
    return {
        "parameters": [
            {
                "name": name,
                "short": names[name],
                "values": [format_value(value) for value in main[name].values.tolist()],
            }
            for name in dims
        ],
        "n_trials": main.size,
        "n_folds": cube.dataset.sizes.get("fold", 1),
        "main_metric": cube.main_metric,
        "titles": metric_titles(cube),
        "best": _number_of(main, cube.best()),
        "metrics": {metric: _collect_metric(cube, metric) for metric in cube.metrics},
        "n_parameters": _collect_mean(cube, "n_parameters"),
        "fit_time": _collect_mean(cube, "fit_time"),
        "errors": _collect_errors(cube),
        "confusion": _collect_confusion(cube),
        "history": _collect_history(cube),
        "networks": _collect_networks(cube, input_shape, n_classes, architecture),
    }


def metric_titles(cube):
    """Return the title of each metric, of a nameless one the name of its score."""
    scores = score_names(cube)
    return {
        metric: (scores.get(metric, metric) if metric == NAMELESS else metric).replace(
            "_", " "
        )
        for metric in cube.metrics
    }


def score_names(cube):
    """Return the names of the scores by metric, as far as they were recorded."""
    scoring = cube.provenance.get("scoring")
    names = scoring.get("names") if isinstance(scoring, dict) else None
    return {
        metric: str(names[metric])
        for metric in cube.metrics
        if isinstance(names, dict) and metric in names
    }


def dump_data(data):
    """Return the data as JSON that is safe within a script element."""
    dumped = json.dumps(data, allow_nan=False, separators=(",", ":"))
    # JSON is ASCII here; without these three nothing can end the element
    for character in "<>&":
        dumped = dumped.replace(character, f"\\u{ord(character):04x}")
    return dumped


def _number_of(main, trial):
    """Return the number of a trial."""
    positions = [main[name].values.tolist().index(trial[name]) for name in main.dims]
    return int(np.ravel_multi_index(positions, main.shape))


def _as_list(array):
    """Return nested lists of rounded numbers, None for NaN."""
    if array.ndim > 1:
        return [_as_list(row) for row in array]
    return [
        float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in array
    ]


def _over_trials(cube, array, *inner):
    """Return values of shape (n_trials, ...) with the inner axes in their order."""
    dims = cube.values().dims
    array = array.transpose(*dims, *inner)
    return array.values.reshape(-1, *(array.sizes[name] for name in inner))


def _collect_metric(cube, metric):
    """Collect the quantities of a metric, and its folds."""
    quantities = {
        quantity: _as_list(_over_trials(cube, compute(cube, quantity, metric)))
        for quantity in QUANTITIES
    }
    folds = _over_trials(cube, cube.dataset[metric], "fold")
    return quantities | {"folds": _as_list(folds)}


def _collect_mean(cube, name):
    """Collect the mean over the folds of a variable, None if the cube has none."""
    if name not in cube.dataset:
        return None
    return _as_list(_over_trials(cube, cube.dataset[name].mean("fold")))


def _collect_errors(cube):
    """Map the numbers of failed trials to the first reason."""
    if "error" not in cube.dataset:
        return {}
    errors = _over_trials(cube, cube.dataset["error"], "fold")
    return {
        number: next(str(error) for error in row if error)
        for number, row in enumerate(errors)
        if any(row)
    }


def _collect_folds(cube, name, *inner):
    """Collect per trial and fold a flat list without the missing end, or None."""
    array = _over_trials(cube, cube.dataset[name], "fold", *inner)
    return [
        [
            _as_list(fold[np.isfinite(fold)]) if np.isfinite(fold).any() else None
            for fold in trial
        ]
        for trial in array.reshape(*array.shape[:2], -1)
    ]


def _collect_confusion(cube):
    """Collect the counts by record and by event, if the cube has them."""
    return {
        kind: {
            "classes": [str(label) for label in cube.dataset["true_class"].values],
            "counts": _collect_folds(cube, name, "true_class", "predicted_class"),
        }
        for kind, name in CONFUSIONS.items()
        if name in cube.dataset
    }


def _collect_history(cube):
    """Collect loss and accuracy by epoch, if the cube has them."""
    return {
        quantity: {
            part: _collect_folds(cube, f"{part}_{quantity}", "epoch")
            for part in ("train", "valid")
            if f"{part}_{quantity}" in cube.dataset
        }
        for quantity in ("loss", "accuracy")
        if f"train_{quantity}" in cube.dataset
    }


def _collect_networks(cube, input_shape, n_classes, architecture):
    """Collect the diagrams; boxes that are common to trials are kept once."""
    main = cube.values()
    if not has_network(cube):
        return {"boxes": [], "trials": []}
    boxes, networks = {}, []
    options = {
        "input_shape": input_shape,
        "n_classes": n_classes,
        "architecture": architecture,
    }
    for labels in product(*(main[name].values.tolist() for name in main.dims)):
        trial = dict(zip(main.dims, labels, strict=True))
        networks.append(_collect_network(cube, trial, options, boxes))
    return {"boxes": [list(box) for box in boxes], "trials": networks}


def _collect_network(cube, trial, options, boxes):
    """Collect the diagram of a trial, or the reason why there is none."""
    try:
        layers = trial_layers(cube, trial, **options)
    except ValueError as error:
        return {"reason": str(error)}
    varied = [name.rpartition("__")[2] for name in trial]
    is_known = options["input_shape"] or shape_of(cube, trial)
    rows = [
        [
            boxes.setdefault(
                (box.kind, box.title, box.lines, box.shape, box.n_parameters),
                len(boxes),
            )
            for box in row
        ]
        for row in arrange_boxes(layers, varied)
    ]
    return {
        "rows": rows,
        "total": sum(layers["n_parameters"].tolist()),
        "input": format_shape(layers["input_shape"].iloc[0]),
        "assumed": not is_known,
    }
