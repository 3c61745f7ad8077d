"""Predict the classes of seismic records with an exported classifier.

The file needs Python, NumPy (2.0 or later) and ONNX Runtime, and nothing else. It lies
in one folder with `model.onnx`, the classifier, and `fingerprint.json`, all parameters.

As a command, of which every line of the result is a JSON object, one for each record::

    python run_fingerprint.py records.npy --sampling-rate 100
    python run_fingerprint.py record.csv --components ZNE --units counts --p-arrival 5

As a module::

    from run_fingerprint import Runner

    runner = Runner("folder")
    results = runner.predict(records, sampling_rate=100)
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import lru_cache
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np

RATE_TOLERANCE = 1e-6  # relative; files hold rates as float32 or rounded periods
BATCH = 16  # records at a time, which bounds the memory
BLOCK = 64  # samples that a filter takes at a time
LEAST_PART = 0.5  # of a window about P that has to lie in the record
# of `is_clipped`: equal samples in a row at the extreme value, samples of such runs,
# and distance of the extreme from the median in steps of the digitizer
CLIPPED_RUN, CLIPPED_SAMPLES, CLIPPED_STEPS = 3, 12, 500


class Runner:
    """An exported classifier with the fingerprint and the contract of its records.

    Parameters
    ----------
    folder : str or path-like, default=None
        Folder with `model.onnx` and `fingerprint.json`; None takes that of this file.
    """

    def __init__(self, folder=None):
        folder = Path(__file__).parent if folder is None else Path(folder)
        text = (folder / "fingerprint.json").read_text(encoding="utf-8")
        self.settings = json.loads(text)
        self.classes = self.settings["classes"]
        self.session = open_session(folder / "model.onnx")
        noise = self.settings["noise"]
        self.filter = noise and make_filter(np.array(noise["sections"]))
        self.plans = {
            name: make_plan(self.settings["fingerprint"], np.dtype(name))
            for name in ("float32", "float64")
        }

    def check(self, records, *, sampling_rate=None, components=None, units=None):
        """Raise if records are not those that the classifier was made for.

        Parameters
        ----------
        records : ndarray of shape (n_records, [n_channels,] n_samples)
            Records.
        sampling_rate : float, default=None
            Samples per second (Hz); None is not known and not compared.
        components : str, default=None
            Components in their order, such as "ZNE".
        units : str, default=None
            Units of the samples.

        Raises
        ------
        ValueError
            With the first fact that differs, and what is allowed.
        """
        contract = self.settings["contract"]
        rate = contract["sampling_rate"]
        if (
            sampling_rate is not None
            and rate is not None
            and abs(sampling_rate - rate) > RATE_TOLERANCE * rate
        ):
            raise ValueError(
                f"sampling_rate is {sampling_rate:g} Hz; must be {rate:g} Hz, as in "
                "training. Resample the records."
            )
        own = contract["components"]
        if components is not None and own is not None and components != own:
            raise ValueError(
                f"components is {components!r}; must be {own!r}, in this order."
            )
        own = contract["units"]
        if "unknown" not in (units or "unknown", own) and units != own:
            raise ValueError(f"units is {units!r}; must be {own!r}, as in training.")
        expected = tuple(contract["record_shape"])
        if records.shape[1:] != expected:
            raise ValueError(
                f"The records have the shape {records.shape[1:]}; must be {expected}: "
                "the same window of the same components as in training."
            )

    def fingerprints(self, records):
        """Return fingerprints, equal bit for bit to those of the package.

        Parameters
        ----------
        records : array-like of shape (n_records, [n_channels,] n_samples)
            Records.

        Returns
        -------
        ndarray of int8 or uint8
            Shape (n_records, rows, columns), (n_records, 1, n_planes, rows, columns) or
            (n_records, n_features), as `FingerprintTransformer.transform` returns them.
        """
        records = as_records(records)
        settings, plan = self.settings["fingerprint"], self.plans[records.dtype.name]
        parts = [
            fingerprint(records[start : start + BATCH], settings, plan)
            for start in range(0, len(records), BATCH)
        ]
        return np.concatenate(parts)

    def predict_proba(self, records):
        """Return the calibrated probabilities of each record by itself.

        Parameters
        ----------
        records : array-like of shape (n_records, [n_channels,] n_samples)
            Records.

        Returns
        -------
        ndarray of shape (n_records, n_classes)
            Probabilities, in the order of `classes`.
        """
        return self._probabilities(self.fingerprints(records))

    def flag_records(self, records, *, p_arrival=None):
        """Return the names of the flags of each record.

        Parameters
        ----------
        records : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        p_arrival : float or array-like of shape (n_records,), default=None
            Seconds from the first sample to P, NaN where it is not known. None takes
            that which all records of the discriminator have, if there is one.

        Returns
        -------
        list of list of str
            "no_signal", "clipped", "noise_like", where P is known, and "out_of_range",
            where they apply.
        """
        records = as_records(records)
        return self._flags(records, self.fingerprints(records), p_arrival)

    def predict(
        self,
        records,
        *,
        sampling_rate=None,
        components=None,
        units=None,
        p_arrival=None,
    ):
        """Return class, probabilities, flags and decision of each record.

        Parameters
        ----------
        records : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        sampling_rate, components, units
            See `check`.
        p_arrival
            See `flag_records`.

        Returns
        -------
        list of dict
            `prediction`, `probabilities` by class, `flags`, and `decision`: the
            prediction, or "undecided" where there is a flag or the probability is too
            low.

        Raises
        ------
        ValueError
            If the records are not those that the classifier was made for.
        """
        records = as_records(records)
        facts = {"components": components, "units": units}
        self.check(records, sampling_rate=sampling_rate, **facts)
        fingerprints = self.fingerprints(records)
        flags = self._flags(records, fingerprints, p_arrival)
        lonely = self.settings["decision"]["min_stations"] > 1
        results = []
        for row, flagged in zip(self._probabilities(fingerprints), flags, strict=True):
            best = int(row.argmax())
            decided = not (flagged or lonely) and self._is_sure(row, best)
            results.append(
                {
                    "prediction": self.classes[best],
                    "decision": self.classes[best] if decided else "undecided",
                    "probabilities": dict(
                        zip(map(str, self.classes), row.tolist(), strict=True)
                    ),
                    "flags": flagged,
                }
            )
        return results

    def _is_sure(self, row, best):
        """Return whether probabilities decide for a class."""
        least = self.settings["decision"]["least_score"]
        if least is not None and row[best] < least:
            return False
        below = self.settings["decision"].get("excluded_below")
        return below is None or all(
            k == best or (limit is not None and row[k] < limit)
            for k, limit in enumerate(below)
        )

    def _probabilities(self, fingerprints):
        """Return the probabilities by the classifier, calibrated."""
        shape = self.settings["model_input"]["shape"]
        inputs = fingerprints.reshape(len(fingerprints), *shape)
        results: Any = self.session.run(["probabilities"], {"fingerprints": inputs})
        scores = results[0].astype(float)
        scores /= scores.sum(axis=1, keepdims=True)
        return calibrate(scores, self.settings["calibration"])

    def _flags(self, records, fingerprints, p_arrival):
        """Return the names of the flags of each record."""
        times = self._arrivals(len(records), p_arrival)
        traces = records.reshape(len(records), -1, records.shape[-1])
        lines = ~detrend(traces.reshape(-1, traces.shape[-1]))[0].any(axis=-1)
        peaks = np.abs(traces - traces.mean(axis=-1, keepdims=True)).max(axis=(1, 2))
        nonzero = (fingerprints != 0).reshape(len(records), -1)
        density = nonzero.mean(axis=1)
        measured = {"p_arrival": times, "peak": peaks, "density": density}
        outside = np.zeros(len(records), dtype=bool)
        for name, (low, high) in self.settings["limits"].items():
            outside |= (measured[name] < low) | (measured[name] > high)
        known = {
            "no_signal": lines.reshape(len(records), -1).any(axis=1),
            "clipped": np.array([any(map(is_clipped, record)) for record in traces]),
            "noise_like": self._is_noise(traces, times),
            "out_of_range": outside,
        }
        return [
            [name for name, flagged in known.items() if flagged[row]]
            for row in range(len(records))
        ]

    def _arrivals(self, n_records, p_arrival):
        """Return P of each record in seconds from its first sample, NaN if unknown."""
        noise = self.settings["noise"]
        if p_arrival is None and noise:
            p_arrival = noise["p_arrival"]
        times = np.array(np.nan if p_arrival is None else p_arrival, dtype=float)
        if times.shape not in ((), (n_records,)):
            raise ValueError(
                f"p_arrival must be a number or one for each of {n_records} records; "
                f"got shape {times.shape}."
            )
        return np.broadcast_to(times, (n_records,))

    def _is_noise(self, traces, times):
        """Return which records have no P above the noise; none where it is unknown."""
        noise, known = self.settings["noise"], times[np.isfinite(times)]
        if not noise or not len(known):
            return np.zeros(len(traces), dtype=bool)
        rate, n_samples = noise["sampling_rate"], traces.shape[-1]
        before = min(noise["before"], np.median(known) - noise["gap"])
        if before * rate < 1 or noise["after"] * rate >= n_samples:
            return np.zeros(len(traces), dtype=bool)
        flat = detrend(traces.reshape(-1, n_samples))[0]
        filtered = filter_both_ways(flat, noise, self.filter).reshape(traces.shape)
        lengths = [max(round(time * rate), 1) for time in (before, noise["after"])]
        ratios = [
            snr_at(record, time * rate, round(noise["gap"] * rate), lengths)
            for record, time in zip(filtered, times, strict=True)
        ]
        return np.array(ratios) < noise["least_snr_db"]


def open_session(path):
    """Return a session of ONNX Runtime with one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(str(path), options, providers=providers)


