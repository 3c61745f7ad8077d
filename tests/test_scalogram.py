import numpy as np
import pytest
import pywt
import scipy.fft
import scipy.signal
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma

from skseisfp.signal import (
    Morlet,
    Morse,
    detrend_records,
    frequency_axis,
    highpass,
    scalogram,
)
from skseisfp.signal.scalogram import padded_length

RATE = 40.0
SEEDS = st.integers(0, 2**32 - 1)
WAVELETS = pytest.mark.parametrize(
    "wavelet", [Morlet(), Morlet(12.0), Morse(), Morse(3.0, 20.0)], ids=str
)


def make_record(seed, n_samples):
    """White noise, red noise, or an event that decays in red noise."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal(n_samples)
    red = np.cumsum(rng.standard_normal(n_samples))
    time = np.arange(n_samples) / n_samples - rng.uniform(0.1, 0.7)
    event = white * np.exp(-rng.uniform(2, 30) * time.clip(0)) * (time > 0)
    return (white, red, event + 0.01 * red)[seed % 3]


def prepare(record, margin):
    """Detrend, taper and reflect a record."""
    window = scipy.signal.windows.tukey(len(record), 0.05)
    return np.pad(scipy.signal.detrend(record) * window, margin, mode="reflect")


def pixel_means(values, n_columns):
    power = np.abs(values) ** 2
    return power.reshape(*power.shape[:-1], n_columns, -1).mean(axis=-1)


def full_rate_scalogram(record, frequencies, n_columns, wavelet, finer=4):
    """Oracle in the frequency domain: every row at `finer` points a sample."""
    margin = len(record) * max(n_columns // 8, 1) // n_columns
    padded = prepare(record, margin)
    axis = np.fft.rfftfreq(len(padded), 1 / RATE)[1:]
    centred = np.exp(2j * np.pi * axis / RATE * (1 - finer) / 2 / finer)
    spectrum = np.zeros((len(frequencies), finer * len(padded)), dtype=complex)
    for row, frequency in zip(spectrum, frequencies, strict=True):
        response = wavelet.response(axis / frequency) * centred
        row[1 : len(axis) + 1] = np.fft.rfft(padded)[1:] * response
    values = finer * np.fft.ifft(spectrum)
    inner = slice(finer * margin, finer * (margin + len(record)))
    return pixel_means(values[:, inner], n_columns)


def convolved_scalogram(record, frequencies, n_columns, kernel):
    """Oracle in the time domain: explicit convolution with the wavelet."""
    margin = len(record) // 8
    padded = prepare(record, margin)
    time = np.arange(-margin, margin + 1) / RATE
    values = [
        np.convolve(padded, kernel(time, frequency) / RATE, mode="valid")
        for frequency in frequencies
    ]
    return pixel_means(np.array(values), n_columns)


def morlet_kernel(time, frequency, omega0=6.0):
    width = frequency / omega0
    envelope = 2 * width * np.sqrt(2 * np.pi) * np.exp(-2 * (np.pi * width * time) ** 2)
    return envelope * np.exp(2j * np.pi * frequency * time)


def morse_kernel(time, frequency, beta=20.0, order=3.0):
    """Fourier integral of omega**beta * exp(-omega**order), peak 2 at `frequency`."""
    ratio = np.linspace(1e-3, 2.5, 2500)
    response = ratio**beta * np.exp(-(beta / order) * (ratio**order - 1.0))
    carrier = np.exp(2j * np.pi * frequency * np.outer(time, ratio))
    return 2 * frequency * (carrier @ response) * (ratio[1] - ratio[0])


def row_errors(image, reference):
    return np.sqrt(((image - reference) ** 2).mean(1) / (reference**2).mean(1))


@WAVELETS
@settings(deadline=None, max_examples=30)
@given(
    seed=SEEDS,
    n_pixels=st.integers(4, 60),
    shape=st.sampled_from([(64, 64), (32, 16), (16, 128)]),
)
def test_rows_are_those_at_the_full_rate(wavelet, seed, n_pixels, shape):
    n_rows, n_columns = shape
    n_samples = n_columns * n_pixels
    record = make_record(seed, n_samples)
    frequencies = frequency_axis(n_rows, n_samples, sampling_rate=RATE)
    reference = full_rate_scalogram(record, frequencies, n_columns, wavelet)
    for oversampling, limit in ((1, 0.01), (4, 0.001)):
        image = scalogram(
            record[None],
            frequencies,
            n_columns,
            sampling_rate=RATE,
            wavelet=wavelet,
            oversampling=oversampling,
        )[0]
        assert row_errors(image, reference).max() < limit


@pytest.mark.parametrize(
    ("wavelet", "kernel"), [("morlet", morlet_kernel), ("morse", morse_kernel)]
)
@pytest.mark.parametrize("seed", range(3))
def test_rows_are_convolutions_with_the_wavelet(wavelet, kernel, seed):
    record = make_record(seed, 2048)
    frequencies = np.geomspace(1.0, 12.0, 8)
    reference = convolved_scalogram(record, frequencies, 64, kernel)
    image = scalogram(
        record[None], frequencies, 64, sampling_rate=RATE, wavelet=wavelet
    )[0]
    assert row_errors(image, reference).max() < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_rows_agree_with_pywavelets(seed):
    record = make_record(seed, 3072)
    frequencies = frequency_axis(24, 3072, sampling_rate=RATE, f_min=0.5)
    scales = RATE / frequencies
    values, axis = pywt.cwt(
        prepare(record, 0),
        scales,
        "cmor1.8238-1.0",
        sampling_period=1 / RATE,
        method="fft",
        precision=14,
    )
    np.testing.assert_allclose(axis, frequencies)
    theirs = np.sqrt(pixel_means(values, 64))[:, 8:-8]
    ours = np.sqrt(scalogram(record[None], frequencies, 64, sampling_rate=RATE))
    ours = ours[0, :, 8:-8]
    correlation = [np.corrcoef(pair)[0, 1] for pair in zip(theirs, ours, strict=True)]
    assert min(correlation) > 0.99
    # pywt samples the wavelet on whole numbers: coarsely at small scales
    ratio = np.median(theirs / ours, axis=1)[scales > 10]
    np.testing.assert_allclose(ratio, np.sqrt(scales[scales > 10]) / 2, rtol=0.02)


@WAVELETS
def test_a_unit_tone_is_one_in_its_row(wavelet):
    frequencies = frequency_axis(64, 8192, sampling_rate=RATE)
    time = np.arange(8192) / RATE
    inner = np.arange(3, 61)
    tones = np.cos(2 * np.pi * frequencies[inner, None] * time + 1.0)
    images = scalogram(tones, frequencies, 64, sampling_rate=RATE, wavelet=wavelet)
    middle = images[:, :, 16:48].mean(axis=2)
    np.testing.assert_array_equal(middle.argmax(axis=1), inner)
    np.testing.assert_allclose(middle.max(axis=1), 1.0, atol=0.01)


def test_tones_between_rows_lose_little():
    frequencies = frequency_axis(64, 8192, sampling_rate=RATE)
    between = np.sqrt(frequencies[3:60] * frequencies[4:61])
    time = np.arange(8192) / RATE
    tones = np.cos(2 * np.pi * between[:, None] * time)
    images = scalogram(tones, frequencies, 64, sampling_rate=RATE)
    peaks = np.sqrt(images[:, :, 16:48].mean(axis=2).max(axis=1))
    assert ((peaks > 0.95) & (peaks < 1.0)).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(6, 57), st.floats(-0.2, 0.2))
def test_impulse_is_largest_in_its_column(column, offset):
    frequencies = frequency_axis(64, 6400, sampling_rate=RATE)
    record = np.zeros(6400)
    record[int(100 * (column + 0.5 + offset))] = 1.0
    image = scalogram(record[None], frequencies, 64, sampling_rate=RATE)[0]
    narrow = frequencies > 2.39 / (100 / RATE)
    assert narrow.sum() > 20
    np.testing.assert_array_equal(image[narrow].argmax(axis=1), column)


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.integers(1, 8))
def test_shift_by_columns_shifts_the_image(seed, columns):
    rng = np.random.default_rng(seed)
    burst = rng.standard_normal(640) * scipy.signal.windows.hann(640)
    records = np.zeros((2, 6400))
    records[0, 2500:3140] = burst
    records[1] = np.roll(records[0], 100 * columns)
    frequencies = frequency_axis(32, 6400, sampling_rate=RATE, f_min=1.0)
    first, second = scalogram(records, frequencies, 64, sampling_rate=RATE)
    # the straight line that is removed differs a little
    np.testing.assert_allclose(
        np.roll(first, columns, axis=1)[:, 8:56], second[:, 8:56], atol=1e-3
    )


def independent_values(frequency, duration):
    """Squared mean over variance of the mean power of noise in a duration."""
    time = 2.39 / frequency
    overlap = quad(
        lambda lag: 2 * (1 - lag / duration) * np.exp(-np.pi * (lag / time) ** 2),
        0.0,
        duration,
        points=[min(time, duration)],
    )[0]
    return duration / overlap


def test_white_noise_has_the_slope_and_the_spread_of_theory():
    noise = np.random.default_rng(0).standard_normal((600, 2048))
    frequencies = frequency_axis(64, 2048, f_max=0.3)
    power = scalogram(noise, frequencies, 64)[:, :, 6:-6]
    mean = power.mean(axis=(0, 2))
    slope = np.polyfit(np.log(frequencies), np.log(mean), 1)[0]
    assert slope == pytest.approx(0.98, abs=0.04)
    quartile = np.quantile(power, 0.25, axis=(0, 2)) / mean
    values = np.array([independent_values(f, 2048 / 64) for f in frequencies])
    assert values.min() < 1.01
    assert values.max() > 4
    np.testing.assert_allclose(quartile, gamma.ppf(0.25, values) / values, rtol=0.15)


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.integers(-60, 60), st.sampled_from([np.float32, np.float64]))
def test_gain_by_a_power_of_two_is_exact_and_polarity_is_lost(seed, exponent, dtype):
    record = make_record(seed, 500).astype(dtype)
    records = np.stack([record, np.ldexp(record, exponent), -record])
    plain, scaled, inverted = scalogram(records, frequency_axis(16, 500), 16)
    np.testing.assert_array_equal(np.ldexp(plain, 2 * exponent), scaled)
    np.testing.assert_array_equal(plain, inverted)


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.floats(-100, 100), st.floats(-100, 100))
def test_offset_and_drift_are_removed(seed, offset, drift):
    record = make_record(seed, 500)
    moved = record + offset + drift * np.linspace(-1, 1, 500)
    images = scalogram(np.stack([record, moved]), frequency_axis(16, 500), 16)
    np.testing.assert_allclose(images[1], images[0], atol=1e-9 * images[0].max())


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.sampled_from([1, 2, 8, 32, 64]), st.integers(1, 30))
def test_reversed_time_reverses_the_columns(seed, n_columns, n_pixels):
    record = make_record(seed, 8 * n_columns * n_pixels)
    axis = frequency_axis(16, len(record))
    images = scalogram(np.stack([record, record[::-1]]), axis, n_columns)
    np.testing.assert_allclose(
        images[1][:, ::-1], images[0], atol=1e-9 * images[0].max()
    )


@given(SEEDS, st.floats(1e-3, 1e3))
def test_the_unit_of_time_is_free(seed, factor):
    record = make_record(seed, 400)[None]
    axis = frequency_axis(16, 400)
    image = scalogram(record, axis, 16)
    scaled = scalogram(record, factor * axis, 16, sampling_rate=factor)
    np.testing.assert_allclose(scaled, image, rtol=1e-6, atol=1e-12 * image.max())


@settings(deadline=None)
@given(
    st.integers(1, 40),
    st.sampled_from([1, 2, 4, 8, 16, 64]),
    st.integers(1, 9),
    st.sampled_from([np.float32, np.float64]),
)
@example(1, 64, 1, np.float32)
@example(2, 64, 64, np.float32)
def test_records_of_any_length_are_valid(n_samples, n_columns, n_rows, dtype):
    records = make_record(0, 2 * n_samples).reshape(2, n_samples).astype(dtype)
    images = scalogram(records, frequency_axis(n_rows, n_samples), n_columns)
    assert images.shape == (2, n_rows, n_columns)
    assert images.dtype == dtype
    assert np.isfinite(images).all()
    assert (images >= 0).all()
    if n_samples < 3:
        assert not images.any()


@given(st.integers(1, 10**6), st.integers(0, 10).map(lambda power: 2**power))
def test_columns_span_the_record_and_a_few_zeros(n_samples, n_columns):
    length = padded_length(n_samples, n_columns)
    assert n_samples <= length < n_samples + 8
    assert length * max(n_columns // 8, 1) % n_columns == 0


def test_a_record_does_not_depend_on_its_neighbours():
    records = np.stack([make_record(seed, 3000) for seed in range(50)])
    axis = frequency_axis(32, 3000)
    together = scalogram(records, axis, 32)
    alone = [scalogram(record[None], axis, 32)[0] for record in records]
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize(
    "change",
    [
        np.asfortranarray,
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X.tolist(),
        lambda X: X.astype(np.int16),
    ],
)
def test_layout_and_type_of_the_records_are_free(change):
    records = np.round(100 * np.random.default_rng(0).standard_normal((3, 700)))
    axis = frequency_axis(16, 700)
    np.testing.assert_array_equal(
        scalogram(change(records), axis, 16), scalogram(records, axis, 16)
    )


def test_records_are_left_as_they_are():
    records = np.random.default_rng(0).standard_normal((3, 700))
    copy = records.copy()
    records.flags.writeable = False
    scalogram(records, frequency_axis(16, 700), 16)
    np.testing.assert_array_equal(records, copy)


def test_single_precision_is_kept_and_agrees_with_double():
    records = np.stack([make_record(seed, 3000) for seed in range(6)])
    axis = frequency_axis(64, 3000)
    single = scalogram(records.astype(np.float32), axis, 64)
    assert single.dtype == np.float32
    double = scalogram(records, axis, 64)
    peak = double.max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(single / peak, double / peak, atol=1e-5)


@settings(deadline=None, max_examples=30)
@given(
    st.one_of(
        st.tuples(st.just(np.float32), st.floats(-36, 36)),
        st.tuples(st.just(np.float64), st.floats(-305, 305)),
    )
)
def test_normalized_images_exist_at_any_amplitude(case):
    dtype, exponent = case
    record = make_record(1, 600)
    scaled = (record / np.abs(record).max() * 10.0**exponent).astype(dtype)[None]
    image = scalogram(scaled, frequency_axis(16, 600), 16, normalize=True)
    expected = scalogram(record[None], frequency_axis(16, 600), 16)
    assert image.max() == 1.0
    np.testing.assert_allclose(image, expected / expected.max(), atol=1e-5)


@pytest.mark.parametrize("normalize", [False, True])
@given(value=st.floats(-1e9, 1e9), slope=st.floats(-1e6, 1e6))
def test_straight_lines_become_zeros(normalize, value, slope):
    record = value + slope * np.arange(100)
    images = scalogram(
        np.stack([record, np.zeros(100)]),
        frequency_axis(8, 100),
        8,
        normalize=normalize,
    )
    assert not images.any()


@settings(max_examples=30)
@given(SEEDS, st.sampled_from([np.float32, np.float64]), st.integers(2, 300))
def test_detrended_records_are_those_of_scipy(seed, dtype, n_samples):
    records = np.random.default_rng(seed).standard_normal((3, n_samples)).astype(dtype)
    residual = detrend_records(records)
    assert residual.dtype == float
    expected = scipy.signal.detrend(records.astype(float))
    np.testing.assert_allclose(residual, expected, atol=1e-11)


@pytest.mark.parametrize("oversampling", [0.99, 0.0, -1.0, np.nan])
def test_fewer_points_than_bins_raise(oversampling):
    with pytest.raises(ValueError, match="oversampling must be at least 1"):
        scalogram(np.zeros((1, 50)), [0.1], 8, oversampling=oversampling)


def test_unknown_wavelets_raise():
    with pytest.raises(ValueError, match="wavelet must be 'morlet', 'morse', or"):
        scalogram(np.zeros((1, 50)), [0.1], 8, wavelet="ricker")


def plain_rows(records, frequencies, n_columns):
    """Compute the rows one by one, each from a spectrum in full length.

    They have the bits of `scalogram`, whatever it computes together.
    """
    columns = n_columns + 2 * (n_columns // 8)
    margin = len(records[0]) * (n_columns // 8) // n_columns
    window = scipy.signal.windows.tukey(len(records[0]), 0.05).astype(records.dtype)
    residual = detrend_records(records)
    exponent = np.frexp(np.abs(residual).max(axis=1, keepdims=True))[1]
    tapered = np.ldexp(residual, -exponent).astype(records.dtype) * window
    padded = np.pad(tapered, [(0, 0), (margin, margin)], mode="reflect")
    spectrum = scipy.fft.rfft(padded)
    n_total = padded.shape[1]
    resolution = RATE / n_total
    images = np.empty((len(records), len(frequencies), n_columns), records.dtype)
    for row, frequency in enumerate(frequencies):
        low, high = (edge * frequency / resolution for edge in Morlet().support)
        bins = np.arange(max(int(np.ceil(low)), 1), min(int(high), n_total // 2) + 1)
        choices = sorted(m * 2**a for m in (1, 3) for a in range(12))
        points = next(p for p in choices if p >= max(4, len(bins) / columns))
        length = points * columns
        centre = (n_total / length - 1.0) / 2.0
        response = Morlet().response(bins * resolution / frequency)
        weights = response * np.exp(2j * np.pi * bins * centre / n_total)
        values = np.zeros((len(records), length), dtype=spectrum.dtype)
        weights = (weights * (length / n_total)).astype(spectrum.dtype)
        values[:, bins % length] = spectrum[:, bins] * weights
        values = np.fft.ifft(values).astype(spectrum.dtype)
        pixels = values.view(records.dtype).reshape(len(records), columns, -1)
        sums, starts, ends = (
            np.einsum("rpk,rpk->rp", part, part)
            for part in (pixels, pixels[..., :2], pixels[..., -2:])
        )
        first = n_columns // 8
        inner = slice(first, first + n_columns)
        steps = starts[:, first : first + n_columns + 1]
        steps = steps - ends[:, first - 1 : first + n_columns]
        images[:, row] = (sums[:, inner] + np.diff(steps) / 24.0) / points
    return np.ldexp(images, 2 * exponent[:, :, None])


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize(("n_rows", "n_columns"), [(64, 64), (16, 32)])
def test_blocks_of_rows_and_records_change_no_bit(dtype, n_rows, n_columns):
    """Rows that wrap around, are joined in blocks, and records in chunks."""
    X = np.stack([make_record(seed, 64 * 90) for seed in range(50)]).astype(dtype)
    frequencies = frequency_axis(n_rows, X.shape[1], sampling_rate=RATE)
    images = scalogram(X, frequencies, n_columns, sampling_rate=RATE)
    np.testing.assert_array_equal(images, plain_rows(X, frequencies, n_columns))
    parts = [
        scalogram(X[i::7], frequencies, n_columns, sampling_rate=RATE) for i in (0, 3)
    ]
    np.testing.assert_array_equal(parts[0], images[0::7])
    np.testing.assert_array_equal(parts[1], images[3::7])


def make_views(n_records=12, n_samples=64 * 60):
    """Records of an event in red noise, and what several high-pass filters leave."""
    X = np.stack([make_record(3 * seed + 2, n_samples) for seed in range(n_records)])
    cutoffs = np.geomspace(0.3, 3.0, n_records)[:, None] * [1.0, 0.7, 1.4, 0.84, 1.0]
    return X, highpass(X, cutoffs, sampling_rate=RATE)


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("dtype", [float, np.float32])
def test_rows_in_which_views_agree_are_computed_once(normalize, dtype):
    _, views = make_views()
    views = views.astype(dtype)
    frequencies = frequency_axis(64, views.shape[-1], sampling_rate=RATE)
    options = {"sampling_rate": RATE, "normalize": normalize}
    alone = np.stack(
        [scalogram(view, frequencies, 64, **options) for view in views], axis=0
    )
    every = scalogram(views, frequencies, 64, **options)
    np.testing.assert_array_equal(every, alone)
    shared = scalogram(views, frequencies, 64, view_tolerance=1e-4, **options)
    np.testing.assert_array_equal(shared[:, 0], alone[:, 0])
    if normalize:
        np.testing.assert_allclose(shared, alone, atol=1e-4)
        return
    equal_rows = (shared[:, 1:] == shared[:, :1]).all(axis=-1)
    # the last view has the cut-off of view 0, the others differ below some frequency
    assert equal_rows[:, 3].all()
    assert 0.2 < equal_rows[:, :3].mean() < 0.9
    assert not equal_rows[:, :3, :5].any()
    energy = shared.sum(axis=-1)
    np.testing.assert_allclose(energy, alone.sum(axis=-1), rtol=1e-3)
    # rows that are not shared have the bits of the view by itself
    own = ~equal_rows
    np.testing.assert_array_equal(shared[:, 1:][own], alone[:, 1:][own])


def test_views_of_nothing_and_of_very_different_size():
    _, views = make_views(3)
    views[0] = 0.0
    views[1, 0] = 0.0  # the others differ from it in every row
    views[2, 1:] *= 1e-3
    frequencies = frequency_axis(32, views.shape[-1], sampling_rate=RATE)
    options = {"sampling_rate": RATE, "normalize": True}
    alone = np.stack([scalogram(view, frequencies, 32, **options) for view in views])
    shared = scalogram(views, frequencies, 32, view_tolerance=1e-4, **options)
    assert not shared[0].any()
    np.testing.assert_array_equal(shared, alone)
