"""A discriminator that leaves the laboratory: an ONNX file and a runner of one file."""

from __future__ import annotations

import json
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.atomic import atomic_folder
from .._utils.optional import import_optional

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from .event_discriminator import EventDiscriminator

MODEL, SETTINGS, RUNNER = "model.onnx", "fingerprint.json", "run_fingerprint.py"
N_CHECKED = 16  # random fingerprints on which model and classifier are compared
TOLERANCE = 1e-5  # of probabilities


def export_onnx(
    discriminator: EventDiscriminator | Pipeline, folder: str | PathLike[str]
) -> Path:
    """Write a discriminator as files that need NumPy and ONNX Runtime only.

    The folder gets `model.onnx`, the classifier; `fingerprint.json`, all parameters of
    the fingerprint, the contract of the records, calibration and thresholds; and
    `run_fingerprint.py`, which computes fingerprints and predictions with them, as a
    command and as a module.

    Parameters
    ----------
    discriminator : EventDiscriminator or Pipeline
        A fitted discriminator, or a fitted pipeline, of two steps: a
        `FingerprintTransformer` and a classifier, which is a `FingerprintClassifier`
        with one of the networks of this package, a forest (`ExtraTreesClassifier`,
        `RandomForestClassifier`), a tree, or a `LogisticRegression`; between them
        there may be `ImageRows`.
    folder : str or path-like
        Folder to write, which must not exist or be empty.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ImportError
        If onnx or onnxruntime is not installed (extra ``onnx``).
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If a step, a parameter or the classifier is not exportable; the message names
        it. Nothing is written then.
    FileExistsError
        If the folder holds anything.

    See Also
    --------
    write_demo : A page that does the same in a browser.
    skseisfp.save : All of the discriminator, for this package.

    Notes
    -----
    Fingerprints are those of `FingerprintTransformer` bit for bit, for records of
    float32 and of float64; probabilities are those of `predict_proba` of records by
    themselves, within 1e-5. The model is compared with the classifier before it is
    written.

    The runner raises an error for records of another shape, rate, order of components
    or unit, and flags ``"no_signal"``, ``"clipped"``, ``"noise_like"`` where P is known
    from the reader or `p_arrival` of the discriminator or is given, and, by amplitude,
    P and density of the fingerprint, ``"out_of_range"``. It lets no records of an event
    vote.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skseisfp import FingerprintTransformer, make_seismograms
    >>> from skseisfp.inference import export_onnx
    >>> bunch = make_seismograms(30, random_state=0)
    >>> pipeline = make_pipeline(
    ...     FingerprintTransformer(sampling_rate=bunch.sampling_rate, flatten=True),
    ...     LogisticRegression(),
    ... ).fit(bunch.data, bunch.target)
    >>> with TemporaryDirectory() as folder:
    ...     sorted(path.name for path in export_onnx(pipeline, folder).iterdir())
    ['fingerprint.json', 'model.onnx', 'run_fingerprint.py']
    """
    model, settings = export_parts(discriminator)
    with atomic_folder(folder) as new:
        (new / MODEL).write_bytes(model)
        (new / SETTINGS).write_text(settings, encoding="utf-8")
        (new / RUNNER).write_bytes(read_runner())
    return Path(folder)


def export_parts(discriminator: Any) -> tuple[bytes, str]:
    """Return the model of a discriminator and its settings as JSON.

    Parameters
    ----------
    discriminator : EventDiscriminator or Pipeline
        See `export_onnx`.

    Returns
    -------
    model : bytes
        The content of `model.onnx`.
    settings : str
        The content of `fingerprint.json`.

    Raises
    ------
    ValueError
        See `export_onnx`.
    """
    from ._export_settings import settings_of, take_apart
    from ._onnx_graphs import build_model

    parts = take_apart(discriminator)
    settings = settings_of(parts)
    model = build_model(parts.classifier, settings["model_input"]["dtype"])
    _check_model(model, parts.classifier, settings["model_input"])
    return model, json.dumps(settings, indent=1, allow_nan=False) + "\n"


def read_runner() -> bytes:
    """Return the content of `run_fingerprint.py`."""
    return (files(__package__ or "") / "_runner.py").read_bytes()


def _check_model(model, classifier, model_input):
    """Raise if a model and its classifier differ on random fingerprints."""
    runtime = import_optional("onnxruntime", extra="onnx")
    rng = np.random.default_rng(0)
    shape = (N_CHECKED, *model_input["shape"])
    signs = rng.integers(-1 if model_input["dtype"] == "int8" else 0, 2, shape)
    signs *= rng.random(shape) < 0.1  # sparse, as fingerprints are
    inputs = signs.astype(model_input["dtype"])
    session = runtime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"fingerprints": inputs})
    with_views = inputs[:, None] if inputs.ndim == 4 else inputs
    difference = np.abs(found - classifier.predict_proba(with_views)).max()
    if not difference <= TOLERANCE:
        raise ValueError(
            f"{type(classifier).__name__} is not exportable: probabilities of its "
            f"model differ by {difference:.1g}, by more than {TOLERANCE:g}."
        )