def as_records(records):
    """Return records as floats; float32 is kept, others become float64."""
    records = np.asarray(records)
    if records.ndim not in (2, 3) or records.dtype.kind not in "fiub":
        raise ValueError(
            "The records must be numbers of shape (n_records, [n_channels,] n_samples);"
            f" got shape {records.shape} and type {records.dtype}."
        )
    wanted = np.float32 if records.dtype == np.float32 else np.float64
    records = records.astype(wanted, copy=False)
    wrong = ~np.isfinite(records).reshape(len(records), -1).all(axis=1)
    if wrong.any():
        raise ValueError(
            f"Record {int(wrong.argmax())} holds NaN or infinite samples; all must be "
            "finite."
        )
    return records


def calibrate(scores, calibration):
    """Return calibrated scores: a softmax of their scaled and shifted logarithms."""
    if calibration is None:
        return scores
    logs = np.log(np.clip(scores, calibration["least_score"], None))
    logits = calibration["slope"] * logs + np.array(calibration["offsets"])
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def fingerprint(records, settings, plan):
    """Return the fingerprints of a few records."""
    first, last = settings["window_samples"]
    traces = records[..., first:last].reshape(-1, last - first)
    image = scale_image(scalogram(traces, plan), settings)
    coefficients = haar(image, settings["haar"])
    if settings["standardize"] is not None:
        coefficients = standardize(coefficients, settings["standardize"])
    signs = select_largest(coefficients, settings["n_coefficients"])
    planes = encode(signs, settings["encoding"])
    if settings["flatten"]:
        return planes.reshape(len(records), -1)
    if records.ndim == 2 and planes.shape[1] == 1:
        return planes[:, 0]
    return planes.reshape(len(records), 1, -1, *planes.shape[-2:])


