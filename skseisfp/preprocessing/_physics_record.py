"""Windows and spectra of a record for the physics features, each computed once."""

from functools import cached_property

import numpy as np
from scipy import fft

from ..signal.arrivals import arrival_samples, arrival_times
from ..signal.envelopes import envelope, event_window
from ..signal.modulation import least_samples, sonogram
from ..signal.phase_windows import (
    band_weights,
    estimate_s_arrival,
    fast_length,
    phase_window,
    rg_window,
    window_power,
)
from ..signal.spectral_shape import ENERGY_BANDS, PHASE_RATIO_BANDS, RATIO_BANDS

RG_BAND, SG_BAND = (0.5, 2.0), (0.5, 8.0)  # Hz, Koper et al. 2024
SG_BANDS = (1.0, 2.0), (6.0, 8.0)  # Hz, chosen here


def longest_window(policy):
    """Return the length of the longest window about an onset, in seconds."""
    windows = policy.p_window, policy.s_window, policy.noise_window
    return max(window[1] - window[0] for window in windows if window)


class PhaseLines:
    """Frequencies that the spectra of all windows share, and their weights in bands."""

    def __init__(self, policy):
        # arrivals are rounded, too
        n_least = int(longest_window(policy) * policy.sampling_rate) + 2
        self.n_fft = fast_length(n_least)
        self.frequencies = fft.rfftfreq(self.n_fft, 1 / policy.sampling_rate)
        self.nyquist = policy.sampling_rate / 2
        self.ratio_weights = self._weights(policy.bands())
        self.rg_sg_weights = self._weights((RG_BAND, SG_BAND))
        self.sg_weights = self._weights(SG_BANDS)
        self.phase_ratio_weights = self._weights(PHASE_RATIO_BANDS)

    def _weights(self, bands):
        """Return the weights of the lines in bands."""
        return band_weights(self.frequencies, bands, self.nyquist)


class PhysicsRecord:
    """One record of shape (n_channels, n_samples), its windows and spectra.

    Parameters
    ----------
    samples : ndarray of shape (n_channels, n_samples)
        Record.
    policy : PhysicsFeatures
        The parameters.
    lines : PhaseLines
        Frequencies of the windows.
    times : tuple of float
        Seconds from the first sample to P, S and the origin, NaN where not known.
    """

    def __init__(self, samples, policy, lines, times):
        self.samples = samples
        self.policy = policy
        self.lines = lines
        self.rate = policy.sampling_rate
        p, s, origin = arrival_samples(times, self.rate)
        if np.isnan(s) and policy.vp_vs is not None:
            s = estimate_s_arrival(p, origin, policy.vp_vs)
        s = np.nan if s <= p else s
        self.p_arrival, self.s_arrival = arrival_times((p, s), self.rate)

    @cached_property
    def p_window(self):
        """P, at most to the window of S, if there is S."""
        policy, limit = self.policy, self.samples.shape[1]
        if self.s_arrival >= 0:
            s = arrival_samples(self.s_arrival, self.rate)
            s_start = s + min(policy.s_window[0], 0) * self.rate
            limit = max(min(limit, round(s_start)), 0)
        return phase_window(self.p_arrival, policy.p_window, (0, limit), self.rate)

    @cached_property
    def s_window(self):
        """S."""
        return self._window(self.s_arrival, self.policy.s_window)

    @cached_property
    def noise_window(self):
        """Noise before P."""
        if self.policy.noise_window is None:
            return None
        return self._window(self.p_arrival, self.policy.noise_window)

    @cached_property
    def rg_window(self):
        """Rg, by the time from P to S."""
        if not self.s_arrival > self.p_arrival:
            return None
        p, s = arrival_samples((self.p_arrival, self.s_arrival), self.rate)
        window = [samples / self.rate for samples in rg_window(s - p)]
        return self._window(self.p_arrival, window)

    @cached_property
    def coda_window(self):
        """The coda of P, from the end of its window to S or for as long again."""
        if self.p_window is None:
            return None
        first, start = self.p_window
        s = arrival_samples(self.s_arrival, self.rate)
        stop = s if s > start else 2 * start - first
        return self._window(start / self.rate, (0, (stop - start) / self.rate))

    @cached_property
    def p_power(self):
        """Spectrum of P."""
        return self._power(self.p_window)

    @cached_property
    def s_power(self):
        """Spectrum of S."""
        return self._power(self.s_window)

    @cached_property
    def noise_power(self):
        """Spectrum of the noise; zero if no noise is subtracted."""
        if self.policy.noise_window is None:
            return np.zeros_like(self.lines.frequencies)
        return self._power(self.noise_window)

    @cached_property
    def envelope(self):
        """Envelope over all channels."""
        return envelope(self.samples)

    @cached_property
    def event(self):
        """First sample of the event and the one after its last."""
        return event_window(self.envelope, self.p_arrival, self.noise_window, self.rate)

    @cached_property
    def event_samples(self):
        """The part of the record that is the event."""
        return self.samples[:, slice(*self.event)]

    @cached_property
    def event_spectrum(self):
        """Frequencies and power of the event."""
        n_samples = self.event_samples.shape[1]
        n_fft = fast_length(max(n_samples, 2))
        frequencies = fft.rfftfreq(n_fft, 1 / self.rate)
        return frequencies, window_power(self.samples, self.event, n_fft)

    @cached_property
    def event_noise_power(self):
        """Power of the noise before the event in the lines of its spectrum, or zero."""
        frequencies, window = self.event_spectrum[0], None
        if self.policy.noise_window is not None:
            window = self.after_onset(*self.policy.noise_window)
        if window is None:
            return np.zeros_like(frequencies)
        lines = self.lines.frequencies
        noise = np.interp(frequencies, lines, self._power(window))
        return noise * frequencies[1] / lines[1]

    @cached_property
    def event_lines(self):
        """Frequencies, power and noise of the event, in lines as wide as for phases."""
        frequencies, power = self.event_spectrum
        n_joined = round(self.lines.frequencies[1] / frequencies[1])
        n_joined = max(min(n_joined, len(frequencies) // 2), 1)
        n_lines = len(frequencies) // n_joined
        frequencies, power, noise = (
            values[: n_lines * n_joined].reshape(n_lines, n_joined)
            for values in (frequencies, power, self.event_noise_power)
        )
        return frequencies.mean(axis=1), power.sum(axis=1), noise.sum(axis=1)

    @cached_property
    def event_weights(self):
        """Weights of the bands of ratio and energy, for the lines of the event."""
        bands = (*RATIO_BANDS, *ENERGY_BANDS)
        frequencies = self.event_spectrum[0]
        weights = band_weights(frequencies, bands, self.lines.nyquist)
        return weights[:, :2], weights[:, 2:]

    @cached_property
    def sonogram(self):
        """Sonogram of the event, continued after its end if it is short; or None."""
        start, stop = self.event
        stop = max(stop, start + least_samples(self.rate))
        return sonogram(self.samples[:, start:stop], self.rate)

    @cached_property
    def squares(self):
        """Power of every sample, without the mean of the record."""
        centred = self.samples - self.samples.mean(axis=1, keepdims=True)
        return np.square(centred).sum(axis=0)

    def after_onset(self, start, stop):
        """Return a window in seconds from the start of the event."""
        return self._window(self.event[0] / self.rate, (start, stop))

    def _window(self, time, window):
        """Return a window about a time in seconds, or None."""
        limits = 0, self.samples.shape[1]
        return phase_window(time, window, limits, self.rate)

    def _power(self, window):
        """Return the power of a window in the common lines."""
        return window_power(self.samples, window, self.lines.n_fft)
