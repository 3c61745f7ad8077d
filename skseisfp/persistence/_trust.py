"""Types that a file may name, and where modules are that have moved since."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from types import FunctionType

from .._compat import score_function

PACKAGE = __name__.partition(".")[0]
# Types of other packages; of this package all that public modules define, see `is_own`
TRUSTED_TYPES = frozenset(
    {
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.calibration._TemperatureScaling",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.metrics._scorer._PassthroughScorer",
        "sklearn.metrics._scorer._Scorer",
        "sklearn.model_selection._split.GroupKFold",
        "sklearn.model_selection._split.GroupShuffleSplit",
        "sklearn.model_selection._split.KFold",
        "sklearn.model_selection._split.LeaveOneGroupOut",
        "sklearn.model_selection._split.LeaveOneOut",
        "sklearn.model_selection._split.LeavePGroupsOut",
        "sklearn.model_selection._split.LeavePOut",
        "sklearn.model_selection._split.PredefinedSplit",
        "sklearn.model_selection._split.RepeatedKFold",
        "sklearn.model_selection._split.RepeatedStratifiedKFold",
        "sklearn.model_selection._split.ShuffleSplit",
        "sklearn.model_selection._split.StratifiedGroupKFold",
        "sklearn.model_selection._split.StratifiedKFold",
        "sklearn.model_selection._split.StratifiedShuffleSplit",
        "sklearn.model_selection._split.TimeSeriesSplit",
        "sklearn.model_selection._split._CVIterableWrapper",
        "sklearn.tree._tree.Tree",
        "torch.nn.modules.loss.CrossEntropyLoss",
        "torch.optim.adam.Adam",
        "torch.optim.adamw.AdamW",
        "torch.optim.sgd.SGD",
    }
)
# subpackage whose functions may be in a file, as the metrics of scorers are
OWN_FUNCTIONS = "metrics"
# subpackages no class of which is a part of an estimator; theirs write files
CLOSED = {"archive", "persistence", "plotting"}
# new names of modules by those in files that were written before they moved
MOVED_MODULES = {
    "baselines._capsules": "baselines.capsules",
    "baselines._features": "baselines.features",
    "baselines._two_step": "baselines.two_step",
    "baselines.after_hakim_2023": "baselines.by_description.after_hakim_2023",
    "baselines.after_koper_2024": "baselines.by_description.after_koper_2024",
    "baselines.after_linville_2019": "baselines.reconstructed.after_linville_2019",
    "baselines.after_ren_2019": "baselines.by_description.after_ren_2019",
    "baselines.after_saad_2024": "baselines.by_description.after_saad_2024",
    "baselines.after_tian_2022": "baselines.by_description.after_tian_2022",
    "baselines.after_trova_mlp": "baselines.by_description.after_trova_mlp",
    "baselines.after_ulyanov_2021": "baselines.by_description.after_ulyanov_2021",
    "baselines.after_wang_2023": "baselines.by_description.after_wang_2023",
    "baselines.after_yue_2023": "baselines.by_description.after_yue_2023",
    "baselines.after_zhou_2021": "baselines.by_description.after_zhou_2021",
    "baselines.alex_net_image": "baselines.reconstructed.alex_net_image",
    "baselines.array_conv_net": "baselines.exact.array_conv_net",
    "baselines.conv_net_quake": "baselines.exact.conv_net_quake",
    "baselines.ertuncay_cnn": "baselines.exact.ertuncay_cnn",
    "baselines.hainan_cnn": "baselines.reconstructed.hainan_cnn",
    "baselines.kong_cnn": "baselines.exact.kong_cnn",
    "baselines.linville_lstm": "baselines.reconstructed.linville_lstm",
    "baselines.miao_ann": "baselines.exact.miao_ann",
    "baselines.quake_x_net_2d": "baselines.exact.quake_x_net_2d",
    "baselines.trova_cnn": "baselines.exact.trova_cnn",
    "baselines.upc_ucv": "baselines.exact.upc_ucv",
    "model_selection.experiment_plan": "sweep.experiment_plan",
    "model_selection.refit_policies": "sweep.refit_policies",
    "model_selection.staged_search_cv": "sweep.staged_search_cv",
    "model_selection.sweep_search_cv": "sweep.sweep_search_cv",
    "preprocessing.waveform_reader": "io.waveform_reader",
}


def is_own(name):
    """Return whether a public module of this package defines a class of that name.

    Of functions only metrics count, and no class that writes files. Nothing is called
    to find out, and no module of another package is imported.
    """
    module, _, item = name.rpartition(".")
    package, *inner = module.split(".")
    if package != PACKAGE or any(part.startswith("_") for part in [*inner, item]):
        return False
    if inner[:1] and inner[0] in CLOSED:
        return False
    try:
        found = getattr(import_module(module), item, None)
    except ImportError:
        return False
    is_metric = isinstance(found, FunctionType) and inner[:1] == [OWN_FUNCTIONS]
    is_known = isinstance(found, type) or is_metric
    return is_known and found.__module__ == module


@cache
def trusted_names():
    """Return the names of trusted types, of named metrics and of paths."""
    from sklearn.metrics import get_scorer, get_scorer_names

    metrics = {score_function(get_scorer(name)) for name in get_scorer_names()}
    return TRUSTED_TYPES | names_of({type(Path()), *metrics})


def names_of(types):
    """Return the full names of types."""
    if types is True or isinstance(types, str):
        raise TypeError(
            f"trusted must be a sequence of types or of their names; got {types!r}."
        )
    return {
        name if isinstance(name, str) else f"{name.__module__}.{name.__qualname__}"
        for name in types
    }


def with_new_homes(schema):
    """Return a schema in which classes are named by the modules where they are now."""
    for old, new in MOVED_MODULES.items():
        old, new = (f'"{PACKAGE}.{name}"' for name in (old, new))
        schema = schema.replace(f'"__module__": {old}', f'"__module__": {new}')
    return schema
