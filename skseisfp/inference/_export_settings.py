"""What a fitted discriminator or pipeline is, as plain values for a runner."""

from __future__ import annotations

from math import isnan
from typing import Any, NamedTuple

import numpy as np
from scipy.signal import butter, sosfilt_zi
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._utils.versions import installed_version
from ..preprocessing import FingerprintTransformer
from ..signal.encoding import ENCODINGS, get_encoding
from ..signal.wavelets import Morlet, get_wavelet
from ..signal.windows import window_samples
from ._event_calibration import LEAST
from ._flags import (
    AFTER,
    GAP,
    LONGEST_NOISE,
    PEAK_MARGIN,
    SPAN_MARGIN,
    noise_band,
)
from ._onnx_graphs import check_exportable, input_shape
from .event_discriminator import EventDiscriminator
from .image_rows import ImageRows
from .input_contract import InputContract

FORMAT = 1  # of `fingerprint.json`
LIMITS = ("p_arrival", "peak", "density")  # ranges that need samples and P
RUNNER_FLAGS = ("no_signal", "clipped", "noise_like", "out_of_range")
ORDER, PAD_PERIODS = 4, 3.0  # of signal.bandpass


class Parts(NamedTuple):
    """What is exported: transformer, classifier, and the discriminator or None."""

    transformer: FingerprintTransformer
    classifier: Any
    discriminator: EventDiscriminator | None


def take_apart(estimator: Any) -> Parts:
    """Return the parts of a fitted estimator; raise for what is not exportable.

    Parameters
    ----------
    estimator : EventDiscriminator or Pipeline
        The fitted estimator.

    Returns
    -------
    Parts
        Its parts.

    Raises
    ------
    NotFittedError
        If it is not fitted.
    ValueError
        If a step, a parameter or the classifier is not exportable; the message names
        it and what is allowed.
    """
    discriminator = None
    if isinstance(estimator, EventDiscriminator):
        check_is_fitted(estimator)
        _check_vote(estimator)
        discriminator, estimator = estimator, estimator.estimator_
    elif not isinstance(estimator, Pipeline):
        raise ValueError(
            f"{type(estimator).__name__} is not exportable; must be an "
            "EventDiscriminator or a Pipeline."
        )
    check_is_fitted(estimator)
    # a runner gives the classifier rows or images, whichever it takes
    steps = [step for step in _steps(estimator) if type(step) is not ImageRows]
    if len(steps) != 2 or type(steps[0]) is not FingerprintTransformer:
        names = ", ".join(type(step).__name__ for step in _steps(estimator))
        raise ValueError(
            "The steps must be a FingerprintTransformer, perhaps ImageRows, and a "
            f"classifier; got {names}, which is not exportable."
        )
    transformer, classifier = steps
    _check_transformer(transformer)
    check_exportable(classifier)
    for label in classifier.classes_.tolist():
        if not isinstance(label, (str, int, float)):
            raise ValueError(f"The class {label!r} must be a string or a number.")
    return Parts(transformer, classifier, discriminator)


def _steps(estimator):
    """Yield the steps of pipelines within pipelines."""
    if not isinstance(estimator, Pipeline):
        yield estimator
        return
    for _, step in estimator.steps:
        if step is not None and step != "passthrough":
            yield from _steps(step)


def _check_vote(discriminator):
    """Raise for votes and calibrations that a record alone cannot repeat."""
    if discriminator.vote == "majority":
        raise ValueError(
            "vote='majority' is not exportable: the share of the votes of one record "
            "is 1. Fit with vote='mean' or 'snr'."
        )
    if discriminator.calibration not in (None, "events"):
        raise ValueError(
            f"calibration={discriminator.calibration!r} is not exportable; must be "
            "'events' or None."
        )


def _check_transformer(transformer):
    """Raise for fingerprints that a runner does not make."""
    if not isinstance(transformer.encoding, str):
        encoding = get_encoding(transformer.encoding)
        raise ValueError(
            f"encoding {encoding!r} is not exportable; must be one of "
            f"{', '.join(map(repr, ENCODINGS))}."
        )
    if len(transformer.record_shape_) > 2:
        raise ValueError(
            f"Records of shape {transformer.record_shape_} are not exportable: they "
            "have views. Fit the classifier on records of shape ([n_channels,] "
            "n_samples)."
        )


