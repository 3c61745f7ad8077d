"""Values of parameters and arrays that a caller should not give, by their names."""

from pathlib import Path

import numpy as np
import pandas as pd

VALUES = {
    "none": None,
    "true": True,
    "zero": 0,
    "one": 1,
    "minus one": -1,
    "seven": 7,
    "a million": 10**6,
    "2**31": 2**31,
    "2**63": 2**63,
    "10**30": 10**30,
    "10**400": 10**400,
    "half": 0.5,
    "a tenth": 0.1,
    "five": 5.0,
    "twenty": 20.0,
    "forty": 40.0,
    "tiny": 5e-324,
    "1e-30": 1e-30,
    "1e9": 1e9,
    "1e308": 1e308,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "complex": 1j,
    "empty string": "",
    "string": "string",
    "range": "0:1:9",
    "endless range": "0:1e-9:1",
    "wrong range": "a:b:c",
    "NUL": "a\0b",
    "long string": "A" * 5000,
    "bytes": b"bytes",
    "empty list": [],
    "list": [1, 2, 3],
    "nested list": [[1], [2, 3]],
    "strings": ["a", "b"],
    "nans": [float("nan"), float("nan")],
    "twice": [1, 1.0, True],
    "empty tuple": (),
    "pair": (1.0, 5.0),
    "pair of one": (16, 16),
    "pair down": (5.0, 1.0),
    "pair of nan": (float("nan"), 1.0),
    "huge pair": (2**40, 2**40),
    "large pair": (512, 512),
    "odd pair": (3, 5),
    "pair of strings": ("a", "b"),
    "four": (0.1, 0.2, 0.3, 0.4),
    "dict": {"a": 1},
    "set": {1, 2},
    "range of integers": range(3),
    "endless integers": range(10**18),
    "array": np.arange(3.0),
    "empty array": np.empty(0),
    "array of two axes": np.ones((2, 3)),
    "array of nan": np.full(6, np.nan),
    "array of objects": np.array([None, "a", 1], object),
    "one for each": np.linspace(1.0, 9.0, 6),
    "number of NumPy": np.float32(2.5),
    "integer of NumPy": np.int64(4),
    "bool of NumPy": np.bool_(True),
    "array of no axis": np.array(3.0),
    "series": pd.Series([1.0, 2.0, 3.0], index=[5, 6, 7]),
    "missing": pd.NA,
    "no time": pd.NaT,
    "time": pd.Timestamp("2024-01-01"),
    "path": Path("a"),
    "type": int,
    "function": len,
    "object": object,
    "ellipsis": ...,
    "slice": slice(None),
}


def drawn_name(rng, *, endless=True):
    """Draw the name of a value; without endless ones for what NumPy takes as array."""
    names = [name for name in VALUES if endless or name != "endless integers"]
    return names[int(rng.integers(len(names)))]


DTYPES = ("float64", "float32", "float16", "int16", "int64", "uint8", "bool")
OTHER_DTYPES = ("complex128", "object", "str", "longdouble", "datetime64[s]", "bytes")
SHAPES = (
    *((6, 800), (6, 3, 800), (6, 2, 3, 400), (1, 64), (6, 1), (2, 2), (6, 17)),
    *((6,), (), (0, 800), (6, 0), (2, 1, 1, 1, 64), (800, 6), (3, 16, 16), (6, 4096)),
)
FILLS = (
    *("noise", "noise", "noise", "zeros", "constant", "huge", "tiny", "denormal"),
    *("one nan", "one inf", "all nan", "one huge", "step", "spike", "bits"),
)
FORMS = (
    *("array", "array", "array", "list", "fortran", "reversed", "read only", "frame"),
    *("masked", "masked none", "matrix", "big endian", "strided", "none", "ragged"),
    *("text", "dict", "sparse", "view"),
)


def drawn_array(rng):
    """Draw a description of an array, in types of JSON."""
    usual = rng.random() < 0.75
    return {
        "shape": list(SHAPES[int(rng.integers(7 if usual else len(SHAPES)))]),
        "dtype": str(rng.choice(DTYPES if rng.random() < 0.85 else OTHER_DTYPES)),
        "fill": str(rng.choice(FILLS)),
        "form": str(rng.choice(FORMS)) if rng.random() < 0.6 else "array",
        "seed": int(rng.integers(2**31)),
    }


def make_array(described):
    """Return the array that `drawn_array` describes."""
    rng = np.random.default_rng(described["seed"])
    shape = tuple(described["shape"])
    values = rng.normal(size=shape)
    with np.errstate(all="ignore"):
        values = _filled(values, described["fill"], rng)
        dtype = described["dtype"]
        if np.dtype(dtype).kind in "iub":
            values = np.nan_to_num(values * 50, posinf=1e9, neginf=-1e9)
        if np.dtype(dtype).kind == "M":
            values = np.nan_to_num(values * 50).astype("int64")
        values = np.asarray(values).astype(dtype)
    return _formed(values, described["form"])


def _filled(values, fill, rng):
    """Return numbers of a kind."""
    scales = {"zeros": 0.0, "huge": 1e300, "tiny": 1e-300, "denormal": 5e-324}
    if fill in scales:
        return values * scales[fill]
    if fill == "constant":
        return np.full_like(values, 7.0)
    if fill == "bits":
        return (values > 0).astype(float)
    if fill == "step":
        return np.sign(np.cumsum(values, axis=-1) if values.ndim else values)
    single = {"one nan": np.nan, "one inf": np.inf, "one huge": 1e307, "spike": 1e9}
    if fill in single and values.size:
        values[np.unravel_index(int(rng.integers(values.size)), values.shape)] = single[
            fill
        ]
    return np.full_like(values, np.nan) if fill == "all nan" else values


def _formed(values, form):
    """Return an array as another object or layout."""
    if form == "ragged":
        rows = [row.tolist() for row in np.atleast_2d(values)]
        return [row[: len(row) - at % 2] for at, row in enumerate(rows)]
    if form == "frame":
        return pd.DataFrame(values) if values.ndim == 2 else values
    if form in ("masked", "masked none"):
        mask = np.zeros(values.shape, bool)
        if form == "masked" and mask.size:
            mask.flat[0] = True
        return np.ma.array(values, mask=mask)
    if form == "sparse":
        from scipy.sparse import csr_matrix

        number = values.ndim == 2 and values.dtype.kind in "fiu"
        number = number and values.dtype.itemsize in (4, 8)
        return csr_matrix(values) if number else values
    if form == "read only":
        values.flags.writeable = False
        return values
    simple = {
        "list": lambda: values.tolist(),
        "fortran": lambda: np.asfortranarray(values),
        "reversed": lambda: values[..., ::-1] if values.ndim else values,
        "matrix": lambda: np.asmatrix(values) if values.ndim == 2 else values,
        "big endian": lambda: values.astype(values.dtype.newbyteorder(">")),
        "strided": lambda: (
            np.repeat(values, 2, axis=-1)[..., ::2] if values.ndim else values
        ),
        "none": lambda: None,
        "text": lambda: "text",
        "dict": lambda: {"a": values},
        "view": lambda: (
            memoryview(np.ascontiguousarray(values))
            if values.dtype.kind in "fiu" and values.dtype.itemsize <= 8
            else values
        ),
    }
    return simple[form]() if form in simple else values
