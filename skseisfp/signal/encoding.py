"""Encodings: the values by which fingerprints represent the kept coefficients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from ._arguments import check_numbers
from .packing import VALUE_TYPES

if TYPE_CHECKING:
    import numpy.typing as npt


class Encoding(ABC):
    """How a fingerprint represents the kept coefficients, plane by plane.

    A new encoding is a subclass that declares `plane_names` and `dtype` and defines
    `encode` and `decode`. Everything else, such as the shape of fingerprints and the
    names of their features, follows from these.

    Attributes
    ----------
    plane_names : tuple of str, default=("",)
        Name of each plane, with which the names of its features begin. One empty name
        is a single plane.
    dtype : type, default=numpy.uint8
        ``numpy.uint8`` for fingerprints of 0 and 1; ``numpy.int8`` for those of -1, 0
        and 1.

    See Also
    --------
    skseisfp.preprocessing.FingerprintTransformer : Takes it as `encoding`.

    Notes
    -----
    `row_names` and `fingerprint_shape` are overridden only by an encoding whose planes
    have other rows than the images. An instance may have parameters: define `__init__`
    and keep them as attributes; two instances are equal if their attributes are. Define
    the class in a module, so that fitted transformers can be pickled.

    Examples
    --------
    Three planes, of which exactly one holds a 1 at every coefficient:

    >>> import numpy as np
    >>> from skseisfp.signal import Encoding, decode, encode
    >>> class Ternary(Encoding):
    ...     plane_names = ("negative", "zero", "positive")
    ...
    ...     def encode(self, kept):
    ...         planes = np.stack([kept < 0, kept == 0, kept > 0], axis=-3)
    ...         return planes.astype(np.uint8)
    ...
    ...     def decode(self, planes):
    ...         return planes[..., 2, :, :] - planes[..., 0, :, :]
    >>> signs = np.array([[0, 1], [-1, 0]], dtype=np.int8)
    >>> fingerprint = encode(signs, Ternary())
    >>> fingerprint.shape, decode(fingerprint, Ternary()).tolist()
    ((3, 2, 2), [[0, 1], [-1, 0]])
    """

    plane_names: tuple[str, ...] = ("",)
    dtype: type = np.uint8

    @abstractmethod
    def encode(self, kept: npt.NDArray) -> npt.NDArray:
        """Encode kept coefficients.

        Parameters
        ----------
        kept : ndarray of shape (..., rows, columns)
            Kept coefficients, or their signs; zero where a coefficient is not kept.

        Returns
        -------
        ndarray of shape (..., planes, rows, columns)
            Fingerprints of type `dtype`.
        """

    @abstractmethod
    def decode(self, planes: npt.NDArray) -> npt.NDArray:
        """Invert `encode` as far as possible.

        Parameters
        ----------
        planes : ndarray of int8, shape (..., planes, rows, columns)
            Fingerprints as `encode` returns them, of type int8 also for bits, so that
            planes can be subtracted.

        Returns
        -------
        ndarray of shape (..., rows, columns)
            The coefficients as far as they are known, usually their signs.
        """

    def fingerprint_shape(self, rows: int, columns: int) -> tuple[int, int, int]:
        """Return the shape of the fingerprint of an image.

        Parameters
        ----------
        rows, columns : int
            Shape of the image.

        Returns
        -------
        tuple of (int, int, int)
            Planes, and rows and columns of each.
        """
        return len(self.plane_names), rows, columns

    def row_names(self, rows: int) -> list[str]:
        """Name the rows of all planes, with which the names of features begin.

        Parameters
        ----------
        rows : int
            Rows of the image.

        Returns
        -------
        list of str
            Plane by plane, coarse to fine.
        """
        return [
            f"{name}_haar_f{row}" if name else f"haar_f{row}"
            for name in self.plane_names
            for row in range(rows)
        ]

    @property
    def bits(self) -> int:
        """Bits that a value takes when packed."""
        return VALUE_TYPES[np.dtype(self.dtype).name].bits

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash(type(self))

    def __repr__(self):
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


class Presence(Encoding):
    """A 1 for each kept coefficient."""

    def encode(self, kept: npt.NDArray) -> npt.NDArray:
        """Return where coefficients are kept."""
        return (kept != 0).astype(np.uint8)[..., None, :, :]

    def decode(self, planes: npt.NDArray) -> npt.NDArray:
        """Return the plane."""
        return planes[..., 0, :, :]


class Positive(Presence):
    """A 1 for each kept positive coefficient."""

    def encode(self, kept: npt.NDArray) -> npt.NDArray:
        """Return where positive coefficients are kept."""
        return super().encode(kept > 0)


class Signed(Presence):
    """The sign of each kept coefficient."""

    dtype = np.int8

    def encode(self, kept: npt.NDArray) -> npt.NDArray:
        """Return signs."""
        return np.sign(kept).astype(np.int8)[..., None, :, :]


class TwoChannel(Encoding):
    """A plane of the positive coefficients and one of the negative ones."""

    plane_names = ("positive", "negative")

    def encode(self, kept: npt.NDArray) -> npt.NDArray:
        """Return both planes."""
        return np.stack([kept > 0, kept < 0], axis=-3).astype(np.uint8)

    def decode(self, planes: npt.NDArray) -> npt.NDArray:
        """Return signs."""
        return planes[..., 0, :, :] - planes[..., 1, :, :]


class Interleaved(Encoding):
    """For each frequency a row of the positive coefficients and one of the negative."""

    def encode(self, kept: npt.NDArray) -> npt.NDArray:
        """Return one plane of twice as many rows."""
        *lead, rows, columns = kept.shape
        paired = np.stack([kept > 0, kept < 0], axis=-2).astype(np.uint8)
        return paired.reshape(*lead, *self.fingerprint_shape(rows, columns))

    def decode(self, planes: npt.NDArray) -> npt.NDArray:
        """Return signs."""
        return planes[..., 0, 0::2, :] - planes[..., 0, 1::2, :]

    def fingerprint_shape(self, rows: int, columns: int) -> tuple[int, int, int]:
        """Return one plane, and twice the rows of the image."""
        return 1, 2 * rows, columns

    def row_names(self, rows: int) -> list[str]:
        """Name the row of positive and that of negative bits of each frequency."""
        signs = ("positive", "negative")
        return [f"{sign}_haar_f{row}" for row in range(rows) for sign in signs]


ENCODINGS: dict[str, Encoding] = {
    "presence": Presence(),
    "positive": Positive(),
    "two_channel": TwoChannel(),
    "signed": Signed(),
    "interleaved": Interleaved(),
}


def get_encoding(encoding: str | Encoding) -> Encoding:
    """Return the encoding named by a string, or the encoding itself.

    Parameters
    ----------
    encoding : {"presence", "positive", "two_channel", "signed", "interleaved"} or \
