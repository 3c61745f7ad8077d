"""Stations and their noise: microseism, local and cultural noise, site response."""

from dataclasses import dataclass

import numpy as np
from scipy import fft

MODULATION = 0.35  # standard deviation of the logarithm of the cultural noise
MODULATION_PERIOD = 8.0  # seconds
LINE_WIDTH = 0.05  # Hz, of the spectral lines of machines


@dataclass(frozen=True)
class Network:
    """Stations as columns of numbers, each of shape (n_stations,).

    Positions are in km, `kappa` in s, `resonance` in Hz with its `amplification` and
    `quality`. The parts of the noise have their rms in nm/s, a peak or corner frequency
    in Hz, and the exponent of the flank or the width in log frequency.
    """

    names: np.ndarray
    east: np.ndarray
    north: np.ndarray
    gain: np.ndarray
    kappa: np.ndarray
    resonance: np.ndarray
    amplification: np.ndarray
    quality: np.ndarray
    microseism: dict
    local: dict
    cultural: dict
    white: np.ndarray
    lines: np.ndarray


def draw_network(rng, n_stations, side_km):
    """Draw stations in a square, with their site responses and noise.

    The ranges are choices that were tuned with the levels of the waves, see
    `_synthesis`; the peak of the microseism lies at periods of 3 to 7 s.
    """

    def log_uniform(low, high, size=n_stations):
        return np.exp(rng.uniform(np.log(low), np.log(high), size))

    return Network(
        names=np.array([f"SY.S{number:02d}" for number in range(1, n_stations + 1)]),
        east=rng.uniform(0.0, side_km, n_stations),
        north=rng.uniform(0.0, side_km, n_stations),
        gain=rng.lognormal(0.0, 0.3, n_stations),
        kappa=rng.uniform(0.01, 0.05, n_stations),
        resonance=log_uniform(1.5, 10.0),
        amplification=rng.uniform(0.3, 1.5, n_stations),
        quality=rng.uniform(1.5, 4.0, n_stations),
        microseism={
            "rms": log_uniform(100.0, 4000.0),
            "peak": rng.uniform(0.14, 0.3, n_stations),
            "flank": rng.uniform(2.2, 3.2, n_stations),
        },
        local={
            "rms": log_uniform(20.0, 800.0),
            "corner": log_uniform(0.5, 2.0),
            "flank": rng.uniform(2.5, 4.0, n_stations),
        },
        cultural={
            "rms": log_uniform(2.0, 20.0),
            "peak": log_uniform(2.5, 9.0),
            "width": rng.uniform(0.3, 0.7, n_stations),
        },
        white=log_uniform(1.0, 6.0),
        lines=log_uniform(1.5, 15.0, (n_stations, 2)),
    )


def site_response(network, stations, frequencies):
    """Return causal site responses with the kappa filter, shape (n_records, n_freq)."""
    f = frequencies[None, :]
    f0 = network.resonance[stations, None]
    width = 1j * f * f0 / network.quality[stations, None]
    peak = network.amplification[stations, None] * width / (f0**2 - f**2 + width)
    kappa = np.exp(-np.pi * network.kappa[stations, None] * f)
    return network.gain[stations, None] * kappa * (1.0 + peak)


def noise_spectra(network, frequencies):
    """Return spectra of stationary and of cultural noise, (n_stations, n_freq).

    They are scaled so that a white Gaussian spectrum of unit variance times them has
    the rms of the station after an inverse FFT over these frequencies.
    """
    f = np.maximum(frequencies, 0.5 * frequencies[1])[None, :]
    peak = f / network.microseism["peak"][:, None]
    microseism = 1.0 / (peak**-4 + peak ** network.microseism["flank"][:, None])
    corner = f / network.local["corner"][:, None]
    local = corner / (1.0 + corner ** (1.0 + network.local["flank"][:, None]))
    hump = np.log(f / network.cultural["peak"][:, None])
    cultural = np.exp(-0.5 * (hump / network.cultural["width"][:, None]) ** 2)
    with np.errstate(under="ignore"):
        for line in network.lines.T:
            cultural += 2.0 * np.exp(-0.5 * ((f - line[:, None]) / LINE_WIDTH) ** 2)
    stationary = np.hypot(
        _with_rms(microseism, network.microseism["rms"]),
        _with_rms(local, network.local["rms"]),
    )
    white = _with_rms(np.ones_like(local), network.white)
    return np.hypot(stationary, white), _with_rms(cultural, network.cultural["rms"])


def band_rms(spectra, frequencies, low, high):
    """Return the root mean square, within a band, of noise with amplitude spectra."""
    inside = (frequencies >= low) & (frequencies <= high)
    return np.sqrt((spectra[:, inside] ** 2).sum(axis=1))


def gaussian_noise(rng, spectra, n_fft):
    """Draw stationary Gaussian noise of amplitude spectra, shape (n_records, n_fft)."""
    shape = spectra.shape
    white = rng.standard_normal(shape, dtype=np.float32) + 1j * rng.standard_normal(
        shape, dtype=np.float32
    )
    white *= (spectra * (n_fft / 2.0)).astype(np.float32)
    return fft.irfft(white, n_fft, axis=-1)


def slow_modulation(rng, n_records, times):
    """Draw a positive random modulation that changes over some seconds."""
    position = times / MODULATION_PERIOD
    left = position.astype(int)
    values = MODULATION * rng.standard_normal((n_records, left[-1] + 2))
    weight = 0.5 - 0.5 * np.cos(np.pi * (position - left))
    log_level = values[:, left] * (1 - weight) + values[:, left + 1] * weight
    return np.exp(log_level)


def _with_rms(spectra, rms):
    """Scale spectra, without their mean, to a root mean square."""
    spectra = spectra.copy()
    spectra[:, 0] = 0.0
    return spectra * (rms / np.sqrt((spectra**2).sum(axis=1)))[:, None]
