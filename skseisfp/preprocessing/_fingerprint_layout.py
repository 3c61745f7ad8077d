"""How fingerprints lie in arrays, with and without views, channels and planes."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FingerprintLayout:
    """Arrangement of fingerprints of one shape and encoding."""

    shape: tuple
    encoding: str
    flatten: bool

    @property
    def planes(self):
        """Shape of an encoded fingerprint: planes, rows, columns."""
        rows, columns = self.shape
        if self.encoding == "interleaved":
            return 1, 2 * rows, columns
        return 2 if self.encoding == "two_channel" else 1, rows, columns

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
            legal = ndim in (2, 3) and shape[-1] % (n_planes * rows * columns) == 0
        else:
            legal = shape[-2:] == (rows, columns) and (
                (ndim == 3 and n_planes == 1)
                or (ndim == 5 and shape[2] % n_planes == 0)
            )
        if not legal or not fingerprints.size:
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
        rows, columns = self.shape
        lines = [f"haar_f{row}" for row in range(rows)]
        signs = ("positive", "negative")
        if self.encoding == "two_channel":
            lines = [f"{sign}_{line}" for sign in signs for line in lines]
        elif self.encoding == "interleaved":
            lines = [f"{sign}_{line}" for line in lines for sign in signs]
        if n_channels > 1:
            lines = [f"channel{i}_{line}" for i in range(n_channels) for line in lines]
        names = [f"{line}_t{column}" for line in lines for column in range(columns)]
        return np.array(names, dtype=object)
