"""Seismic event recognition by binary wavelet fingerprints."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for editors; at run time names are imported when they are used
    from . import (
        archive,
        baselines,
        cli,
        datasets,
        ensemble,
        events,
        inference,
        io,
        metrics,
        model_selection,
        neural,
        persistence,
        plotting,
        preprocessing,
        signal,
        sweep,
    )
    from ._utils.versions import show_versions
    from .datasets import load_records, make_seismograms
    from .ensemble import (
        EventVoteClassifier,
        MultiRepresentationClassifier,
        MultiViewClassifier,
    )
    from .events import attach_events
    from .model_selection import event_train_test_split
    from .neural import FingerprintClassifier
    from .persistence import load, save
    from .preprocessing import (
        AdaptiveHighpassFilter,
        FilterAugmenter,
        FingerprintTransformer,
    )

__version__ = "0.1.0"

_HOMES = {
    "AdaptiveHighpassFilter": "preprocessing",
    "EventVoteClassifier": "ensemble",
    "FilterAugmenter": "preprocessing",
    "FingerprintClassifier": "neural",
    "FingerprintTransformer": "preprocessing",
    "MultiRepresentationClassifier": "ensemble",
    "MultiViewClassifier": "ensemble",
    "attach_events": "events",
    "event_train_test_split": "model_selection",
    "load": "persistence",
    "load_records": "datasets",
    "make_seismograms": "datasets",
    "save": "persistence",
    "show_versions": "_utils.versions",
}

__all__ = [
    "AdaptiveHighpassFilter",
    "EventVoteClassifier",
    "FilterAugmenter",
    "FingerprintClassifier",
    "FingerprintTransformer",
    "MultiRepresentationClassifier",
    "MultiViewClassifier",
    "__version__",
    "archive",
    "attach_events",
    "baselines",
    "cli",
    "datasets",
    "ensemble",
    "event_train_test_split",
    "events",
    "inference",
    "io",
    "load",
    "load_records",
    "make_seismograms",
    "metrics",
    "model_selection",
    "neural",
    "persistence",
    "plotting",
    "preprocessing",
    "save",
    "show_versions",
    "signal",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    from ._utils.names import missing_attribute

    raise missing_attribute(__name__, name, _hint(name))


def _hint(name):
    """Return a hint at the name that is meant, or nothing."""
    if name.startswith("_"):
        return ""
    from ._utils.names import nearest

    homes = _homes()
    if name in homes:
        return f" It is {homes[name]}.{name}."
    found = nearest(name, [*__all__, *homes])
    if found in __all__ or not found:
        return f" Did you mean {found!r}?" if found else ""
    return f" Did you mean {homes[found]}.{found}?"


def _homes():
    """Return the subpackages by the names that they export, without importing any."""
    return {
        alias.asname or alias.name: f"{__name__}.{file.parent.name}"
        for file in Path(__file__).parent.glob("*/__init__.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if not (alias.asname or alias.name).startswith("_")
    }


def __dir__() -> list[str]:
    return __all__
