"""A digest of values: equal for equal values, whatever their layout in memory."""

from __future__ import annotations

import functools
import hashlib
import math
import struct
import sys
from collections.abc import Iterator
from numbers import Integral, Real
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator

from .digest_code import class_parts, code_parts, function_parts
from .versions import installed_version

PACKAGES = ("skseisfp", "numpy", "scipy", "scikit-learn", "skorch", "torch", "numba")
# Kept by `clone` in addition to the parameters.
KEPT_BY_CLONE = ("_metadata_request", "_sklearn_output_config")
# Parameters of estimators that change what is printed, and no result.
WITHOUT_EFFECT = {"verbose"}

CACHED = type(functools.cache(lambda: None))
# Long to take a digest of, and used by many candidates.
MEMORIZED = (FunctionType, type, np.ndarray, pd.DataFrame)


def digest(*values: Any, memo: dict | None = None) -> str:
    """Return a hexadecimal digest of values.

    Parameters
    ----------
    *values : object
        Numbers, strings, containers, arrays, tensors, tables, estimators, functions
        and what pickle can reduce to them. Python's and NumPy's scalars count alike,
        so do C and Fortran order, and equal strings in arrays of any type. Functions
        and classes of the user count by what they do, see `digest_code`; estimators by
        their class and parameters, except `verbose`, and by all that `clone` keeps: a
        frozen one, and one in a bound method or a partial function, by its fitted
        state. A class with a method ``_digested_params`` returns by it its parameters
        as far as its results depend on them.
    memo : dict, default=None
        Digests of functions, classes and arrays that several calls share; it keeps
        them alive, and they must not change meanwhile.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    TypeError
        If a value cannot be reduced to such parts.
    """
    return _Hasher(memo={} if memo is None else memo).add(list(values)).hexdigest()


def environment() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = {name: installed_version(name) for name in PACKAGES}
    return {"python": python} | {name: v for name, v in versions.items() if v}