def settings_of(parts: Parts) -> dict[str, Any]:
    """Return everything but the classifier itself, for JSON.

    Parameters
    ----------
    parts : Parts
        The parts of a fitted estimator.

    Returns
    -------
    dict of str to object
        Plain values.
    """
    transformer, classifier, discriminator = parts
    contract = _contract(transformer, discriminator)
    encoding = get_encoding(transformer.encoding)
    packages = ("numpy", "scipy", "scikit-learn", "torch")
    return {
        "format": FORMAT,
        "made_by": {
            "skseisfp": _own_version(),
            **{name: installed_version(name) for name in packages},
        },
        "classes": classifier.classes_.tolist(),
        "contract": {
            name: getattr(contract, name)
            for name in (
                "record_shape",
                "sampling_rate",
                "components",
                "units",
                "align",
                "window",
                "ranges",
                "least_snr_db",
            )
        },
        "fingerprint": _fingerprint(transformer),
        "model_input": {
            "shape": input_shape(classifier),
            "dtype": np.dtype(encoding.dtype).name,
        },
        "calibration": _calibration(discriminator),
        "decision": _decision(discriminator),
        "limits": _limits(contract.ranges),
        "noise": _noise(contract, discriminator),
        "flags": list(RUNNER_FLAGS),
    }


def _own_version():
    """Return the version of the package."""
    from .. import __version__

    return __version__


def _contract(transformer, discriminator):
    """Return the contract of a discriminator, or what a transformer knows of one."""
    if discriminator is not None:
        return discriminator.contract_
    rate = float(transformer.sampling_rate)
    return InputContract(
        kind="waveforms",
        record_shape=tuple(map(int, transformer.record_shape_)),
        sampling_rate=None if rate == 1.0 else rate,  # 1: cycles per sample
    )


def _fingerprint(transformer):
    """Return the parameters of the fingerprint, and what they come to."""
    names = ("scale", "haar", "encoding")
    numbers = ("sampling_rate", "dynamic_range_db", "taper")
    first, last = window_samples(
        transformer.window, transformer.record_shape_[-1], transformer.sampling_rate
    )
    return {
        **{name: getattr(transformer, name) for name in names},
        **{name: float(getattr(transformer, name)) for name in numbers},
        "window": transformer.window and [float(time) for time in transformer.window],
        "window_samples": [first, last],
        "shape": [int(size) for size in transformer.shape],
        "frequencies": transformer.frequencies_.tolist(),
        "wavelet": _wavelet(transformer.wavelet),
        "standardize": _standardize(transformer),
        "n_coefficients": int(transformer.n_coefficients),
        "flatten": bool(transformer.flatten),
    }


def _wavelet(wavelet):
    """Return name, parameters and support of a wavelet."""
    wavelet = get_wavelet(wavelet)
    return {
        "name": "morlet" if isinstance(wavelet, Morlet) else "morse",
        **{name: float(value) for name, value in vars(wavelet).items()},
        "support": [float(end) for end in wavelet.support],
    }


def _standardize(transformer):
    """Return centre and spread of the coefficients, None in place of NaN."""
    if transformer.standardize is None:
        return None
    scale = transformer.scale_.tolist()
    return {
        "dtype": transformer.center_.dtype.name,
        "center": transformer.center_.tolist(),
        "scale": [[None if isnan(value) else value for value in row] for row in scale],
    }


def _limits(ranges):
    """Return the ends beyond which a measured quantity is out of range."""
    limits = {name: ranges[name] for name in LIMITS if name in ranges}
    for name, (low, high) in limits.items():
        margin = SPAN_MARGIN * (high - low) + 1e-9 * abs(high)
        limits[name] = (low - margin, high + margin)
    if "peak" in ranges:
        low, high = ranges["peak"]
        limits["peak"] = (low / PEAK_MARGIN, high * PEAK_MARGIN)
    return limits


def _noise(contract, discriminator):
    """Return how P is compared with the noise before it, None where it is not."""
    rate, least = contract.sampling_rate, contract.least_snr_db
    if discriminator is None or rate is None or least is None:
        return None
    f_min, f_max = noise_band(rate)
    sections: Any = butter(ORDER, (f_min, f_max), "bandpass", fs=rate, output="sos")
    return {
        "p_arrival": discriminator._arrival(),
        "sampling_rate": rate,
        "least_snr_db": least,
        "before": LONGEST_NOISE,
        "after": AFTER,
        "gap": GAP,
        "sections": sections.tolist(),
        "rest": sosfilt_zi(sections).tolist(),
        "pad": int(np.ceil(PAD_PERIODS / (f_min / rate))),
    }


def _calibration(discriminator):
    """Return the calibration of the scores of events, or None."""
    parameters = getattr(discriminator, "event_calibration_", None)
    if parameters is None:
        return None
    slope, *offsets = map(float, parameters)
    return {"slope": slope, "offsets": offsets, "least_score": LEAST}


def _decision(discriminator):
    """Return the scores at which records are decided, and the least stations.

    A least score of 2, which no class has, leaves all undecided. Where scores exclude
    classes, one of None never does.
    """
    threshold = getattr(discriminator, "reject_threshold_", -np.inf)
    by_class = getattr(discriminator, "class_thresholds_", None)
    if by_class is not None:
        by_class = [float(v) if np.isfinite(v) else None for v in by_class]
    return {
        "least_score": {-np.inf: None, np.inf: 2.0}.get(threshold, float(threshold)),
        "excluded_below": by_class,
        "min_stations": int(getattr(discriminator, "min_stations", 1)),
    }
