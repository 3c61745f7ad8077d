"""Contracts and discriminators of files: raised by name where they cannot be real."""

from __future__ import annotations

from collections.abc import Callable, Sized
from numbers import Integral, Real
from sys import float_info
from typing import Any

import numpy as np

from ..io.record_bunch import UNITS
from ._pipeline_faults import rate_of_input, walk_steps

KINDS = ("waveforms", "fingerprints", "features")
ALIGNS = (None, "start", "origin", "P")
RANGES = (
    "p_arrival",
    "peak",
    "snr_db",
    "density",
    "distance_km",
    "magnitude",
    "depth_km",
)
MOST = 2**63  # more than any array has items
DIGESTS = {"records", "events", "training"}


def _is_number(value):
    """Return whether a value is a real number that is not NaN, and not a bool."""
    return (
        isinstance(value, Real)
        and not isinstance(value, (bool, np.bool_))
        and bool(value == value)
    )


def _is_finite(value):
    """Return whether a value is a finite number."""
    # integers of any length are compared without a float of them
    return _is_number(value) and abs(value) <= float_info.max


def _is_count(value, least=0):
    """Return whether a value is an integer that is not too small or large."""
    is_integer = isinstance(value, Integral) and _is_number(value)
    return is_integer and least <= int(value) < MOST


def _is_shape(value):
    """Return whether a value is the shape of a record."""
    return isinstance(value, tuple) and len(value) > 0 and _all(value, _is_size)


def _is_size(value):
    """Return whether a value is the length of an axis."""
    return _is_count(value, 1)


def _is_string(value):
    """Return whether a value is a string."""
    return isinstance(value, str)


def _is_window(value):
    """Return whether a value is a window in seconds."""
    return _is_span(value) and _all(value, _is_finite) and value[0] < value[1]


def _is_span(value):
    """Return whether a value is two numbers, of which the second is not smaller."""
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and _all(value, _is_number)
        and value[0] <= value[1]
    )


def _is_score(value):
    """Return whether a value is a score with an interval, which may be NaN."""
    return isinstance(value, tuple) and len(value) == 3 and _all(value, _is_real)


def _is_real(value):
    """Return whether a value is a number, or NaN."""
    return isinstance(value, Real)


def _is_plain(value):
    """Return whether a value is a string, a number, a bool or None."""
    return value is None or isinstance(value, (str, Real))


def _all(values, is_valid):
    """Return whether all values are valid."""
    return all(map(is_valid, values))


def _dict_of(is_valid):
    """Return a function that returns whether a value is a dict by names."""

    def is_dict(value):
        return (
            isinstance(value, dict)
            and _all(value, _is_string)
            and _all(value.values(), is_valid)
        )

    return is_dict


def _or_none(is_valid):
    """Return a function that is true for None, too."""
    return lambda value: value is None or is_valid(value)


FACTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "kind": (lambda v: _is_string(v) and v in KINDS, f"one of {', '.join(KINDS)}"),
    "record_shape": (_is_shape, "a tuple of integers >= 1"),
    "sampling_rate": (
        _or_none(lambda v: _is_finite(v) and v > 0),
        "a number of Hz in (0, inf), or None",
    ),
    "components": (_or_none(lambda v: _is_string(v) and v != ""), "letters, or None"),
    "units": (
        lambda v: _is_string(v) and v in (*UNITS.values(), "unknown"),
        f"one of {', '.join(UNITS.values())}, unknown",
    ),
    "align": (
        lambda v: v is None or (_is_string(v) and v in ALIGNS),
        "start, origin, P or None",
    ),
    "window": (_or_none(_is_window), "two increasing times in seconds, or None"),
    "picking": (_dict_of(_is_plain), "a dict of numbers and strings"),
    "ranges": (
        lambda v: _dict_of(_is_span)(v) and set(v) <= set(RANGES),
        f"a dict of two ordered numbers for some of {', '.join(RANGES)}",
    ),
    "least_snr_db": (_or_none(_is_finite), "a finite number of dB, or None"),
    "n_records": (_is_count, "an integer >= 0"),
    "events": (_dict_of(_is_count), "a dict of integers >= 0"),
    "digests": (_dict_of(_is_string), "a dict of strings"),
    "folds": (_dict_of(_is_plain), "a dict of numbers and strings"),
    "scores": (_dict_of(_is_score), "a dict of three numbers for each score"),
    "versions": (_dict_of(_is_string), "a dict of strings"),
}


