"""Versions of the package, of its dependencies, and of the machine."""

from __future__ import annotations

import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

REQUIRED = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "threadpoolctl",
    "skorch",
    "torch",
    "PyWavelets",
    "obspy",
    "joblib",
)
OPTIONAL = (
    "matplotlib",
    "optuna",
    "psutil",
    "rich",
    "xarray",
    "h5netcdf",
    "openpyxl",
    "pyarrow",
    "plotly",
    "distributed",
    "h5py",
    "sqlalchemy",
    "skops",
    "onnx",
    "onnxruntime",
    "numba",
    "seisbench",
)


@cache  # what is imported stays what it was, whatever is installed meanwhile
def installed_version(distribution: str) -> str | None:
    """Return the version of an installed distribution, None if there is none."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def show_versions() -> None:
    """Print the versions of Python, skseisfp and its dependencies, for bug reports.

    Versions are read from the installed metadata. Only torch is imported, if it is
    installed, for its number of threads and its device.

    Examples
    --------
    >>> import skseisfp
    >>> skseisfp.show_versions()  # doctest: +ELLIPSIS
    System
    ...
    """
    _show_section(
        "System",
        {
            "python": sys.version.replace("\n", " "),
            "executable": sys.executable,
            "machine": platform.platform(),
        },
    )
    for title, names in (
        ("Package", ("skseisfp",)),
        ("Dependencies", REQUIRED),
        ("Optional dependencies", OPTIONAL),
    ):
        found = {name: installed_version(name) or "not installed" for name in names}
        _show_section(title, found)
    if find_spec("torch") is not None:
        _show_section("Torch", _torch_facts())


def _torch_facts():
    """Return threads and device of torch."""
    import torch

    cuda = "not available"
    if torch.cuda.is_available():
        cuda = f"{torch.version.cuda}, {torch.cuda.get_device_name()}"
    return {
        "threads": torch.get_num_threads(),
        "interop threads": torch.get_num_interop_threads(),
        "CUDA": cuda,
    }


def _show_section(title, facts):
    """Print a title and the facts, aligned."""
    width = max(map(len, facts))
    print(title)
    for name, fact in facts.items():
        print(f"    {name:>{width}}: {fact}")
    print()
