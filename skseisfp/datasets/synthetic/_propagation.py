"""Paths: travel times, attenuation, envelopes of scattered waves, dispersed Rg."""

import numpy as np

VP, VS, V_LG = 6.1, 3.52, 3.25  # km/s in the upper crust; vp / vs = sqrt(3)
RG_CENTRE = 1.2  # Hz
RG_WIDTH = 0.45  # standard deviation of log frequency
CODA_CENTRES = (1.0, 2.0, 4.0, 8.0, 16.0)  # Hz, octave bands of the S coda


def attenuation(frequencies, travel_time, q0):
    """Return the anelastic factor exp(-pi f t / Q(f)) with Q = q0 f^0.5."""
    return np.exp(-np.pi * np.outer(travel_time, np.sqrt(frequencies)) / q0)


def pulse_envelope(times, onset, decay):
    """Return the envelope of a direct wave: a sharp rise, then an exponential fall."""
    t = np.maximum(times[None, :] - onset[:, None], 0.0)
    return _unit_energy(t * np.exp(-t / decay[:, None]), times)


def coda_envelope(times, onset, frequency):
    """Return the envelope of single-scattered coda at a frequency, with Q = 90 f^0.7.

    It rises within 0.8 s and spreads as 1 / (1 + t / 4 s).
    """
    t = np.maximum(times[None, :] - onset[:, None], 0.0)
    fall = np.exp(-np.pi * frequency**0.3 * t / 90.0)
    return _unit_energy(fall * (1.0 - np.exp(-t / 0.8)) / (1.0 + t / 4.0), times)


def lg_envelope(times, origin, distance_km):
    """Return the envelope of Lg, a wave train after S that lengthens with distance."""
    centre = origin + distance_km / V_LG + 1.0
    t = (times[None, :] - centre[:, None]) / (0.6 + 0.02 * distance_km[:, None])
    return _unit_energy(np.exp(-0.5 * t**2), times)


def octave_window(frequencies, centre):
    """Return a cosine window of one octave to both sides.

    The powers of neighbours sum to one.
    """
    octaves = np.log2(np.maximum(frequencies, 1e-3) / centre)
    if centre == CODA_CENTRES[0]:
        octaves = np.maximum(octaves, 0.0)
    if centre == CODA_CENTRES[-1]:
        octaves = np.minimum(octaves, 0.0)
    return np.cos(0.5 * np.pi * np.clip(octaves, -1.0, 1.0))


def rg_spectrum(frequencies, distance_km, origin):
    """Return dispersed and attenuated Rg, of modulus 1 at 1.2 Hz and 100 km.

    Group slowness grows with frequency from 0.34 s/km at 0.5 Hz to 0.44 s/km at 2 Hz
    (about 0.4 s/km at 1.2 Hz) and Q is 70; `origin` is in seconds after the record
    start.
    """
    f = np.maximum(frequencies, 0.05)
    slowness = 0.39 + 0.05 * np.clip(np.log2(f), -1.0, 1.0)
    delay = np.cumsum(slowness) * frequencies[1]
    phase = np.outer(distance_km, delay) + np.outer(origin, frequencies)
    band = np.exp(-0.5 * (np.log(f / RG_CENTRE) / RG_WIDTH) ** 2)
    loss = np.outer(distance_km, f * slowness) - 100.0 * RG_CENTRE * 0.4
    spread = np.sqrt(100.0 / distance_km)[:, None]
    return band * spread * np.exp(-np.pi * loss / 70.0 - 2j * np.pi * phase)


def local_amplitude(magnitude, distance_km):
    """Return the peak ground velocity in nm/s of a local magnitude, at 3 Hz.

    Hutton and Boore (1987): -log A0 = 1.11 log(r / 100) + 0.00189 (r - 100) + 3, with
    the magnification of the Wood-Anderson seismometer, 2080 (Uhrhammer and Collins,
    1990).
    """
    log_a0 = 1.11 * np.log10(distance_km / 100) + 0.00189 * (distance_km - 100) + 3.0
    displacement_nm = 10.0 ** (magnitude - log_a0) * 1e6 / 2080.0
    return 2.0 * np.pi * 3.0 * displacement_nm


def _unit_energy(envelope, times):
    """Scale each row to an energy of one second."""
    step = times[1] - times[0]
    energy = np.sqrt((envelope**2).sum(axis=1, keepdims=True) * step)
    return envelope / np.maximum(energy, np.finfo(np.float32).tiny)
