"""Fitted estimators in files that run no foreign code when they are read."""

from __future__ import annotations

import io
import json
import os
import warnings
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from os import PathLike
from pathlib import Path
from types import FunctionType
from typing import Any
from uuid import uuid4
from zipfile import BadZipFile, ZipFile

from sklearn.utils.validation import check_is_fitted

from ._compat import score_function
from ._utils.optional import import_optional
from ._utils.versions import installed_version

__all__ = ["load", "save"]

FORMAT = 1  # of files; raised by a change that older versions cannot read
NOTE = "skseisfp.json"  # member of the file that holds format and versions
# Types of other packages; of this package all that public modules define, see `_is_own`
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
USED_WITH = {  # distributions by a module whose types need them
    "skseisfp": "skseisfp",
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "torch": "torch",
    f"{__package__}.neural": "skorch",
}


def save(estimator: Any, path: str | PathLike[str]) -> None:
    """Save a fitted estimator, a pipeline for example.

    The file is a zip archive of arrays and of names of types, written by skops [1]_
    (extra ``deploy``); it appears under its name only when it is complete.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator.
    path : str or path-like
        The file; an old one is replaced.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it holds what cannot be read back from a file: a lambda, a function or class
        defined within another, a generator as `cv`, a table of pandas.
    ImportError
        If skops is not installed.

    See Also
    --------
    load : Load it again.

    References
    ----------
    .. [1] https://skops.readthedocs.io/en/stable/persistence.html

    Examples
    --------
    >>> import skseisfp
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.ensemble import ExtraTreesClassifier
    >>> from tempfile import TemporaryDirectory
    >>> X, y = make_classification(random_state=0)
    >>> trees = ExtraTreesClassifier(10, random_state=0).fit(X, y)
    >>> with TemporaryDirectory() as folder:
    ...     skseisfp.save(trees, f"{folder}/trees.skops")
    ...     again = skseisfp.load(f"{folder}/trees.skops")
    >>> (again.predict_proba(X) == trees.predict_proba(X)).all()
    np.True_
    """
    skops_io = import_optional("skops.io", extra="deploy")
    check_is_fitted(estimator)
    buffer = io.BytesIO(_dump(estimator, skops_io))
    with ZipFile(buffer, "a") as archive:
        schema = archive.read("schema.json").decode()
        note = {"format": FORMAT, "versions": _versions_used(schema)}
        archive.writestr(NOTE, json.dumps(note, indent=2))
    _write_atomically(Path(path), buffer.getbuffer())


def load(path: str | PathLike[str], *, trusted: Iterable[str | type] = ()) -> Any:
    """Load an estimator that `save` has written.

    A file can name any type of any package, and creating an object of it can run any
    code. So only the types are loaded that pipelines and searches of this package need:
    its own estimators, splitters, scorers and plans, the types of scikit-learn, NumPy
    and SciPy that skops trusts, and a short list of further ones of scikit-learn and
    torch. Any other type raises an error, before any object is created, unless you name
    it.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : sequence of str or type, default=()
        Further types that may be loaded, by full name or as such. Trust only types that
        you know, in files whose origin you trust.

    Returns
    -------
    estimator
        The fitted estimator.

    Raises
    ------
    ValueError
        If the file was not written by `save`, has a later format, or holds types that
        are not trusted; the message names them.
    ImportError
        If skops is not installed.

    Warns
    -----
    UserWarning
        If a package in use has another release (major or minor version) than when the
        file was written: predictions may differ.

    See Also
    --------
    save : Save a fitted estimator.

    Notes
    -----
    In addition to what skops trusts, the following types are trusted: the estimators
    and modules of this package, and the splitters, scorers, plans and rules for `refit`
    that its searches hold; of scikit-learn the parts of calibrated classifiers, the
    splitters, the scorers with the metrics that have a name for `scoring`, ``Tree`` and
    ``TreePredictor``, although a forged tree can crash the interpreter; of torch
    ``CrossEntropyLoss`` and the optimizers ``Adam``, ``AdamW`` and ``SGD``; and paths,
    as `store` may be one.

    A search comes back with the path of its store, which only a new `fit` opens.

    Examples
    --------
    >>> import skseisfp
    >>> pipeline = skseisfp.load("event_nature.skops")  # doctest: +SKIP
    >>> pipeline.predict(new_records)  # doctest: +SKIP
    """
    skops_io = import_optional("skops.io", extra="deploy")
    path = Path(path)
    data = path.read_bytes()
    note = _read_note(path, data)
    data = _with_new_homes(data)
    named = set(skops_io.get_untrusted_types(data=data))
    own = {name for name in named if _is_own(name)}
    allowed = own | _trusted_names() | _names_of(trusted)
    unknown = sorted(named - allowed)
    if unknown:
        raise ValueError(
            f"{path} holds types that are not trusted: {', '.join(unknown)}. If you "
            f"know them and trust the origin of the file, load it with "
            f"trusted={unknown}."
        )
    _compare_versions(path, note["versions"])
    return skops_io.loads(data, trusted=sorted(allowed))


