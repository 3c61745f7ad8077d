"""A page that shows what a discriminator does with a record, without a server."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from html import escape
from importlib.resources import files
from os import PathLike
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from .._utils.atomic import atomic_folder
from .export_onnx import MODEL, RUNNER, SETTINGS, export_parts, read_runner

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from .event_discriminator import EventDiscriminator

SCRIPTS = ("fingerprint.js", "recordings.js", "page.js", "style.css")
LIBRARY = "ort.wasm.min.js"
# what the library would load from a server; here they are in a script
LOADED = {
    "mjs": "ort-wasm-simd-threaded.mjs",
    "wasm": "ort-wasm-simd-threaded.wasm",
}


def write_demo(
    discriminator: EventDiscriminator | Pipeline,
    folder: str | PathLike[str],
    *,
    runtime: str | PathLike[str],
    title: str = "Discriminator of seismic events",
) -> Path:
    """Write a page on which a person sees what a discriminator does with a record.

    The user drops a miniSEED or CSV file, and sees record, scalogram, fingerprint and
    prediction, all computed in the browser. The page makes no request to any server,
    and is opened from a disk as well as from one. The folder holds the files of
    `export_onnx`, too.

    Parameters
    ----------
    discriminator : EventDiscriminator or Pipeline
        A fitted discriminator or pipeline, see `export_onnx`.
    folder : str or path-like
        Folder to write, which must not exist or be empty; the page is its `index.html`.
    runtime : str or path-like
        Folder with the files of the npm package onnxruntime-web, see the notes.
    title : str, default="Discriminator of seismic events"
        Title of the page.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    FileNotFoundError
        If a file of onnxruntime-web is missing.
    ValueError
        If something is not exportable, see `export_onnx`.
    FileExistsError
        If the folder holds anything.

    See Also
    --------
    export_onnx : The same for Python, without a page.

    Notes
    -----
    ``npm pack onnxruntime-web@1.30.0`` downloads the package, and
    ``tar xzf onnxruntime-web-1.30.0.tgz`` makes the folder ``package`` of it.

    Fingerprints are computed in double precision by `fingerprint.js`; see
    ``benchmarks/onnx_runner.py`` for the share of their bits that are those of the
    package.

    Examples
    --------
    >>> from skseisfp.inference import write_demo
    >>> page = write_demo(discriminator, "demo", runtime="package")  # doctest: +SKIP
    """
    scripts = _read_runtime(Path(runtime))
    model, settings = export_parts(discriminator)
    exported = {"settings": json.loads(settings), "model": _base64(model)}
    page = {"index.html": _page(exported["settings"], title).encode()}
    page |= {name: _read(name) for name in SCRIPTS}
    page["exported.js"] = _script("EXPORTED", exported)
    page |= scripts
    page |= {MODEL: model, SETTINGS: settings.encode(), RUNNER: read_runner()}
    with atomic_folder(folder) as new:
        for name, content in page.items():
            (new / name).write_bytes(content)
    return Path(folder) / "index.html"


def _read(name):
    """Return the content of a file of the page."""
    return (files(__package__ or "") / "_demo" / name).read_bytes()


def _read_runtime(folder):
    """Return the scripts of onnxruntime-web, with all that they load, by name."""
    folder = folder / "dist" if (folder / "dist").is_dir() else folder
    for name in (LIBRARY, *LOADED.values()):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"runtime must be a folder of onnxruntime-web; {folder} has no "
                f"{name}. `npm pack onnxruntime-web@1.30.0` downloads it."
            )
    loaded = {
        kind: _base64(gzip.compress((folder / name).read_bytes(), 6, mtime=0))
        for kind, name in LOADED.items()
    }
    return {
        LIBRARY: (folder / LIBRARY).read_bytes(),
        "runtime.js": _script("RUNTIME", loaded),
    }


def _script(name: str, value: Any) -> bytes:
    """Return a script that defines a constant."""
    return f"const {name} = {json.dumps(value)};\n".encode()


def _base64(content: bytes) -> str:
    """Return bytes as a string."""
    return b64encode(content).decode("ascii")


def _page(settings, title):
    """Return the page, with the facts of the contract in words."""
    contract = settings["contract"]
    classes = " or ".join(map(str, settings["classes"]))
    facts = [f"Classes: {classes}"]
    shape, rate = contract["record_shape"], contract["sampling_rate"]
    n_channels = shape[0] if len(shape) > 1 else 1
    components = contract["components"] or f"{n_channels} component(s)"
    record = f"{components}, {shape[-1]} samples"
    if rate is not None:
        record += f" at {rate:g} Hz ({shape[-1] / rate:g} s)"
    if contract["units"] != "unknown":
        record += f", in {contract['units']}"
    facts.append(f"Records: {record}")
    columns = ", ".join(contract["components"] or "") or f"{n_channels} in all"
    return Template(_read("index.html").decode()).substitute(
        title=escape(title),
        summary=escape(". ".join(facts) + "."),
        columns=escape(columns),
    )