def detrend(records):
    """Return residuals of straight lines in float64, and the peak of each record.

    Residuals of the size of rounding errors are zero.
    """
    residual = records.astype(float, order="C")
    if records.shape[1] < 2:
        return np.zeros_like(residual), np.zeros((len(residual), 1))
    magnitude = peak_of(residual)
    residual -= residual.mean(axis=1, keepdims=True)
    time = np.linspace(-1.0, 1.0, records.shape[1])
    slope = np.einsum("ns,s->n", residual, time) / (time**2).sum()
    residual -= slope[:, None] * time
    limits = np.finfo(records.dtype)
    rounding = max(8.0 * limits.eps, 1e-13) * np.maximum(magnitude, limits.tiny)
    peak = peak_of(residual)
    residual[(peak <= rounding)[:, 0]] = 0.0
    return residual, np.where(peak <= rounding, 0.0, peak)


def peak_of(records):
    """Return the largest magnitude of each record, of shape (n_records, 1)."""
    highest, lowest = (f(records, axis=1, keepdims=True) for f in (np.max, np.min))
    return np.maximum(highest, -lowest)


def tukey(n_samples, alpha):
    """Return a window with cosine flanks over a part of its length."""
    if alpha <= 0 or n_samples == 1:
        return np.ones(n_samples)
    if alpha >= 1:
        return 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, n_samples))
    at = np.arange(n_samples, dtype=float)
    width = int(np.floor(alpha * (n_samples - 1) / 2.0))
    window = np.ones(n_samples)
    n1, n3 = at[: width + 1], at[n_samples - width - 1 :]
    window[: width + 1] = 0.5 * (
        1 + np.cos(np.pi * (-1 + 2.0 * n1 / alpha / (n_samples - 1)))
    )
    window[n_samples - width - 1 :] = 0.5 * (
        1 + np.cos(np.pi * (-2.0 / alpha + 1 + 2.0 * n3 / alpha / (n_samples - 1)))
    )
    return window