def check_contract(contract: Any) -> None:
    """Raise if a fact of a contract cannot be one of records.

    Parameters
    ----------
    contract : InputContract
        The contract.

    Raises
    ------
    ValueError
        With the first such fact, and what it must be.
    """
    for name, (is_valid, allowed) in FACTS.items():
        value = getattr(contract, name)
        if not is_valid(value):
            raise ValueError(
                f"{name} of the input contract must be {allowed}; got {_short(value)}."
            )
    shape, components = contract.record_shape, contract.components
    n_channels = 1 if len(shape) == 1 else shape[0]
    if components is not None and len(shape) < 3 and len(components) != n_channels:
        raise ValueError(
            f"components of the input contract must be {n_channels}, as record_shape "
            f"says; got {_short(components)}."
        )
    if contract.n_records and not set(contract.digests) >= DIGESTS:
        raise ValueError(
            f"digests of the input contract must be of {', '.join(sorted(DIGESTS))}; "
            f"got those of {_short(sorted(contract.digests))}."
        )


def _short(value):
    """Return the type of a value and its length, or the value where it is short."""
    if isinstance(value, (str, Real, type(None))):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:60]}..."
    size = f" of {len(value)}" if isinstance(value, Sized) else ""
    return f"a {type(value).__name__}{size}"


def check_discriminator(discriminator: Any, contract_type: type) -> None:
    """Raise if the parts of a fitted discriminator do not belong together.

    Parameters
    ----------
    discriminator : EventDiscriminator
        The discriminator.
    contract_type : type
        Type of its contract.

    Raises
    ------
    ValueError
        With the first part that is not one, or not of the others.
    """
    contract = discriminator.contract_
    if not isinstance(contract, contract_type):
        raise ValueError(f"contract_ must be an InputContract; got {_short(contract)}.")
    discriminator._validate_params()
    for name in ("reader", "picking"):
        part = getattr(discriminator, name)
        if part is not None:
            part._validate_params()
    classes = getattr(vars(discriminator).get("estimator_"), "classes_", None)
    if not isinstance(classes, np.ndarray) or classes.ndim != 1:
        raise ValueError("estimator_ must be a fitted classifier of one output.")
    names = sorted(str(label) for label in classes)
    if names != sorted(contract.events):
        raise ValueError(
            f"estimator_ has the classes {_joined(names)}; the input contract is of "
            f"{_joined(contract.events)}."
        )
    _check_thresholds(discriminator, len(classes))
    _check_shapes(discriminator.estimator_, contract)
    rate_of_input(discriminator.estimator_, contract.sampling_rate)


def _joined(names):
    """Return the first names of some."""
    names = list(map(str, names))
    return ", ".join(names[:5] + (["..."] if len(names) > 5 else []))


def _check_thresholds(discriminator, n_classes):
    """Raise for thresholds, calibrations and scores that no fit returns."""
    state, n_records = vars(discriminator), discriminator.contract_.n_records
    threshold = state.get("reject_threshold_")
    if not _is_number(threshold):
        raise ValueError(
            f"reject_threshold_ must be a number; got {_short(threshold)}."
        )
    has_shares = hasattr(discriminator.estimator_, "predict_proba")
    if has_shares and _is_finite(threshold) and not 0 <= threshold <= 1:
        raise ValueError(f"reject_threshold_ must be in [0, 1]; got {threshold!r}.")
    by_class = state.get("class_thresholds_")
    if by_class is not None:
        _check_floats("class_thresholds_", by_class, (n_classes,))
        if np.isnan(by_class).any() or np.isposinf(by_class).any():
            raise ValueError("class_thresholds_ must be finite, or -inf.")
    calibration = state.get("event_calibration_")
    if calibration is not None:
        _check_floats("event_calibration_", calibration, (1 + n_classes,))
        if not np.isfinite(calibration).all():
            raise ValueError("event_calibration_ must be finite.")
    if "held_out_scores_" in state:
        scores = state["held_out_scores_"]
        _check_floats("held_out_scores_", scores, (n_records, n_classes))


def _check_floats(name, array, shape):
    """Raise unless an array holds floats of a shape."""
    is_array = isinstance(array, np.ndarray)
    if not is_array or array.dtype.kind != "f" or array.shape != shape:
        kind = f"{array.dtype} {array.shape}" if is_array else _short(array)
        raise ValueError(f"{name} must be floats of shape {shape}; got {kind}.")


def _check_shapes(estimator, contract):
    """Raise if the first step takes records of another shape than the contract has."""
    first: Any = next(walk_steps(estimator), None)
    shapes = {"record_shape": contract.record_shape}
    own = getattr(first, "record_shape_", None)
    if own is not None:
        shapes["record_shape_ of " + type(first).__name__] = tuple(own)
    elif len(contract.record_shape) == 1 and hasattr(first, "n_features_in_"):
        shapes["n_features_in_ of " + type(first).__name__] = (first.n_features_in_,)
    if len(set(shapes.values())) > 1:
        (name, size), (other, wanted) = shapes.items()
        raise ValueError(
            f"{name} of the input contract must be {other}, {wanted}; got {size}."
        )
