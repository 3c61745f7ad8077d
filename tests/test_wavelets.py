import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from skseisfp.signal import Morlet, Morse, frequency_axis, get_wavelet

MORLETS = st.builds(Morlet, omega0=st.floats(2.0, 60.0))
MORSES = st.builds(
    Morse, gamma=st.floats(0.5, 12.0), time_bandwidth=st.floats(2.0, 400.0)
)


@given(MORLETS | MORSES)
def test_response_peaks_with_two_at_the_centre(wavelet):
    assert wavelet.response(np.array([1.0])) == pytest.approx(2.0)
    ratio = np.linspace(0.01, 4.0, 500)
    assert (wavelet.response(ratio) <= 2.0).all()


@given(MORLETS | MORSES)
def test_response_is_negligible_outside_the_support(wavelet):
    low, high = wavelet.support
    assert 0.0 <= low < 1.0 < high
    limit = 2.0 * np.exp(-12.5)
    edges = np.array([low, high])
    response = wavelet.response(edges)
    assert response[edges > 0] == pytest.approx(limit, rel=1e-6)
    outside = np.concatenate([np.linspace(0.0, low, 20), np.linspace(high, 60, 50)])
    assert (wavelet.response(outside[outside > 0]) <= limit * (1 + 1e-6)).all()


@settings(deadline=None)
@given(st.builds(Morlet, omega0=st.floats(5.5, 60.0)) | MORSES)
def test_relative_bandwidth_is_the_integral_of_the_power(wavelet):
    expected = quad(
        lambda ratio: (wavelet.response(np.array([ratio]))[0] / 2.0) ** 2,
        *wavelet.support,
        points=[1.0],
        limit=200,
    )[0]
    assert wavelet.relative_bandwidth == pytest.approx(expected, rel=2e-4)


@given(MORSES, st.floats(0.05, 5.0))
def test_morse_is_that_of_the_literature(wavelet, ratio):
    beta, gamma = wavelet.beta, wavelet.gamma
    peak = (beta / gamma) ** (1.0 / gamma)
    log_response, log_peak = (
        beta * np.log(omega) - omega**gamma for omega in (ratio * peak, peak)
    )
    assert wavelet.response(np.array([ratio]))[0] == pytest.approx(
        2.0 * np.exp(log_response - log_peak), rel=1e-6, abs=1e-12
    )


def test_morse_has_no_negative_frequencies():
    np.testing.assert_array_equal(Morse().response([-1.0, 0.0]), [0.0, 0.0])


def test_names_stand_for_the_usual_parameters():
    assert get_wavelet("morlet") == Morlet(omega0=6.0)
    assert get_wavelet("morse") == Morse(gamma=3.0, time_bandwidth=60.0)
    assert get_wavelet(Morse(4.0, 20.0)) == Morse(4.0, 20.0)


@pytest.mark.parametrize("wavelet", ["ricker", None, 6.0, Morlet])
def test_unknown_wavelets_raise(wavelet):
    with pytest.raises(ValueError, match="wavelet must be 'morlet', 'morse', or"):
        get_wavelet(wavelet)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, "6"])
def test_parameters_of_wavelets_are_positive_numbers(value):
    with pytest.raises(ValueError, match="omega0 must be a positive number"):
        get_wavelet(Morlet(omega0=value))
    with pytest.raises(ValueError, match="time_bandwidth must be a positive number"):
        get_wavelet(Morse(time_bandwidth=value))


@given(st.integers(2, 128), st.integers(1, 10**6), st.floats(1e-3, 1e4))
def test_default_axis_is_geometric_and_fits_the_record(n_rows, n_samples, rate):
    axis = frequency_axis(n_rows, n_samples, sampling_rate=rate)
    assert axis[-1] == pytest.approx(0.4 * rate)
    periods = axis[0] * n_samples / rate
    assert (
        axis[0] == pytest.approx(axis[-1] / 256)
        or periods == pytest.approx(8.0)
        or axis[0] == pytest.approx(axis[-1] / 2)
    )
    assert axis[0] >= axis[-1] / 256 * (1 - 1e-12)
    np.testing.assert_allclose(axis[1:] / axis[:-1], axis[1] / axis[0])


@given(st.floats(1e-3, 1e3))
def test_axis_scales_with_the_unit_of_time(factor):
    axis = frequency_axis(64, 3000, sampling_rate=40.0)
    scaled = frequency_axis(64, 3000, sampling_rate=40.0 * factor)
    np.testing.assert_allclose(scaled, factor * axis)


def test_explicit_ends_are_kept():
    axis = frequency_axis(3, 3000, sampling_rate=40.0, f_min=1.0, f_max=16.0)
    np.testing.assert_allclose(axis, [1.0, 4.0, 16.0])
    np.testing.assert_allclose(frequency_axis(1, 100, f_min=0.1, f_max=0.2), [0.1])


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"f_max": 20.5}, "f_max=20.5 Hz must be positive and not above the Nyquist"),
        ({"f_max": 0.0}, "f_max=0.0 Hz must be positive"),
        ({"f_max": np.nan}, "f_max=nan Hz must be positive"),
        ({"f_min": -1.0}, "f_min=-1.0 Hz must be positive and below f_max"),
        ({"f_min": np.nan}, "f_min=nan Hz must be positive and below f_max"),
        ({"f_min": 5.0, "f_max": 5.0}, "f_min=5.0 Hz must be positive and below"),
        ({"f_min": 0.01}, r"f_min=0.01 Hz is too low for records of 3000 samples"),
    ],
)
def test_bad_limits_raise(limits, message):
    with pytest.raises(ValueError, match=message):
        frequency_axis(64, 3000, sampling_rate=40.0, **limits)
