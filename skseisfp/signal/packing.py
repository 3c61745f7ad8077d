"""Fingerprints as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._arguments import check_flag, check_numbers

if TYPE_CHECKING:
    import numpy.typing as npt


class ValueType(NamedTuple):
    """Lowest value of a type of fingerprints, and bits of a value; the highest is 1."""

    lowest: int
    bits: int


VALUE_TYPES = {"uint8": ValueType(0, 1), "int8": ValueType(-1, 2)}


def pack_fingerprints(fingerprints: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Pack fingerprints into bits: 512 bytes for a binary fingerprint of 64 x 64.

    Parameters
    ----------
    fingerprints : ndarray of uint8 or int8, shape (n_records, ...)
        Binary fingerprints (0, 1), or signed ones (int8: -1, 0, 1), which take two bits
        a coefficient: the plane of positive bits, then that of negative ones.

    Returns
    -------
    ndarray of uint8, shape (n_records, n_bytes)
        Packed fingerprints.

    Raises
    ------
    ValueError
        If the type or a value is not that of a fingerprint.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.signal import pack_fingerprints
    >>> pack_fingerprints(np.ones((3, 64, 64), dtype=np.uint8)).shape
    (3, 512)
    """
    fingerprints = np.asarray(fingerprints)
    value_type = VALUE_TYPES.get(fingerprints.dtype.name)
    if value_type is None:
        raise ValueError(
            f"fingerprints must be uint8 or int8; got {fingerprints.dtype}."
        )
    if not fingerprints.ndim:
        raise ValueError("fingerprints must have an axis of records; got a number.")
    lowest = value_type.lowest
    if (
        fingerprints.size
        and not lowest <= fingerprints.min() <= fingerprints.max() <= 1
    ):
        raise ValueError(
            f"fingerprints of type {fingerprints.dtype} must hold values from {lowest} "
            f"to 1; got {fingerprints.min()} to {fingerprints.max()}."
        )
    flat = fingerprints.reshape(len(fingerprints), int(np.prod(fingerprints.shape[1:])))
    if value_type.bits == 2:
        flat = np.hstack([flat > 0, flat < 0])
    return np.packbits(flat, axis=1)


def unpack_fingerprints(
    packed: npt.ArrayLike, shape: Sequence[int] = (64, 64), *, signed: bool = False
) -> npt.NDArray:
    """Invert `pack_fingerprints`.

    Parameters
    ----------
    packed : ndarray of uint8, shape (n_records, n_bytes)
        Packed fingerprints.
    shape : tuple of int, default=(64, 64)
        Shape of one fingerprint.
    signed : bool, default=False
        Whether the fingerprints were signed, of type int8.

    Returns
    -------
    ndarray of shape (n_records, rows, columns)
        Fingerprints of type uint8, or int8 when signed.

    Raises
    ------
    ValueError
        If the number of bytes does not fit the shape.
    """
    packed = check_numbers("packed", packed)
    integral = packed.dtype.kind in "iu"
    if packed.size and not (integral and 0 <= packed.min() <= packed.max() <= 255):
        raise ValueError(f"packed must hold bytes, 0 to 255; got {packed.dtype}.")
    packed = packed.astype(np.uint8, copy=False)
    check_flag("signed", signed)
    shape = _check_shape(shape)
    n_coefficients = int(np.prod(shape))
    n_bits = n_coefficients * VALUE_TYPES["int8" if signed else "uint8"].bits
    if packed.ndim != 2 or packed.shape[1] != -(-n_bits // 8):
        raise ValueError(
            f"fingerprints of shape {tuple(shape)} with signed={signed} take "
            f"{-(-n_bits // 8)} bytes each; got an array of shape {packed.shape}."
        )
    bits = np.unpackbits(packed, axis=1, count=n_bits)
    if signed:
        bits = bits.astype(np.int8)
        bits = bits[:, :n_coefficients] - bits[:, n_coefficients:]
    return bits.reshape(len(packed), *shape)


def _check_shape(shape):
    """Return a shape as integers; raise if it is not one."""
    sizes = check_numbers("shape", shape)
    if sizes.ndim != 1 or sizes.dtype.kind not in "iu" or not (sizes > 0).all():
        raise ValueError(f"shape must be a tuple of integers >= 1; got {shape!r}.")
    return tuple(int(size) for size in sizes)