Encoding
        A name, or an encoding of your own.

    Returns
    -------
    Encoding
        The encoding.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if isinstance(encoding, Encoding):
        return encoding
    if isinstance(encoding, str) and encoding in ENCODINGS:
        return ENCODINGS[encoding]
    names = ", ".join(map(repr, ENCODINGS))
    raise ValueError(
        f"encoding must be one of {names}, or an instance of Encoding; got "
        f"{encoding!r}."
    )


def encode(signs: npt.NDArray, encoding: str | Encoding) -> npt.NDArray:
    """Encode signed fingerprints; planes become a channel axis.

    Parameters
    ----------
    signs : ndarray of shape (..., rows, columns)
        Signs of the kept coefficients, -1 and 1, and 0 elsewhere; or the kept
        coefficients themselves, for encodings that use their magnitudes.
    encoding : {"presence", "positive", "two_channel", "signed", "interleaved"} or \
Encoding
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
        If the encoding is unknown, or returns another shape or type than it declares.
    """
    encoding = get_encoding(encoding)
    signs = check_numbers("signs", signs, least_ndim=2)
    signs = signs.astype(np.int8) if signs.dtype == bool else signs
    planes = encoding.encode(signs)
    *lead, rows, columns = signs.shape
    shape = (*lead, *encoding.fingerprint_shape(rows, columns))
    dtype = np.dtype(encoding.dtype)
    if planes.shape != shape or planes.dtype != dtype:
        raise ValueError(
            f"encoding {encoding!r} must give fingerprints of shape {shape} and type "
            f"{dtype}; got shape {planes.shape} and type {planes.dtype}."
        )
    return planes


def decode(planes: npt.ArrayLike, encoding: str | Encoding) -> npt.NDArray:
    """Invert `encode` as far as the encoding allows.

    Parameters
    ----------
    planes : ndarray of shape (..., planes, rows, columns)
        Fingerprints as `encode` returns them.
    encoding : {"presence", "positive", "two_channel", "signed", "interleaved"} or \
Encoding
        Encoding of the fingerprints.

    Returns
    -------
    ndarray of shape (..., rows, columns)
        Of type int8 with values -1, 0 and 1; fingerprints without signs give 0 and 1.

    Raises
    ------
    ValueError
        If the encoding is unknown.
    """
    encoding = get_encoding(encoding)
    planes = check_numbers("planes", planes, least_ndim=3)
    n_planes = len(encoding.plane_names)
    if planes.shape[-3] != n_planes:
        raise ValueError(
            f"planes must have shape (..., {n_planes}, rows, columns); got "
            f"{planes.shape}."
        )
    return encoding.decode(planes.astype(np.int8))


def check_encoding(encoding: str | Encoding, shape: tuple[int, int]) -> None:
    """Raise if the results of an encoding do not match its declarations.

    Parameters
    ----------
    encoding : str or Encoding
        The encoding; names are those of encodings that are known to be valid.
    shape : tuple of (int, int)
        Rows and columns of the images.

    Raises
    ------
    ValueError
        If type, shape or values of its fingerprints, the shape of decoded images or the
        number of its names is wrong; the message names the encoding.
    """
    if isinstance(encoding, str):
        return
    dtype = np.dtype(encoding.dtype)
    if dtype.name not in VALUE_TYPES:
        raise ValueError(
            f"encoding {encoding!r} must have the dtype uint8 or int8; got {dtype}."
        )
    kept = np.resize([0.0, 2.0, -1.0, 0.0, 0.5, -3.0, 1.0], (2, *shape))
    planes = encode(kept, encoding)
    lowest = VALUE_TYPES[dtype.name].lowest
    if not lowest <= planes.min() <= planes.max() <= 1:
        raise ValueError(
            f"encoding {encoding!r} must give values from {lowest} to 1; got "
            f"{planes.min()} to {planes.max()}."
        )
    decoded = decode(planes, encoding)
    if decoded.shape != kept.shape:
        raise ValueError(
            f"encoding {encoding!r} must decode to the shape {kept.shape}; got "
            f"{decoded.shape}."
        )
    n_planes, rows, _ = encoding.fingerprint_shape(*shape)
    n_names = len(set(encoding.row_names(shape[0])))
    if n_names != n_planes * rows:
        raise ValueError(
            f"encoding {encoding!r} must have {n_planes * rows} different row_names; "
            f"got {n_names}."
        )
