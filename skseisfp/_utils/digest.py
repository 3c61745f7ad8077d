"""A digest of values: equal for equal values, whatever their layout in memory."""

from __future__ import annotations

import functools
import hashlib
import struct
import sys
from collections.abc import Iterator
from numbers import Complex, Integral, Real
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .versions import installed_version

PACKAGES = ("skseisfp", "numpy", "scipy", "scikit-learn", "skorch", "torch")


def digest(*values: Any) -> str:
    """Return a hexadecimal digest of values.

    Parameters
    ----------
    *values : object
        Numbers, strings, containers, arrays, tables, estimators, functions and what
        pickle can reduce to them. Scalars of Python and NumPy count alike, so do C and
        Fortran order, and equal strings in arrays of any type. Functions count by their
        code, estimators by their class and parameters.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    TypeError
        If a value cannot be reduced to such parts.
    """
    return _Hasher().add(list(values)).hexdigest()


def environment() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = {name: installed_version(name) for name in PACKAGES}
    return {"python": python} | {name: v for name, v in versions.items() if v}


class _Hasher:
    """A hash of values, each with the tag of its kind."""

    def __init__(self, parents=()):
        self._hash = hashlib.blake2b(digest_size=16)
        self._parents = list(parents)

    def hexdigest(self):
        return self._hash.hexdigest()

    def add(self, value):
        if any(value is parent for parent in self._parents):
            return self._feed("cycle")
        self._parents.append(value)
        self._dispatch(value)
        self._parents.pop()
        return self

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
        elif isinstance(value, Complex) and isinstance(value, (complex, np.complex128)):
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
        elif isinstance(value, type):
            self._add_class(value)
        elif isinstance(value, ModuleType):
            self._feed("module", value.__name__)
        elif isinstance(value, CodeType):
            self._add_code(value)
        elif callable(value) and self._add_function(value):
            pass
        elif get_params := getattr(value, "get_params", None):
            self.add(type(value))
            self.add(get_params(deep=False))
        else:
            self._add_reduced(value)

    def _add_sequence(self, tag, values):
        values = list(values)
        self._feed(tag, str(len(values)))
        for value in values:
            self.add(value)

    def _add_unordered(self, tag, values):
        parts = [_Hasher(self._parents).add(value).hexdigest() for value in values]
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

    def _add_class(self, item):
        self._feed("class", f"{item.__module__}.{item.__qualname__}")
        if item.__module__ == "__main__":
            methods = {
                name: part
                for name, part in vars(item).items()
                if isinstance(part, (FunctionType, staticmethod, classmethod))
            }
            self._add_unordered("methods", methods.items())

    def _add_function(self, function):
        """Add a function by its code; return whether it is one."""
        if isinstance(function, functools.partial):
            self._feed("partial")
            self.add([function.func, function.args, function.keywords])
        elif isinstance(function, MethodType):
            self._feed("method", function.__name__)
            self.add([function.__self__, function.__func__])
        elif isinstance(function, FunctionType):
            self._feed("function", f"{function.__module__}.{function.__qualname__}")
            self.add(function.__code__)
            if not _is_importable(function):
                self._add_bindings(function)
        elif isinstance(function, (BuiltinFunctionType, np.ufunc)):
            module = getattr(function, "__module__", None)
            self._feed("builtin", f"{module}.{function.__name__}")
            self.add(getattr(function, "__self__", None))
        else:
            return False
        return True

    def _add_bindings(self, function):
        cells = function.__closure__ or ()
        self.add([function.__defaults__, function.__kwdefaults__])
        self._add_sequence("closure", [cell.cell_contents for cell in cells])

    def _add_code(self, code):
        self._feed("code", code.co_code)
        self.add([code.co_names, code.co_varnames, code.co_consts])

    def _add_reduced(self, value):
        if isinstance(value, (staticmethod, classmethod)):
            self.add(value.__func__)
            return
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


def _is_importable(function):
    """Return whether a function is found in its module under its name."""
    item = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        item = getattr(item, name, None)
    return item is function and function.__module__ != "__main__"
