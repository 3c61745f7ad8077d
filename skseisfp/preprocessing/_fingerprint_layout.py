"""How fingerprints lie in arrays, with and without views, channels and planes."""

from dataclasses import dataclass

import numpy as np

from ..signal.encoding import Encoding


@dataclass(frozen=True)
class FingerprintLayout:
    """Arrangement of fingerprints of one shape and encoding."""

    shape: tuple[int, int]
    encoding: Encoding
    flatten: bool

    @property
    def planes(self):
        """Shape of an encoded fingerprint: planes, rows, columns."""
        return self.encoding.fingerprint_shape(*self.shape)

    def arrange(self, fingerprints):
        """From (records, [views, channels,] planes, rows, columns) to the output."""
        with_views = fingerprints.ndim == 6
        if self.flatten:
            return fingerprints.reshape(
                *fingerprints.shape[: 2 if with_views else 1], -1
            )
        if fingerprints.ndim == 4 and fingerprints.shape[1] == 1:
            return fingerprints[:, 0]
        n_views = fingerprints.shape[1] if with_views else 1
        return fingerprints.reshape(
            len(fingerprints), n_views, -1, *fingerprints.shape[-2:]
        )

    def unroll(self, fingerprints):
        """From the output to (records, views, channels, planes, rows, columns)."""
        n_planes, rows, columns = self.planes
        shape, ndim = fingerprints.shape, fingerprints.ndim
        if self.flatten:
            valid = ndim in (2, 3) and shape[-1] % (n_planes * rows * columns) == 0
        else:
            valid = shape[-2:] == (rows, columns) and (
                (ndim == 3 and n_planes == 1)
                or (ndim == 5 and shape[2] % n_planes == 0)
            )
        if not valid or not fingerprints.size:
            raise ValueError(
                f"fingerprints of shape {shape} are not those of this transformer "
                f"(flatten={self.flatten}, {n_planes} plane(s) of {rows} x {columns})."
            )
        with_views = ndim == (3 if self.flatten else 5)
        n_views = shape[1] if with_views else 1
        return fingerprints.reshape(
            len(fingerprints), n_views, -1, n_planes, rows, columns
        )

    def feature_names(self, n_channels):
        """Names of the features of a flat fingerprint."""
        lines = self.encoding.row_names(self.shape[0])
        if n_channels > 1:
            lines = [f"channel{i}_{line}" for i in range(n_channels) for line in lines]
        columns = range(self.planes[2])
        names = [f"{line}_t{column}" for line in lines for column in columns]
        return np.array(names, dtype=object)
