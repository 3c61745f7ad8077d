"""Fitted estimators to files."""

from __future__ import annotations

import io
import json
from os import PathLike
from typing import Any
from zipfile import ZipFile

from sklearn.utils.validation import check_is_fitted

from .._utils.atomic import write_file
from .._utils.optional import import_optional
from ._members import NOTE, SCHEMA
from ._note import FORMAT, versions_used
from ._trust import is_own, trusted_names


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
        schema = archive.read(SCHEMA).decode()
        note: dict[str, Any] = {"format": FORMAT, "versions": versions_used(schema)}
        if hasattr(estimator, "model_card"):
            note["model_card"] = estimator.model_card()
        archive.writestr(NOTE, json.dumps(note, indent=2))
    write_file(path, buffer.getvalue())


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
    if {name for name in untrusted if not is_own(name)} - trusted_names():
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
