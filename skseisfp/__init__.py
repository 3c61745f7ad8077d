"""Seismic event recognition by binary wavelet fingerprints."""

from importlib import import_module

__version__ = "0.1.0"

_EXPORTS = {
    "AdaptiveHighpassFilter": "preprocessing",
    "EventVoteClassifier": "ensemble",
    "FilterAugmenter": "preprocessing",
    "FingerprintClassifier": "neural",
    "FingerprintTransformer": "preprocessing",
    "MultiRepresentationClassifier": "ensemble",
    "MultiViewClassifier": "ensemble",
    "event_train_test_split": "model_selection",
    "load": "_utils.persistence",
    "load_records": "datasets",
    "make_seismograms": "datasets",
    "save": "_utils.persistence",
    "show_versions": "_utils.versions",
}
_SUBMODULES = (
    "baselines",
    "datasets",
    "ensemble",
    "metrics",
    "model_selection",
    "neural",
    "plotting",
    "preprocessing",
    "signal",
)

__all__ = ["__version__", *sorted((*_EXPORTS, *_SUBMODULES))]


def __getattr__(name):
    if name in _EXPORTS:
        value = getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
