"""From Haar coefficients to binary fingerprints, and to bytes."""

import numpy as np

from .._utils.checks import check_option

ENCODINGS = ("presence", "positive", "two_channel", "signed", "interleaved")


def select_top_k(coefficients, k):
    """Keep the signs of the k largest coefficients of each image.

    Parameters
    ----------
    coefficients : ndarray of shape (..., rows, columns)
        Haar coefficients, or standardised ones; NaN marks a coefficient that must
        not be selected.
    k : int
        Number of coefficients to keep.

    Returns
    -------
    ndarray of int8, same shape
        1, -1 or 0. The mean of the image, at (0, 0), is never kept, nor is a
        coefficient that is zero up to rounding. Equal magnitudes are kept in the
        order of their index.

    Raises
    ------
    ValueError
        If `k` is not between 1 and the number of coefficients.
    """
    rows, columns = coefficients.shape[-2:]
    if not 1 <= k <= rows * columns:
        raise ValueError(f"k must be from 1 to {rows * columns}; got {k}.")
    flat = coefficients.reshape(-1, rows * columns)
    magnitude = np.nan_to_num(np.abs(flat), nan=0.0)
    rounding = 16.0 * np.finfo(flat.dtype).eps * magnitude.max(axis=1, keepdims=True)
    magnitude[:, 0] = 0.0
    magnitude[magnitude <= rounding] = 0.0
    threshold = np.partition(magnitude, -k, axis=1)[:, -k, None]
    keep = magnitude > threshold
    ties = (magnitude == threshold) & (magnitude > 0.0)
    free = k - keep.sum(axis=1, keepdims=True)
    keep |= ties & (np.cumsum(ties, axis=1) <= free)
    signs = np.where(keep, np.sign(flat, where=keep, out=np.zeros_like(flat)), 0.0)
    return signs.astype(np.int8).reshape(coefficients.shape)


def encode(signs, encoding):
    """Encode signed fingerprints; planes become a channel axis.

    Parameters
    ----------
    signs : ndarray of int8, shape (..., rows, columns)
        Fingerprints with values -1, 0 and 1.
    encoding : {"presence", "positive", "two_channel", "signed", "interleaved"}
        ``"presence"`` marks kept coefficients; ``"positive"`` the kept positive ones;
        ``"two_channel"`` gives a plane of the positive and one of the negative ones;
        ``"signed"`` keeps -1, 0, 1; ``"interleaved"`` puts the row of positive bits
        and the row of negative bits of each frequency in turn.

    Returns
    -------
    ndarray of shape (..., planes, rows, columns)
        Type uint8, or int8 when signed. `planes` is 2 for ``"two_channel"``, else 1;
        rows are twice as many for ``"interleaved"``.

    Raises
    ------
    ValueError
        If the encoding is unknown.
    """
    check_option("encoding", encoding, ENCODINGS)
    if encoding == "signed":
        return signs[..., None, :, :]
    if encoding == "presence":
        return (signs != 0).astype(np.uint8)[..., None, :, :]
    positive = (signs > 0).astype(np.uint8)
    if encoding == "positive":
        return positive[..., None, :, :]
    negative = (signs < 0).astype(np.uint8)
    if encoding == "two_channel":
        return np.stack([positive, negative], axis=-3)
    rows, columns = signs.shape[-2:]
    paired = np.stack([positive, negative], axis=-2)
    return paired.reshape(*signs.shape[:-2], 1, 2 * rows, columns)


def decode(planes, encoding):
    """Invert `encode` as far as the encoding allows.

    Parameters
    ----------
    planes : ndarray of shape (..., planes, rows, columns)
        Fingerprints as `encode` returns them.
    encoding : {"presence", "positive", "two_channel", "signed", "interleaved"}
        Encoding of the fingerprints.

    Returns
    -------
    ndarray of int8, shape (..., rows, columns)
        Values -1, 0 and 1; fingerprints without signs give 0 and 1.

    Raises
    ------
    ValueError
        If the encoding is unknown.
    """
    check_option("encoding", encoding, ENCODINGS)
    planes = np.asarray(planes).astype(np.int8)
    if encoding == "two_channel":
        return planes[..., 0, :, :] - planes[..., 1, :, :]
    single = planes[..., 0, :, :]
    if encoding == "interleaved":
        return single[..., 0::2, :] - single[..., 1::2, :]
    return single


def pack_fingerprints(fingerprints):
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
    lowest = {"uint8": 0, "int8": -1}.get(fingerprints.dtype.name)
    if lowest is None:
        raise ValueError(
            f"fingerprints must be uint8 or int8; got {fingerprints.dtype}."
        )
    if (
        fingerprints.size
        and not lowest <= fingerprints.min() <= fingerprints.max() <= 1
    ):
        raise ValueError(
            f"fingerprints of type {fingerprints.dtype} must hold values from {lowest} "
            f"to 1; got {fingerprints.min()} to {fingerprints.max()}."
        )
    flat = fingerprints.reshape(len(fingerprints), int(np.prod(fingerprints.shape[1:])))
    if fingerprints.dtype == np.int8:
        flat = np.hstack([flat > 0, flat < 0])
    return np.packbits(flat, axis=1)


def unpack_fingerprints(packed, shape=(64, 64), *, signed=False):
    """Invert `pack_fingerprints`.

    Parameters
    ----------
    packed : ndarray of uint8, shape (n_records, n_bytes)
        Packed fingerprints.
    shape : tuple of int, default=(64, 64)
        Shape of one fingerprint.
    signed : bool, default=False
        Whether the fingerprints were signed.

    Returns
    -------
    ndarray of shape (n_records, rows, columns)
        Fingerprints of type uint8, or int8 when signed.

    Raises
    ------
    ValueError
        If the number of bytes does not fit the shape.
    """
    packed = np.asarray(packed, dtype=np.uint8)
    n_coefficients = int(np.prod(shape))
    n_bits = n_coefficients * (2 if signed else 1)
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
