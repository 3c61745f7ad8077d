"""Waves and noise of records, for a chunk of whole events at a time."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

from . import _noise, _propagation
from ._source import SOURCE_KINDS, brune_velocity, delay_spectrum, radiation_pattern

# Root mean square of the pattern of a double couple over the focal sphere:
# sqrt(4 / 15) and sqrt(2 / 5), Boore and Boatwright (1984).
P_PATTERN, S_PATTERN = 0.52, 0.63
# The numbers that follow, those of `_waves`, and the ranges of sources and noise are
# choices, not measurements: they were tuned together until the default set had the
# properties that the notes of `make_seismograms` state and its tests measure.
PATTERN_FLOOR = 0.2  # scattering fills the nodes
# Share of a wave on Z, R and T. Of P, cosine and sine of an incidence of 30 degrees; of
# Rg, whose particles move on an ellipse, R is a quarter of a period from Z.
P_MIXING = (0.87, 0.5, 0.1)
S_MIXING = (0.5, 0.7, 0.9)
P_CODA_MIXING = (0.8, 0.6, 0.5)
S_CODA_MIXING = (0.6, 0.8, 0.8)
RG_MIXING = (1.0, -0.7j, 0.05)
P_CODA, S_CODA, LG = 0.8, 1.0, 0.6  # level against the direct wave
PATH_SCATTER = 0.2  # of each term of the logarithm of the path spectrum
HORIZONTAL_NOISE = 1.4  # against the vertical component
MAGNITUDE_BAND = (1.2, 10.0)  # Hz, in which the peaks fix the magnitude
P_Q, S_Q = 300.0, 220.0  # at 1 Hz


@dataclass(frozen=True)
class Grid:
    """Times and frequencies of the synthesis, longer than a record against wrapping."""

    sampling_rate: float
    n_samples: int

    @cached_property
    def n_fft(self) -> int:
        """Length of the transforms, a quarter longer than a record or more."""
        length: Any = fft.next_fast_len(self.n_samples * 5 // 4, real=True)
        return length

    @cached_property
    def times(self) -> npt.NDArray:
        """Times in seconds since the start of a record."""
        return np.arange(self.n_fft) / self.sampling_rate

    @cached_property
    def frequencies(self) -> npt.NDArray:
        """Frequencies in Hz."""
        return fft.rfftfreq(self.n_fft, 1.0 / self.sampling_rate)

    def samples_of(self, spectra) -> npt.NDArray:
        """Return the samples of spectra, of the length of a record."""
        waves: Any = fft.irfft(spectra, self.n_fft, axis=-1)
        return waves[..., : self.n_samples]


def make_signals(rng, grid, network, events, records, n_components):
    """Make noise-free records in nm/s, shape (n_records, n_components, n_samples).

    `records` holds whole events: the peaks of an event in `MAGNITUDE_BAND` on the first
    component are, in the mean of their logarithms, those of its local magnitude.
    """
    own, local = np.unique(records["event"], return_inverse=True)
    sources = events.iloc[own]
    shape = (len(records), n_components, grid.frequencies.size)
    spectra = np.zeros(shape, np.complex64)
    for transfer, envelope, mixing, polarised in _waves(
        rng, grid, sources, local, records
    ):
        burst = _burst(rng, envelope)
        for component, share in enumerate(mixing[:n_components]):
            if component and not polarised:
                burst = _burst(rng, envelope)
            spectra[:, component] += share * transfer * burst
    site = _noise.site_response(network, records["site"].to_numpy(), grid.frequencies)
    site *= _path_scatter(rng, len(records), grid.frequencies)
    spectra *= site[:, None].astype(np.complex64)
    spectra *= _magnitude_gain(grid, spectra[:, 0], sources, local, records)
    if n_components == 3:
        _rotate(spectra, records["azimuth"].to_numpy())
    return grid.samples_of(spectra)


def make_noise(rng, grid, network, events, records, n_components):
    """Make noise in nm/s, shape (n_records, n_components, n_samples)."""
    site = records["site"].to_numpy()
    storm = events["microseism"].to_numpy()[records["event"], None]
    natural, cultural = _noise.noise_spectra(network, grid.frequencies)
    modulation = _noise.slow_modulation(rng, len(records), grid.times)
    modulation *= records["cultural"].to_numpy()[:, None]
    components = []
    for component in range(n_components):
        level = HORIZONTAL_NOISE if component else 1.0
        noise = _noise.gaussian_noise(rng, level * storm * natural[site], grid.n_fft)
        hum = _noise.gaussian_noise(rng, level * cultural[site], grid.n_fft)
        noise += hum * modulation.astype(np.float32)
        components.append(noise[:, : grid.n_samples])
    return np.stack(components, axis=1)


def band_pass(records, grid, low, high):
    """Filter by the gain of a Butterworth band-pass of order 4, run in both ways."""
    f = np.maximum(fft.rfftfreq(grid.n_fft, 1.0 / grid.sampling_rate), 1e-3)
    gain = 1.0 / ((1.0 + (low / f) ** 8) * (1.0 + (f / high) ** 8))
    spectra = fft.rfft(records, grid.n_fft, axis=-1) * gain.astype(np.float32)
    return grid.samples_of(spectra)


def _waves(rng, grid, sources, local, records):
    """Yield (transfer, envelope or None, shares on Z, R and T, polarised) per wave."""
    f, times = grid.frequencies, grid.times
    kinds = [SOURCE_KINDS[name] for name in sources["event_type"]]
    corner = sources["corner"].to_numpy()
    firing = np.array([delay_spectrum(rng, f, kind) for kind in kinds])
    p_source = brune_velocity(f, corner * sources["corner_ratio"].to_numpy()) * firing
    s_source = brune_velocity(f, corner) * firing
    s_source *= sources["s_to_p"].to_numpy()[:, None]
    p_pattern, s_pattern = _patterns(rng, kinds, sources, local, records)

    slant = records["slant_km"].to_numpy()
    spread = (100.0 / slant)[:, None]  # of body waves, 1 at 100 km
    p_travel, s_travel = records["p_travel"].to_numpy(), records["s_travel"].to_numpy()
    p_time = records["p_time"].to_numpy()
    origin = p_time - p_travel
    s_time = origin + s_travel
    p_wave = p_source[local] * _propagation.attenuation(f, p_travel, P_Q) * spread
    s_wave = s_source[local] * _propagation.attenuation(f, s_travel, S_Q) * spread

    envelope = _propagation.pulse_envelope(times, p_time, 0.1 + 0.003 * slant)
    yield p_wave * p_pattern, envelope, P_MIXING, True
    envelope = _propagation.coda_envelope(times, p_time, 4.0)
    yield p_wave * (P_CODA * P_PATTERN), envelope, P_CODA_MIXING, False
    envelope = _propagation.pulse_envelope(times, s_time, 0.15 + 0.006 * slant)
    yield s_wave * s_pattern, envelope, S_MIXING, True
    for centre in _propagation.CODA_CENTRES:
        envelope = _propagation.coda_envelope(times, s_time, centre)
        window = S_CODA * S_PATTERN * _propagation.octave_window(f, centre)
        yield s_wave * window, envelope, S_CODA_MIXING, False
    envelope = _propagation.lg_envelope(times, origin, slant)
    level = LG * S_PATTERN * np.sqrt(slant / 100.0)[:, None]  # it spreads as r^-1/2
    yield s_wave * level, envelope, S_CODA_MIXING, False
    if sources["rg"].any():
        rg = _propagation.rg_spectrum(f, records["distance_km"].to_numpy(), origin)
        level = sources["rg"].to_numpy()[local, None] * np.sqrt(grid.sampling_rate)
        yield s_source[local] * rg * level, None, RG_MIXING, True


def _burst(rng, envelope):
    """Return spectra of white noise in an envelope; an impulse where there is none."""
    if envelope is None:
        return np.float32(1.0)
    white = rng.standard_normal(envelope.shape, dtype=np.float32)
    return fft.rfft(white * envelope.astype(np.float32), axis=-1)


def _patterns(rng, kinds, sources, local, records):
    """Return P and S amplitudes towards each station, shape (n_records, 1) each."""
    strike, dip, rake = (
        sources[name].to_numpy()[local] for name in ("strike", "dip", "rake")
    )
    azimuth, takeoff = records["azimuth"].to_numpy(), records["takeoff"].to_numpy()
    p, s = radiation_pattern(strike, dip, rake, azimuth, takeoff)
    p, s = np.hypot(p, PATTERN_FLOOR), np.hypot(s, PATTERN_FLOOR)
    couple = np.array([kind.double_couple for kind in kinds])[local]
    scatter = rng.lognormal(0.0, 0.25, (2, len(records)))
    p = np.where(couple, p, P_PATTERN) * scatter[0]
    s = np.where(couple, s, S_PATTERN) * scatter[1]
    return p[:, None], s[:, None]


def _path_scatter(rng, n_records, frequencies):
    """Draw a smooth factor over log frequency, shape (n_records, n_freq)."""
    octaves = np.log2(np.maximum(frequencies, 0.1))
    phase = 2 * np.pi * octaves / 8.0  # the first term has a period of 8 octaves
    log_factor = np.zeros((n_records, frequencies.size))
    for term in range(1, 6):
        shift = rng.uniform(0.0, 2 * np.pi, (n_records, 1))
        weight = rng.normal(0.0, PATH_SCATTER, (n_records, 1))
        log_factor += weight * np.cos(term * phase + shift)
    return np.exp(log_factor)


def _magnitude_gain(grid, spectra, sources, local, records):
    """Return the gain that gives each event its magnitude, shape (n_records, 1, 1)."""
    traces = grid.samples_of(spectra)
    peak = np.abs(band_pass(traces, grid, *MAGNITUDE_BAND)).max(axis=1)
    magnitude = sources["magnitude"].to_numpy()[local]
    wanted = _propagation.local_amplitude(magnitude, records["slant_km"].to_numpy())
    log_gain = np.log10(wanted / peak)
    mean = np.bincount(local, log_gain) / np.bincount(local)
    return (10.0 ** mean[local])[:, None, None].astype(np.float32)


def _rotate(spectra, azimuth):
    """Rotate R and T to N and E in place, azimuth from source to station."""
    cos, sin = np.cos(azimuth)[:, None], np.sin(azimuth)[:, None]
    radial, transverse = spectra[:, 1].copy(), spectra[:, 2].copy()
    spectra[:, 1] = cos * radial - sin * transverse
    spectra[:, 2] = sin * radial + cos * transverse
