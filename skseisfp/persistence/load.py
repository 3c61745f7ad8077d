"""Fitted estimators from files, whoever has written these."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any

from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from .._utils.optional import import_optional
from ._fitted_state import check_state
from ._members import (
    DamagedFileError,
    LargeFileError,
    Members,
    check_sparse_matrices,
    read_members,
)
from ._note import check_format, compare_versions, read_note
from ._parameter_changes import replace_schema, with_parameters_of_today
from ._schema import check_calls, parse_schema, tree_states
from ._trees import check_tree
from ._trust import PACKAGE, is_own, names_of, trusted_names, with_new_homes


def load(
    path: str | PathLike[str],
    *,
    trusted: Iterable[str | type] = (),
    max_bytes: int = 2**31,
) -> Any:
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
    max_bytes : int in [1, inf), default=2147483648
        Largest memory that the file may take when it is read, in bytes: its arrays, and
        32 bytes for each of its schema. The default, 2 GiB, is enough for a forest of
        a thousand deep trees. Nothing larger is allocated.

    Returns
    -------
    estimator
        The fitted estimator.

    Raises
    ------
    ValueError
        If the file was not written by `save`, was damaged or changed, has a later
        format, needs more memory than `max_bytes`, holds types that are not trusted, or
        parameters that their class does not know; the message names the file and the
        reason.
    OSError
        If the file cannot be opened.
    ImportError
        If skops is not installed.

    Warns
    -----
    UserWarning
        If a package in use has another release (major or minor version) than when the
        file was written: predictions may differ.
    MissingParameterWarning
        If a class has a parameter that the file lacks, and declares no value for it
        that does what the class did before.

    See Also
    --------
    save : Save a fitted estimator.

    Notes
    -----
    In addition to what skops trusts, the following types are trusted: the estimators
    and modules of this package, and the splitters, scorers, plans and rules for `refit`
    that its searches hold; of scikit-learn the parts of calibrated classifiers, the
    splitters, the scorers with the metrics that have a name for `scoring`, ``Tree`` and
    ``TreePredictor``; of torch
    ``CrossEntropyLoss`` and the optimizers ``Adam``, ``AdamW`` and ``SGD``; and paths,
    as `store` may be one.

    What compiled code relies on is checked before it is used: the sizes of arrays; in
    trees the children, features and thresholds; the arrays of gradient boosting,
    support vectors, nearest neighbours and clusters against each other; indices of
    sparse matrices; states of random numbers; shapes of the weights of networks. An
    attribute must not hide a method. None of it protects from a model that predicts
    what its author wanted.

    Parameters that a class of this package has gained since the file was written take
    the value that the class declares to do what it did before, else their defaults.

    A search comes back with the path of its store, which only a new `fit` opens.

    Examples
    --------
    >>> import skseisfp
    >>> pipeline = skseisfp.load("event_nature.skops")  # doctest: +SKIP
    >>> pipeline.predict(new_records)  # doctest: +SKIP
    """
    skops_io = import_optional("skops.io", extra="deploy")
    named = names_of(trusted)
    check_scalar(max_bytes, "max_bytes", Integral, min_val=1)
    path = Path(path)
    with _named_damage(path):
        members = read_members(path, int(max_bytes))
        note = read_note(members.note)
    check_format(path, note)
    allowed = _check_types(path, members := _moved(members), named, skops_io)
    compare_versions(path, note["versions"])
    version = note["versions"][PACKAGE]
    members = with_parameters_of_today(path, members, version, skops_io)
    with _named_damage(path):
        estimator = skops_io.loads(members.data, trusted=sorted(allowed))
        if not hasattr(estimator, "fit"):
            raise DamagedFileError(f"it holds a {type(estimator).__name__}")
        check_state(estimator)
        check_is_fitted(estimator)
    return estimator


@contextmanager
def _named_damage(path):
    """Let whatever goes wrong with a file name it."""
    try:
        yield
    except Warning:
        raise
    except LargeFileError as error:
        raise ValueError(str(error)) from None
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise ValueError(
            f"{path} was not written by skseisfp.save, or was changed since: "
            f"{kind}{error}"
        ) from error


def _check_types(path, members, named, skops_io):
    """Check the schema of a file; return the names of the types that it may make."""
    with _named_damage(path):
        nodes = parse_schema(members, skops_io)
        check_sparse_matrices(members)
        found = set(skops_io.get_untrusted_types(data=members.data))
        own = {name for name in found if is_own(name)}
    allowed = own | trusted_names() | named
    unknown = sorted(found - allowed)
    if unknown:
        raise ValueError(
            f"{path} holds types that are not trusted: {', '.join(unknown)}. If you "
            f"know them and trust the origin of the file, load it with "
            f"trusted={unknown}."
        )
    with _named_damage(path):
        check_calls(nodes, allowed - named)
        for arguments, state in tree_states(members, nodes, skops_io):
            check_tree(arguments, state)
    return allowed


def _moved(members: Members) -> Members:
    """Return a file in which classes are named by the modules where they are now."""
    schema = with_new_homes(members.schema)
    return members if schema == members.schema else replace_schema(members, schema)
