"""Seismic sources: Brune spectra, double couples and delay-fired blasts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SHEAR_VELOCITY = 3500.0  # m/s at the source
S_TO_P_FAR_FIELD = 5.2  # (vp / vs)^3 = 3^(3/2) for a Poisson solid


@dataclass(frozen=True)
class SourceKind:
    """What distinguishes one class of events; ranges are (low, high).

    Parameters
    ----------
    depth_km : tuple of float
        Source depth.
    stress_drop : float
        Median stress drop in Pa, of the equivalent Brune source.
    corner_ratio : float
        Corner frequency of P over that of S.
    double_couple : bool
        Whether P and S follow the radiation pattern of a random double couple.
    s_to_p : float
        Median ratio of S to P amplitude at the source, without the pattern.
    s_to_p_scatter : float
        Standard deviation of its decadic logarithm from event to event.
    rg : float
        Median amplitude of Rg relative to S at 1.2 Hz and 100 km; 0 for none.
    rows, holes : tuple of int
        Number of rows and of holes per row that are fired with delays.
    row_delay, hole_delay : tuple of float
        Delay in seconds between rows and between holes of a row.
    """

    depth_km: tuple[float, float]
    stress_drop: float
    corner_ratio: float
    double_couple: bool
    s_to_p: float
    s_to_p_scatter: float
    rg: float = 0.0
    rows: tuple[int, int] = (1, 1)
    holes: tuple[int, int] = (1, 1)
    row_delay: tuple[float, float] = (0.0, 0.0)
    hole_delay: tuple[float, float] = (0.0, 0.0)


# Ratios of S to P and levels of Rg were tuned with the levels of the waves, see
# `_synthesis`; delays are those of quarries and of underground mines.
SOURCE_KINDS = {
    "earthquake": SourceKind(
        depth_km=(2.0, 12.0),
        stress_drop=1e6,
        corner_ratio=1.3,
        double_couple=True,
        s_to_p=S_TO_P_FAR_FIELD,
        s_to_p_scatter=0.1,
    ),
    "quarry_blast": SourceKind(
        depth_km=(0.01, 0.03),
        stress_drop=5e5,
        corner_ratio=1.8,
        double_couple=False,
        s_to_p=2.4,
        s_to_p_scatter=0.2,
        rg=1.5,
        rows=(2, 5),
        holes=(4, 12),
        row_delay=(0.065, 0.2),
        hole_delay=(0.017, 0.042),
    ),
    "mine_blast": SourceKind(
        depth_km=(0.3, 1.0),
        stress_drop=1e6,
        corner_ratio=1.8,
        double_couple=False,
        s_to_p=2.4,
        s_to_p_scatter=0.2,
        rows=(1, 3),
        holes=(3, 8),
        row_delay=(0.1, 0.3),
        hole_delay=(0.02, 0.05),
    ),
}


def corner_frequency(
    magnitude: npt.ArrayLike, stress_drop: npt.ArrayLike
) -> npt.NDArray:
    """Return the corner frequency of S in Hz after Brune (1970).

    It is 4.9e6 b (D / M)^(1/3) with b in km/s, the stress drop D in bar and the moment
    M in dyn cm, thus 0.49 b (D / M)^(1/3) in SI units; the moment follows from the
    moment magnitude by Hanks and Kanamori (1979).
    """
    moment = 10.0 ** (1.5 * np.asarray(magnitude) + 9.1)  # N m
    return 0.49 * SHEAR_VELOCITY * np.cbrt(np.asarray(stress_drop) / moment)


def brune_velocity(frequencies: npt.NDArray, corner: npt.NDArray) -> npt.NDArray:
    """Return far-field velocity spectra of unit moment, shape (n_events, n_freq)."""
    f = frequencies[None, :]
    return 2j * np.pi * f / (1.0 + (f / corner[:, None]) ** 2)


def delay_spectrum(
    rng: np.random.Generator, frequencies: npt.NDArray, kind: SourceKind
) -> npt.NDArray:
    """Return the spectrum of a delay-fired pattern of charges, 1 at zero frequency.

    The delays scatter by 4 ms, as pyrotechnic caps do, and the charges by 20 %; equal
    delays between rows reinforce the multiples of their inverse, which gives the
    spectra of ripple-fired blasts their bands.
    """
    rows = rng.integers(*kind.rows, endpoint=True)
    holes = rng.integers(*kind.holes, endpoint=True)
    delays = (
        np.arange(rows)[:, None] * rng.uniform(*kind.row_delay)
        + np.arange(holes)[None, :] * rng.uniform(*kind.hole_delay)
    ).ravel()
    if delays.size == 1:
        return np.ones_like(frequencies, dtype=complex)
    delays = delays + rng.normal(0.0, 0.004, delays.size)
    charges = rng.lognormal(0.0, 0.2, delays.size)
    charges /= charges.sum()
    phases = 2 * np.pi * np.outer(delays - delays.min(), frequencies)
    return charges @ np.cos(phases) - 1j * (charges @ np.sin(phases))


def radiation_pattern(
    strike: npt.ArrayLike,
    dip: npt.ArrayLike,
    rake: npt.ArrayLike,
    azimuth: npt.ArrayLike,
    takeoff: npt.ArrayLike,
) -> tuple[npt.NDArray, npt.NDArray]:
    """Return the absolute P and S radiation of double couples, angles in radians.

    Equations 4.89 to 4.91 of Aki and Richards (2002); S is the vector sum of SV and SH.
    """
    phi = np.asarray(azimuth) - np.asarray(strike)
    sin_i, cos_i, sin_2i, cos_2i = _multiples(takeoff)
    sin_d, cos_d, sin_2d, cos_2d = _multiples(dip)
    sin_p, cos_p, sin_2p, cos_2p = _multiples(phi)
    sin_r, cos_r = np.sin(rake), np.cos(rake)
    p = (
        cos_r * sin_d * sin_i**2 * sin_2p
        - cos_r * cos_d * sin_2i * cos_p
        + sin_r * sin_2d * (cos_i**2 - sin_i**2 * sin_p**2)
        + sin_r * cos_2d * sin_2i * sin_p
    )
    sv = (
        sin_r * cos_2d * cos_2i * sin_p
        - cos_r * cos_d * cos_2i * cos_p
        + 0.5 * cos_r * sin_d * sin_2i * sin_2p
        - 0.5 * sin_r * sin_2d * sin_2i * (1.0 + sin_p**2)
    )
    sh = (
        cos_r * cos_d * cos_i * sin_p
        + cos_r * sin_d * sin_i * cos_2p
        + sin_r * cos_2d * cos_i * cos_p
        - 0.5 * sin_r * sin_2d * sin_i * sin_2p
    )
    return np.abs(p), np.hypot(sv, sh)


def _multiples(angle):
    """Return sine and cosine of an angle and of its double."""
    return np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)
