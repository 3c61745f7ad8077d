"""The groups of physics features: the names and the values of each."""

import numpy as np

from ..signal.brune import fit_brune
from ..signal.envelopes import (
    EnvelopeShape,
    envelope_shape,
    log_duration,
    log_power_ratio,
    magnitude_difference,
)
from ..signal.modulation import Banding, Stability, banding, stability
from ..signal.phase_windows import (
    band_power,
    band_weights,
    first_motion,
    log_amplitude_ratio,
)
from ..signal.spectral_shape import (
    ENERGY_BANDS,
    FrameShape,
    SpectralShape,
    band_kurtosis,
    frame_shape,
    log_band_ratio,
    log_energy_parts,
    spectral_shape,
    spectral_slope,
)
from ._physics_record import RG_BAND, SG_BANDS

MOTIONS = ("displacement", "velocity", "acceleration")
# Lines of a source spectrum that are fitted; chosen here, not published.
_BRUNE_LOWEST = 0.5  # Hz, above the microseisms, and at least two periods in the window
_BRUNE_NYQUIST_PART = 0.8  # the pass band of usual anti-alias filters
_ABOVE_NOISE = 4.0  # in power: twice the amplitude


def ratio_names(policy):
    """Name the ratios of phases."""
    bands = [f"log_ps_{low:g}_{high:g}" for low, high in policy.bands()]
    return [*bands, "log_rg_sg", "log_sg_low_high"]


def ratios(record):
    """Compare phases, with the noise subtracted."""
    lines, noise = record.lines, record.noise_power
    by_band = [
        power @ lines.ratio_weights for power in (record.p_power, record.s_power, noise)
    ]
    rg = band_power(record.samples, record.rg_window, [RG_BAND], record.rate)[0]
    noise_in_rg, noise_in_sg = noise @ lines.rg_sg_weights
    sg = record.s_power @ lines.rg_sg_weights[:, 1]
    low, high = (record.s_power - noise) @ lines.sg_weights
    return [
        *log_amplitude_ratio(*by_band),
        log_amplitude_ratio(rg - noise_in_rg, sg - noise_in_sg, 0.0),
        log_amplitude_ratio(low, high, 0.0),
    ]


FIT_NAMES = ("fc", "t_star", "phi", "misfit")
SOURCE_NAMES = [
    *(f"{name}_{phase}" for phase in "ps" for name in FIT_NAMES),
    "log_fc_ratio",
    *(f"{name}_event" for name in FIT_NAMES),
]


def source(record):
    """Fit source spectra to P, to S and to the event."""
    lines, noise = record.lines.frequencies, record.noise_power
    p = _fit(record, record.p_window, lines, record.p_power, noise)
    s = _fit(record, record.s_window, lines, record.s_power, noise)
    event = _fit(record, record.event, *record.event_lines)
    log_corner_ratio = np.log10(p.corner / s.corner)
    return [*_fit_values(p), *_fit_values(s), log_corner_ratio, *_fit_values(event)]


def _fit_values(fit):
    """Return the features of a fit."""
    return fit.corner, fit.t_star, phi(fit), fit.misfit


def phi(fit):
    """Return log10 of the level plus three times that of the corner.

    The seismic moment is proportional to the level, the stress drop to the moment
    times the cube of the corner (Brune 1970).
    """
    return fit.log_level + 3 * np.log10(fit.corner)


def _fit(record, window, frequencies, power, noise):
    """Fit the spectrum of a window where it is above the noise."""
    duration = 0.0 if window is None else (window[1] - window[0]) / record.rate
    lowest = max(_BRUNE_LOWEST, 2 / duration) if duration else np.inf
    highest = _BRUNE_NYQUIST_PART * record.rate / 2
    usable = (frequencies >= lowest) & (frequencies <= highest)
    usable &= power > _ABOVE_NOISE * noise
    density = (power - noise) * duration / (2 * (frequencies[1] - frequencies[0]))
    return fit_brune(
        frequencies,
        np.sqrt(np.where(usable, density, 0)),
        usable,
        n_derivatives=MOTIONS.index(record.policy.motion),
    )


def magnitude(record):
    """Compare amplitude and duration."""
    return [
        log_duration(record.event, record.rate),
        magnitude_difference(
            record.envelope, record.event, record.rate, record.policy.coda_slope
        ),
    ]