class _Hasher:
    """A hash of values, each with the tag of its kind."""

    def __init__(self, parents=(), *, memo, frozen=False):
        self._hash = hashlib.blake2b(digest_size=16)
        self._parents = list(parents)
        self._memo = memo
        self._frozen = frozen  # whether the state of estimators counts
        self._reach = math.inf  # place of the outermost parent that a cycle leads to

    def hexdigest(self):
        return self._hash.hexdigest()

    def add(self, value):
        for place, parent in enumerate(self._parents):
            if value is parent:
                self._reach = min(self._reach, place)
                return self._feed("cycle")
        self._parents.append(value)
        if isinstance(value, MEMORIZED):
            self._add_memorized(value)
        else:
            self._dispatch(value)
        self._parents.pop()
        return self

    def _add_memorized(self, value):
        """Add the digest of a value, which is known if it was seen before.

        Within a cycle that leads out of the value the digest depends on where the
        value was met, and is not kept.
        """
        if id(value) in self._memo:
            return self._feed("digest", self._memo[id(value)][1])
        inner = self._child()
        inner._dispatch(value)
        found = inner.hexdigest()
        if inner._reach >= len(self._parents) - 1:
            self._memo[id(value)] = value, found
        self._reach = min(self._reach, inner._reach)
        return self._feed("digest", found)

    def _child(self, *, frozen=False):
        frozen = frozen or self._frozen
        return _Hasher(self._parents, memo=self._memo, frozen=frozen)

    def _feed(self, tag, content: str | bytes | memoryview = b""):
        content = content.encode() if isinstance(content, str) else content
        self._hash.update(f"{tag}:{len(content)}:".encode())
        self._hash.update(content)
        return self

    def _dispatch(self, value):
        if value is None or isinstance(value, (bool, np.bool_)):
            self._feed("constant", str(value))
        elif isinstance(value, str):
            self._feed("text", str(value).encode("utf-8", "surrogatepass"))
        elif isinstance(value, (bytes, bytearray)):
            self._feed("bytes", bytes(value))
        elif isinstance(value, Integral):
            self._feed("integer", str(int(value)))
        elif isinstance(value, Real) and isinstance(value, (float, np.floating)):
            self._feed("float", struct.pack("<d", value + 0.0))
        elif isinstance(value, (complex, np.complexfloating)):
            self._feed("complex", struct.pack("<dd", value.real, value.imag))
        else:
            self._add_object(value)

    def _add_object(self, value):
        if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
            self._add_sequence(type(value).__name__, value)
        elif isinstance(value, dict):
            self._add_unordered(type(value).__name__, value.items())
        elif isinstance(value, (set, frozenset)):
            self._add_unordered("set", value)
        elif isinstance(value, np.ndarray):
            self._add_array(value)
        elif isinstance(value, (pd.Series, pd.Index, pd.DataFrame)):
            self._add_table(value)
        elif sparse.issparse(value):
            self._add_sparse(value)
        elif _is_tensor(value):
            self._add_tensor(value)
        elif isinstance(value, type):
            self._add_sequence("class", class_parts(value))
        elif isinstance(value, ModuleType):
            self._feed("module", value.__name__)
        elif isinstance(value, CodeType):
            self._add_sequence("code", code_parts(value))
        elif callable(value) and self._add_function(value):
            pass
        elif hasattr(value, "get_params"):
            self._add_estimator(value)
        else:
            self._add_reduced(value)

    def _add_sequence(self, tag, values):
        values = list(values)
        self._feed(tag, str(len(values)))
        for value in values:
            self.add(value)

    def _add_unordered(self, tag, values):
        parts = []
        for value in values:
            inner = self._child().add(value)
            self._reach = min(self._reach, inner._reach)
            parts.append(inner.hexdigest())
        self._add_sequence(tag, sorted(parts))

    def _add_array(self, array):
        if np.ma.isMaskedArray(array):
            self._feed("masked")
            self._add_array(np.ma.getmaskarray(array))
            array = array.filled()
        if array.dtype.kind in "OUST":
            self._feed("array", str(array.shape))
            self._add_sequence("items", array.ravel().tolist())
            return
        array = np.ascontiguousarray(array)
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        self._feed("array", f"{array.dtype.str}{array.dtype.names}{array.shape}")
        self._feed("items", array.reshape(-1).view(np.uint8).data)

    def _add_tensor(self, tensor):
        uint8 = sys.modules["torch"].uint8
        values = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
        self._feed("tensor", f"{tensor.dtype}{tensor.device.type}")
        self._feed("shape", f"{tuple(values.shape)}{tensor.requires_grad}")
        self._feed("items", values.reshape(-1).view(uint8).numpy().data)

    def _add_table(self, table):
        if isinstance(table, pd.DataFrame):
            self._feed("table", str(table.shape))
            self._add_table(table.columns)
            columns = [table.iloc[:, place] for place in range(table.shape[1])]
        else:
            self._feed("column")
            self.add(table.name)
            columns = [table]
        if not isinstance(table, pd.Index):
            self._add_table(table.index)
        for column in columns:
            self._add_array(np.asarray(column))

    def _add_sparse(self, matrix):
        matrix = sparse.csr_array(matrix).copy()
        matrix.sum_duplicates()
        self._feed("sparse", str(matrix.shape))
        for part in (matrix.indptr, matrix.indices):
            self._add_array(part.astype(np.int64))
        self._add_array(matrix.data)

    def _add_function(self, function):
        """Add a function by what it does; return whether it is one."""
        if isinstance(function, functools.partial):
            self._feed("partial")
            self._add_whole([function.func, function.args, function.keywords])
        elif isinstance(function, MethodType):
            self._feed("method", function.__name__)
            self._add_whole([function.__self__, function.__func__])
        elif isinstance(function, FunctionType):
            self._add_sequence("function", function_parts(function))
        elif isinstance(function, CACHED):
            self._feed("cached")
            self.add(function.__wrapped__)
        elif isinstance(function, (BuiltinFunctionType, np.ufunc)):
            module = getattr(function, "__module__", None)
            self._feed("builtin", f"{module}.{function.__name__}")
            self.add(getattr(function, "__self__", None))
        else:
            return False
        return True

    def _add_whole(self, parts):
        """Add what `clone` copies as it is, estimators in it with fitted state."""
        outside, self._frozen = self._frozen, True
        self.add(parts)
        self._frozen = outside

    def _add_estimator(self, estimator):
        """Add what `clone` keeps of an estimator; of a frozen one all of its state."""
        self.add(type(estimator))
        if self._frozen:
            self.add(estimator.__reduce_ex__(4)[2])
            return
        if _clones_itself(estimator):
            inner = self._child(frozen=True).add(vars(estimator))
            self._feed("frozen", inner.hexdigest())
            return
        own = getattr(type(estimator), "_digested_params", None)
        params = own(estimator) if own else estimator.get_params(deep=False)
        self.add({name: params[name] for name in params.keys() - WITHOUT_EFFECT})
        for name in KEPT_BY_CLONE:
            if hasattr(estimator, name):
                self._feed("kept", name)
                self.add(getattr(estimator, name))

    def _add_reduced(self, value):
        if isinstance(value, (np.generic,)):
            self._add_array(np.asarray(value))
            return
        try:
            reduced = value.__reduce_ex__(4)
        except Exception as error:
            raise TypeError(
                f"A {type(value).__name__} has no digest, by which a store of results "
                "distinguishes values: it cannot be pickled."
            ) from error
        if isinstance(reduced, str):
            self._feed("global", f"{type(value).__module__}.{reduced}")
            return
        maker, arguments, *state = reduced
        self._feed("object")
        self.add([maker, arguments])
        for part in state:
            self.add(list(part) if isinstance(part, Iterator) else part)


def _is_tensor(value):
    """Return whether a value is a tensor of torch, without loading torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _clones_itself(estimator):
    """Return whether an estimator has its own way of cloning, as a frozen one has."""
    own = getattr(type(estimator), "__sklearn_clone__", None)
    return own is not None and own is not BaseEstimator.__sklearn_clone__