def _dump(estimator, skops_io):
    """Return an estimator as skops writes it; raise if it could not be read back."""
    try:
        return _dump_to_read(estimator, skops_io)
    except Exception as error:
        raise TypeError(
            f"{type(estimator).__name__} cannot be saved: "
            f"{_unreadable_part(estimator, skops_io)} cannot be read back from a file "
            f"({error}). Functions and classes must be defined at the top of a module, "
            "not as a lambda; cv must be a splitter or a list of folds, not a "
            "generator; tables must be arrays, see Series.to_numpy()."
        ) from error


def _dump_to_read(value, skops_io):
    """Return a value as skops writes it, read once where it has foreign types."""
    data = skops_io.dumps(value)
    untrusted = skops_io.get_untrusted_types(data=data)
    if {name for name in untrusted if not _is_own(name)} - _trusted_names():
        skops_io.loads(data, trusted=untrusted)
    return data


def _unreadable_part(estimator, skops_io):
    """Return the name of the innermost parameter that cannot be read back."""
    part = "an attribute of it"
    for name, value in sorted(estimator.get_params(deep=True).items()):
        try:
            _dump_to_read(value, skops_io)
        except Exception:
            part = f"its parameter {name}"
    return part


def _is_own(name):
    """Return whether a public module of this package defines a class of that name.

    Of functions only metrics count. Nothing is called to find out, and no module of
    another package is imported.
    """
    module, _, item = name.rpartition(".")
    package, *inner = module.split(".")
    if package != __package__ or any(part.startswith("_") for part in [*inner, item]):
        return False
    try:
        found = getattr(import_module(module), item, None)
    except ImportError:
        return False
    is_metric = isinstance(found, FunctionType) and inner[:1] == [OWN_FUNCTIONS]
    is_known = isinstance(found, type) or is_metric
    return is_known and found.__module__ == module


def _with_new_homes(data):
    """Return a file in which classes are named by the modules where they are now."""
    with ZipFile(io.BytesIO(data)) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    schema = content["schema.json"].decode()
    for old, new in MOVED_MODULES.items():
        old, new = (f'"{__package__}.{name}"' for name in (old, new))
        schema = schema.replace(f'"__module__": {old}', f'"__module__": {new}')
    if schema.encode() == content["schema.json"]:
        return data
    content["schema.json"] = schema.encode()
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return buffer.getvalue()


@cache
def _trusted_names():
    """Return the names of trusted types, of named metrics and of paths."""
    from sklearn.metrics import get_scorer, get_scorer_names

    metrics = {score_function(get_scorer(name)) for name in get_scorer_names()}
    return TRUSTED_TYPES | _names_of({type(Path()), *metrics})


def _versions_used(schema):
    """Return the versions of the distributions whose types a file names."""
    used = {
        distribution
        for module, distribution in USED_WITH.items()
        if f'"__module__": "{module}.' in schema
        or f'"__module__": "{module}"' in schema
    }
    return {name: installed_version(name) for name in sorted(used | {"skseisfp"})}


def _write_atomically(path, content):
    """Write a temporary file and move it to its place when it is complete."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _read_note(path, data):
    """Return format and versions that `save` noted in a file; raise for other files."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            note = json.loads(archive.read(NOTE))
        written_by = note["versions"]["skseisfp"]
        later = note["format"] > FORMAT
    except (BadZipFile, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} was not written by skseisfp.save.") from error
    if later:
        raise ValueError(
            f"{path} was written by skseisfp {written_by} in a later format than this "
            f"version can read; upgrade skseisfp."
        )
    return note


def _names_of(types):
    """Return the full names of types."""
    if types is True or isinstance(types, str):
        raise TypeError(
            f"trusted must be a sequence of types or of their names; got {types!r}."
        )
    return {
        name if isinstance(name, str) else f"{name.__module__}.{name.__qualname__}"
        for name in types
    }


def _compare_versions(path, versions):
    """Warn of packages that have another release now."""
    changed = []
    for name, then in versions.items():
        now = installed_version(name)
        if now is not None and _release(now) != _release(then):
            changed.append(f"{name} {then} (now {now})")
    if changed:
        warnings.warn(
            f"{path} was written with {', '.join(changed)}; predictions may differ.",
            stacklevel=3,
        )


def _release(version):
    """Return the major and minor version."""
    return version.split(".")[:2]