def rfft(records):
    """Return spectra in the precision of the records.

    NumPy computes those of float32 in double precision, where the package computes them
    in single; its loop for float32 has no public name.
    """
    loops = getattr(np.fft, "_pocketfft_umath", None)
    if records.dtype != np.float32 or loops is None:
        return np.fft.rfft(records)
    n_samples = records.shape[-1]
    loop = loops.rfft_n_odd if n_samples % 2 else loops.rfft_n_even
    spectrum = np.empty((len(records), n_samples // 2 + 1), dtype=np.complex64)
    return loop(records, np.float32(1), out=spectrum, signature=("f", "f", "F"))


def make_plan(settings, dtype):
    """Return the facts that all records share: lengths, taper, and weights of rows.

    Rows are grouped by their points in time for each pixel, which the length of their
    inverse transform follows from.
    """
    rows, columns = settings["shape"]
    first, last = settings["window_samples"]
    n_samples = last - first
    margin_pixels = max(columns // 8, 1)
    pixels = columns + 2 * margin_pixels
    length = n_samples + -n_samples % (columns // gcd(columns, margin_pixels))
    margin = length * margin_pixels // columns
    n_total = length + 2 * margin
    resolution = settings["sampling_rate"] / n_total
    groups = {}
    for number, frequency in enumerate(settings["frequencies"]):
        bins = row_bins(frequency, settings["wavelet"], resolution, n_total)
        points = points_per_pixel(len(bins), pixels)
        size = points * pixels
        response = respond(settings["wavelet"], bins * resolution / frequency)
        centre = (n_total / size - 1.0) / 2.0
        shift = np.exp(2j * np.pi * bins * centre / n_total)
        weights = response * shift * (size / n_total)
        weights = weights.astype(np.result_type(dtype, np.complex64))
        groups.setdefault(points, []).append((number, int(bins[0]), weights))
    return {
        "shape": (rows, columns),
        "margin_pixels": margin_pixels,
        "pixels": pixels,
        "length": length,
        "margin": margin,
        "taper": tukey(n_samples, settings["taper"]).astype(dtype),
        "groups": groups,
    }


def scalogram(traces, plan):
    """Return the mean power in pixels of frequency and time, relative to its peak."""
    spectrum = spectra(traces, plan)
    power = np.empty((len(traces), *plan["shape"]), dtype=traces.dtype)
    for points, rows in plan["groups"].items():
        size = points * plan["pixels"]
        values: Any = np.empty((len(rows), len(traces), size), spectrum.dtype)
        for place, (_, first, weights) in zip(values, rows, strict=True):
            # bin k goes to place k modulo the size, of which each has at most one
            start = first % size
            n_head = min(size - start, len(weights))
            n_tail, end = len(weights) - n_head, start + n_head
            head = spectrum[:, first : first + n_head]
            tail = spectrum[:, first + n_head : first + len(weights)]
            np.multiply(head, weights[:n_head], out=place[:, start:end])
            np.multiply(tail, weights[n_head:], out=place[:, :n_tail])
            place[:, n_tail:start] = place[:, end:] = 0.0
        np.fft.ifft(values, axis=-1, out=values)
        parts = values.reshape(len(rows), len(traces), plan["pixels"], points)
        sums = pixel_sums(parts, plan["margin_pixels"]) / points
        power[:, [number for number, _, _ in rows]] = sums.transpose(1, 0, 2)
    peak = power.max(axis=(-2, -1), keepdims=True)
    return power / np.where(peak > 0, peak, 1)


def spectra(traces, plan):
    """Return the spectra of records that are scaled, tapered and reflected."""
    residual, peak = detrend(traces)
    exponent = np.maximum(np.frexp(peak)[1], -1000)
    residual *= np.ldexp(1.0, -exponent)
    filled = np.zeros((len(traces), plan["length"]), dtype=traces.dtype)
    filled[:, : traces.shape[1]] = (
        residual.astype(traces.dtype, copy=False) * plan["taper"]
    )
    margin = plan["margin"]
    return rfft(np.pad(filled, ((0, 0), (margin, margin)), mode="reflect"))


def row_bins(frequency, wavelet, resolution, n_total):
    """Return the bins of the spectrum in the support of a row; at least one."""
    low, high = (edge * frequency / resolution for edge in wavelet["support"])
    last = max(min(int(high), n_total // 2), 1)
    first = min(max(int(np.ceil(low)), 1), last)
    return np.arange(first, last + 1)


def points_per_pixel(n_bins, pixels):
    """Return the least 2**a or 3 * 2**a points, at least 4, that hold the bins."""
    needed = max(4, n_bins / pixels)
    power = 2.0 ** np.ceil(np.log2(needed))
    return int(0.75 * power if 0.75 * power >= needed else power)


def respond(wavelet, ratio):
    """Return the response of a wavelet at ratios to its centre frequency."""
    if wavelet["name"] == "morlet":
        return 2.0 * np.exp(-0.5 * (wavelet["omega0"] * (ratio - 1.0)) ** 2)
    gamma, beta = wavelet["gamma"], wavelet["time_bandwidth"] / wavelet["gamma"]
    power = gamma * np.log(ratio)
    return 2.0 * np.exp(beta / gamma * (power - np.expm1(power)))


def pixel_sums(parts, margin):
    """Sum squares over pixels, with the end correction of the midpoint rule."""
    inner = parts[:, :, margin:-margin].view(parts.real.dtype)
    sums = np.einsum("nrpk,nrpk->nrp", inner, inner)
    starts = square(parts[:, :, margin : 1 - margin or None, 0])
    ends = square(parts[:, :, margin - 1 : -margin, -1])
    return sums + np.diff(starts - ends) / 24.0


def square(values):
    """Return the squared modulus."""
    return values.real**2 + values.imag**2


def scale_image(image, settings):
    """Convert power relative to its maximum to a scale from 0 to 1."""
    if settings["scale"] == "power":
        return image
    if settings["scale"] == "magnitude":
        return np.sqrt(image)
    decibels = settings["dynamic_range_db"]
    least = image.dtype.type(10.0 ** (-decibels / 10.0))
    levels = 10.0 * np.log10(np.maximum(image, least))
    return levels / image.dtype.type(decibels) + 1


def haar(images, form):
    """Return the orthonormal 2-D Haar transform of full depth."""
    if form == "standard":
        rows, columns = (haar_matrix(n).astype(images.dtype) for n in images.shape[1:])
        return rows @ images @ columns.T
    coefficients, approximation = np.empty_like(images), images
    half = images.dtype.type(np.sqrt(0.5))
    while min(approximation.shape[1:]) > 1:
        n, m = (size // 2 for size in approximation.shape[1:])
        even, odd = approximation[:, 0::2] * half, approximation[:, 1::2] * half
        for low, part in ((0, even + odd), (n, even - odd)):
            left, right = part[:, :, 0::2] * half, part[:, :, 1::2] * half
            coefficients[:, low : low + n, :m] = left + right
            coefficients[:, low : low + n, m : 2 * m] = left - right
        approximation = coefficients[:, :n, :m].copy()
    if approximation.size == images.size:
        coefficients[:] = images
    return coefficients


@lru_cache(maxsize=8)
def haar_matrix(n):
    """Return the matrix of the orthonormal 1-D Haar transform of full depth."""
    matrix = np.ones((1, 1))
    while len(matrix) < n:
        details = np.kron(np.eye(len(matrix)), [1.0, -1.0])
        matrix = np.vstack([np.kron(matrix, [1.0, 1.0]), details]) / np.sqrt(2.0)
    return matrix


def standardize(coefficients, spread):
    """Return coefficients of unit norm, centred and divided by their spread."""
    norm = np.linalg.norm(coefficients, axis=(-2, -1), keepdims=True)
    coefficients = coefficients / np.where(norm > 0, norm, 1)
    empty = ~coefficients.any(axis=(-2, -1))
    # JSON has no NaN, which marks what is never selected
    centre, scale = (
        np.array(spread[name], dtype=float) for name in ("center", "scale")
    )
    dtype = np.dtype(spread["dtype"])
    coefficients = (coefficients - centre.astype(dtype)) / scale.astype(dtype)
    coefficients[empty] = 0
    return coefficients


def select_largest(coefficients, k):
    """Return the signs of the k largest coefficients, but for that of the mean."""
    flat = coefficients.reshape(len(coefficients), -1)
    magnitude = np.abs(flat)
    magnitude[np.isnan(magnitude)] = 0.0
    rounding = 16.0 * np.finfo(flat.dtype).eps * magnitude.max(axis=1, keepdims=True)
    magnitude[:, 0] = 0.0
    threshold = np.partition(magnitude, -k, axis=1)[:, -k, None]
    keep = magnitude >= threshold
    if (keep.sum(axis=1) > k).any():
        above, ties = magnitude > threshold, magnitude == threshold
        free = k - above.sum(axis=1, keepdims=True)
        keep = above | (ties & (np.cumsum(ties, axis=1) <= free))
    keep &= magnitude > rounding
    signs = (keep & (flat > 0.0)).astype(np.int8) - (keep & (flat < 0.0))
    return signs.reshape(coefficients.shape)


def encode(signs, encoding):
    """Return fingerprints of shape (n_records, planes, rows, columns)."""
    if encoding == "signed":
        return signs.astype(np.int8)[:, None]
    if encoding == "presence":
        return (signs != 0).astype(np.uint8)[:, None]
    if encoding == "positive":
        return (signs > 0).astype(np.uint8)[:, None]
    if encoding == "two_channel":
        return np.stack([signs > 0, signs < 0], axis=1).astype(np.uint8)
    n_records, rows, columns = signs.shape
    paired = np.stack([signs > 0, signs < 0], axis=2).astype(np.uint8)
    return paired.reshape(n_records, 1, 2 * rows, columns)


def is_clipped(trace):
    """Return whether a trace stays at its largest or smallest value repeatedly."""
    ranked = np.sort(trace)
    if ranked[0] == ranked[-1]:
        return False
    steps = np.diff(ranked)
    step = steps[steps > 0].min()
    half = len(ranked) // 2
    middle = ranked[half - 1 + len(ranked) % 2 : half + 1].mean()
    for extreme in (ranked[0], ranked[-1]):
        if abs(extreme - middle) < CLIPPED_STEPS * step:
            continue
        mask = np.concatenate([[False], trace == extreme, [False]])
        edges = np.flatnonzero(np.diff(mask))
        lengths = edges[1::2] - edges[::2]
        if lengths[lengths >= CLIPPED_RUN].sum() >= CLIPPED_SAMPLES:
            return True
    return False


def run_sections(records, sections, state):
    """Filter records by sections of second order; return them and the last state.

    Parameters
    ----------
    records : ndarray of shape (n_records, n_samples)
        Records.
    sections : ndarray of shape (n_sections, 6)
        Coefficients b0, b1, b2, 1, a1 and a2.
    state : ndarray of shape (n_records, n_sections, 2)
        State before the first sample.
    """
    filtered, state = np.empty_like(records), state.copy()
    for at in range(records.shape[1]):
        value = records[:, at]
        for k, (b0, b1, b2, _, a1, a2) in enumerate(sections):
            output = b0 * value + state[:, k, 0]
            state[:, k, 0] = b1 * value - a1 * output + state[:, k, 1]
            state[:, k, 1] = b2 * value - a2 * output
            value = output
        filtered[:, at] = value
    return filtered, state


def make_filter(sections):
    """Return the matrices by which blocks of samples are filtered at once.

    Samples and state of a block give filtered samples and the next state; both depend
    on both linearly, so that the unit vectors show how.
    """
    n_state = 2 * len(sections)
    size = BLOCK + n_state
    samples = np.eye(size, BLOCK)
    state = np.eye(size, n_state, -BLOCK).reshape(size, -1, 2)
    filtered, state = run_sections(samples, sections, state)
    return np.concatenate([filtered, state.reshape(size, -1)], axis=1)


def run_filter(records, rest, matrix):
    """Filter records forwards, at rest on their first sample."""
    n_samples = records.shape[1]
    padded = np.pad(records, ((0, 0), (0, -n_samples % BLOCK)))
    state = records[:, :1] * rest.ravel()
    filtered = np.empty_like(padded)
    for start in range(0, n_samples, BLOCK):
        block = np.concatenate([padded[:, start : start + BLOCK], state], axis=1)
        block = block @ matrix
        filtered[:, start : start + BLOCK], state = block[:, :BLOCK], block[:, BLOCK:]
    return filtered[:, :n_samples]


def filter_both_ways(records, noise, matrix):
    """Filter records without delay; their ends are continued by odd reflection."""
    rest, pad = np.array(noise["rest"]), min(records.shape[1] - 1, noise["pad"])
    head = 2 * records[:, :1] - records[:, pad:0:-1]
    tail = 2 * records[:, -1:] - records[:, -2 : -(pad + 2) : -1]
    longer = np.concatenate([head, records, tail], axis=1)
    for _ in range(2):
        longer = run_filter(longer, rest, matrix)[:, ::-1]
    return longer[:, pad : longer.shape[1] - pad]


def snr_at(record, sample, distance, lengths):
    """Return the power of P over that of the noise before it in dB, NaN if unknown.

    Parameters
    ----------
    record : ndarray of shape (n_channels, n_samples)
        Record.
    sample : float
        P, in samples.
    distance : int
        Samples between the noise and P.
    lengths : tuple of int
        Samples of the noise and of P.
    """
    if not 0 <= sample <= record.shape[-1] - 1:
        return np.nan
    first = int(np.rint(sample))
    starts = first - distance - lengths[0], first
    noise, signal = (
        record[:, max(start, 0) : max(start + length, 0)]
        for start, length in zip(starts, lengths, strict=True)
    )
    for window, length in ((noise, lengths[0]), (signal, lengths[1])):
        if window.shape[-1] <= LEAST_PART * length:
            return np.nan
    offset = noise.mean(axis=-1, keepdims=True)
    powers = [np.square(part - offset).mean(axis=-1).sum() for part in (signal, noise)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 10 * np.log10(np.divide(*powers))
    return ratio if np.isfinite(ratio) else np.nan


def read_records(path, record_shape):
    """Return records of a file: `.npy`, or a table of one record.

    Parameters
    ----------
    path : str or path-like
        An array of NumPy, of one record or several; or a text of one line for each
        sample and one column for each component, separated by commas, with a header
        or without.
    record_shape : sequence of int
        Shape of a record, by which one record is distinguished from several.

    Returns
    -------
    ndarray of shape (n_records, [n_channels,] n_samples)
        Records.
    """
    if Path(path).suffix.lower() == ".npy":
        records = np.load(path, allow_pickle=False)
        return records[None] if records.ndim == len(record_shape) else records
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if line.strip()]
    if rows and not is_numbers(rows[0]):
        rows = rows[1:]
    for number, row in enumerate(rows):
        if not is_numbers(row) or len(row) != len(rows[0]):
            raise ValueError(
                f"{path}: sample {number} must be {len(rows[0])} numbers, separated by "
                f"commas; got {','.join(row)!r}."
            )
    table = np.array(rows, dtype=float)
    if table.size == 0:
        raise ValueError(f"{path} holds no samples.")
    return (
        table.T[:1] if len(record_shape) == 1 and table.shape[1] == 1 else table.T[None]
    )


def is_numbers(row):
    """Return whether all strings are numbers."""
    try:
        [float(value) for value in row]
    except ValueError:
        return False
    return True


def main(arguments=None):
    """Predict the records of files, as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="+", help=".npy, or CSV with one record")
    parser.add_argument("--sampling-rate", type=float, help="of the records, in Hz")
    parser.add_argument("--components", help="in their order, such as ZNE")
    parser.add_argument("--units", help="counts, m, m/s or m/s^2")
    parser.add_argument(
        "--p-arrival", type=float, help="seconds from the first sample to P"
    )
    parser.add_argument("--folder", help="that of the model; default: of this file")
    given = parser.parse_args(arguments)
    names = ("sampling_rate", "components", "units", "p_arrival")
    facts = {name: getattr(given, name) for name in names}
    try:
        runner = Runner(given.folder)
        shape = runner.settings["contract"]["record_shape"]
        for path in given.files:
            records = read_records(path, shape)
            for number, result in enumerate(runner.predict(records, **facts)):
                print(json.dumps({"file": path, "record": number, **result}))
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