def complexity(record):
    """Compare the energies of parts of the event."""
    power, (middle, end) = record.squares, record.policy.complexity_times
    begin, rest = record.after_onset(0, middle), record.after_onset(middle, end)
    p, s = record.p_window, record.s_window
    whole = None if p is None else record.event
    start, stop = record.event
    half = (start + stop) // 2
    early = (start, half) if half > start else None
    return [
        log_power_ratio(power, rest, begin, mean=False),
        log_power_ratio(power, p, whole, mean=True),
        log_power_ratio(power, s, whole, mean=True),
        log_power_ratio(power, record.coda_window, p, mean=True),
        log_power_ratio(power, (half, stop), early, mean=True),
    ]


def _band_names(stem):
    """Name the features of the bands of energy."""
    return [f"{stem}_{low:g}_{high:g}" for low, high in ENERGY_BANDS]


SPECTRAL_NAMES = [
    "slope",
    "log_ratio",
    "log_ratio_p",
    "log_ratio_s",
    *SpectralShape._fields,
    *_band_names("log_energy"),
    *_band_names("kurtosis"),
    *(f"frame_{name}" for name in FrameShape._fields),
    "log_low_high",
]


def spectral(record):
    """Describe the spectrum of the event and of its parts."""
    frequencies, power = record.event_spectrum
    ratio_weights, energy_weights = record.event_weights
    phase_weights = record.lines.phase_ratio_weights
    gram = record.sonogram
    frames = [np.nan] * len(FrameShape._fields)
    return [
        spectral_slope(frequencies, power, record.rate / 2),
        log_band_ratio(power, ratio_weights),
        log_band_ratio(record.p_power, phase_weights),
        log_band_ratio(record.s_power, phase_weights),
        *spectral_shape(frequencies, power),
        *log_energy_parts(power, energy_weights),
        *band_kurtosis(record.samples, record.event, record.rate),
        *(frames if gram is None else frame_shape(gram.power, gram.frequencies)),
        _log_low_high(record),
    ]


def _log_low_high(record):
    """Compare amplitudes of the event in two bands, with the noise subtracted."""
    frequencies, power = record.event_spectrum
    weights = band_weights(frequencies, SG_BANDS, record.lines.nyquist)
    low, high = (power - record.event_noise_power) @ weights
    return log_amplitude_ratio(low, high, 0.0)


def _of_sonogram(measure, n_values):
    """Return a function that measures the sonogram of a record, if there is one."""

    def values(record):
        """Return the measures, or NaN."""
        gram = record.sonogram
        return [np.nan] * n_values if gram is None else measure(gram)

    return values


def envelope_form(record):
    """Describe the envelope of the event."""
    return envelope_shape(record.event_samples, record.envelope[slice(*record.event)])


def polarity(record):
    """Describe the first motion."""
    return [
        first_motion(
            record.samples[0], record.p_arrival, record.noise_window, record.rate
        )
    ]


def _fixed(*names):
    """Return a function of the parameters that returns the same names always."""
    return lambda policy: names


# functions of the parameters that return names, and of a record that return values
GROUPS = {
    "ratios": (ratio_names, ratios),
    "source": (_fixed(*SOURCE_NAMES), source),
    "magnitude": (_fixed("log_duration", "ml_mc"), magnitude),
    "complexity": (
        _fixed("complexity", "log_p_event", "log_s_event", "log_p_coda", "log_halves"),
        complexity,
    ),
    "spectral": (_fixed(*SPECTRAL_NAMES), spectral),
    "banding": (_fixed(*Banding._fields), _of_sonogram(banding, len(Banding._fields))),
    "stability": (
        _fixed(*Stability._fields),
        _of_sonogram(stability, len(Stability._fields)),
    ),
    "envelope": (_fixed(*EnvelopeShape._fields), envelope_form),
    "polarity": (_fixed("first_motion"), polarity),
}
_PREFIXED = ("spectral", "banding", "stability", "envelope")


def group_names(group, policy):
    """Return the names of the features of a group."""
    names = GROUPS[group][0](policy)
    return [f"{group}_{name}" if group in _PREFIXED else name for name in names]


def group_values(group, record):
    """Return the values of the features of a group."""
    return GROUPS[group][1](record)
