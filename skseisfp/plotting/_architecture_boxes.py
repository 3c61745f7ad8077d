"""Boxes of an architecture diagram, for figures and for the report page."""

from dataclasses import dataclass
from typing import Any

N_COLUMNS = 5
TIMES = " \N{MULTIPLICATION SIGN} "
TITLES = {"batch normalization": "batch norm", "relu": "ReLU"}
SQUARE = TIMES.join(["{0}", "{0}"])
PHRASES = {
    "n_filters": "{} filters",
    "filter_size": SQUARE,
    "size": SQUARE,
    "stride": "stride {}",
    "padding": "padding {}",
    "p": "p = {:g}",
}
UNITS = {"size": "{} units"}


@dataclass(frozen=True)
class Box:
    """One layer as it is drawn.

    `lines` are pairs of a string and whether it is of a varied parameter.
    """

    name: str
    kind: str
    title: str
    lines: tuple
    shape: str
    n_parameters: int


def arrange_boxes(layers, varied=()):
    """Return the rows of the diagram: one for each cycle, then fully connected layers.

    Parameters
    ----------
    layers : DataFrame
        Layers as :func:`skseisfp.neural.summarize` tabulates them.
    varied : sequence of str
        Parameters of the catalogue to be marked.

    Returns
    -------
    list of list of Box
        Rows of at most five boxes.
    """
    boxes = [_make_box(layer, varied) for layer in layers.itertuples()]
    # a cycle has as many layers as a row has columns
    return [boxes[k : k + N_COLUMNS] for k in range(0, len(boxes), N_COLUMNS)]


def _make_box(layer: Any, varied):
    """Return the box of a layer, a row of the table."""
    return Box(
        layer.Index,
        layer.kind,
        str(TITLES.get(layer.kind, layer.kind)),
        _describe(layer, varied),
        format_shape(layer.output_shape),
        layer.n_parameters,
    )


def format_shape(shape):
    """Return a shape as a string with multiplication signs."""
    return TIMES.join(str(length) for length in shape)


def _describe(layer, varied):
    """Return a string for each setting of a layer, and whether it was varied."""
    phrases = PHRASES | UNITS if layer.kind == "fully connected" else PHRASES
    return tuple(
        (phrases[setting].format(value), _parameter(layer.Index, setting) in varied)
        for setting, value in layer.settings.items()
    )


def _parameter(layer, setting):
    """Return the parameter of the catalogue that is a setting of a layer."""
    if layer.startswith("hidden_dropout"):
        return "hidden_dropout_p"
    return "hidden_sizes" if layer.startswith("hidden") else f"{layer}_{setting}"
