import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseisfp.signal import cut_windows


def ramp(n_records=3, n_samples=100):
    return np.arange(n_records * n_samples, dtype=float).reshape(n_records, n_samples)


@given(
    p=st.lists(st.integers(20, 60), min_size=1, max_size=5),
    before=st.integers(-10, 20),
    after=st.integers(11, 40),
)
def test_windows_are_slices(p, before, after):
    X = ramp(len(p))
    windows = cut_windows(X, p, sampling_rate=1.0, before=before, after=after)
    for row, sample, window in zip(X, p, windows, strict=True):
        np.testing.assert_array_equal(window, row[sample - before : sample + after])


@given(p=st.integers(0, 11), before=st.integers(0, 40), after=st.integers(1, 40))
def test_reflection_is_that_of_numpy(p, before, after):
    X = ramp(1, 12)
    padded = np.pad(X[0], (before, after), mode="reflect")
    windows = cut_windows(
        X, [p], sampling_rate=1.0, before=before, after=after, pad="reflect"
    )
    np.testing.assert_array_equal(windows[0], padded[p : p + before + after])


def test_seconds_become_samples():
    windows = cut_windows(ramp(), [5, 7.5, 10], sampling_rate=4.0, before=2.5, after=5)
    assert windows.shape == (3, 30)
    np.testing.assert_array_equal(windows[:, 10], ramp()[[0, 1, 2], [20, 30, 40]])


def test_components_are_cut_alike():
    X = np.stack([ramp(2), -ramp(2)], axis=1)
    windows = cut_windows(X, [10, 50], sampling_rate=1.0, before=5, after=5)
    assert windows.shape == (2, 2, 10)
    np.testing.assert_array_equal(windows[:, 0], -windows[:, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_types_are_kept(dtype):
    X = ramp().astype(dtype)
    windows = cut_windows(X, [50] * 3, sampling_rate=1.0, before=5, after=5)
    assert windows.dtype == dtype
    assert not np.shares_memory(windows, X)


def test_integers_become_float():
    X = ramp().astype(np.int32)
    windows = cut_windows(X, [50] * 3, sampling_rate=1.0, before=5, after=5)
    assert windows.dtype == np.float64


def test_fallback_replaces_missing_arrivals():
    p_arrival = [np.nan, np.nan, 15.0]
    windows = cut_windows(
        ramp(), p_arrival, sampling_rate=2.0, before=0, after=0.5, fallback=35.0
    )
    np.testing.assert_array_equal(windows[:, 0], [70, 170, 230])


def test_missing_arrivals_are_named():
    with pytest.raises(ValueError, match=r"2 records \(0, 2\): p_arrival is NaN"):
        cut_windows(ramp(), [np.nan, 50, np.nan], sampling_rate=1.0)


def test_windows_that_leave_the_record_are_named():
    with pytest.raises(ValueError, match=r"1 records \(1\): the window of 5.0 s"):
        cut_windows(ramp(), [50, 4, 50], sampling_rate=1.0)
    with pytest.raises(ValueError, match=r"1 records \(2\).*pad=\"reflect\""):
        cut_windows(ramp(), [50, 50, 80], sampling_rate=1.0)


@pytest.mark.parametrize("pad", [None, "reflect"])
def test_arrivals_beyond_the_record_are_named(pad):
    with pytest.raises(ValueError, match=r"from 0 to 99 s.*; record 0 has 100"):
        cut_windows(ramp(), [100, 50, 50], sampling_rate=1.0, pad=pad)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.zeros(5)}, r"X must have shape"),
        ({"X": np.zeros((3, 0))}, r"X must have shape"),
        ({"X": np.zeros((3, 5), complex)}, r"X must hold real numbers"),
        ({"X": np.ma.masked_less(ramp(), 1)}, r"X is a masked array"),
        ({"p_arrival": [1, 2]}, r"p_arrival must have one time in seconds per record"),
        ({"p_arrival": [1, 2, -1]}, r"p_arrival must be within .*; record 2 has -1"),
        ({"sampling_rate": 0.0}, r"sampling_rate == 0"),
        ({"pad": "zero"}, r"pad must be one of None, 'reflect'"),
        ({"fallback": 100}, r"fallback must be .* from 0 to 99 s, .* got 100"),
        ({"fallback": np.nan}, r"fallback must be a number; got nan"),
        ({"before": 1, "after": -1}, r"at least one sample"),
    ],
)
def test_wrong_arguments_raise(change, message):
    arguments = {"X": ramp(), "p_arrival": [50] * 3, "sampling_rate": 1.0} | change
    with pytest.raises(ValueError, match=message):
        cut_windows(arguments.pop("X"), arguments.pop("p_arrival"), **arguments)


def test_one_sample_records_are_reflected():
    windows = cut_windows(
        [[3.0]], [0], sampling_rate=1.0, before=1, after=2, pad="reflect"
    )
    np.testing.assert_array_equal(windows, [[3.0, 3.0, 3.0]])
