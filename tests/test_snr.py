"""Check the signal-to-noise ratio and the selection by it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseisfp.datasets import make_seismograms
from skseisfp.preprocessing import select_by_snr
from skseisfp.signal import snr


@given(
    level=st.floats(-10, 60),
    gain=st.floats(1e-6, 1e6),
    n_channels=st.integers(1, 3),
)
def test_ratio_is_that_of_the_powers(level, gain, n_channels):
    X = np.tile([1.0, -1.0], (1, n_channels, 500)) * gain
    X[..., 600:] *= 10 ** (level / 20)
    measured = snr(X, [30.0], sampling_rate=20)
    np.testing.assert_allclose(measured, level, atol=1e-9)


def test_an_offset_is_not_noise():
    X = np.random.default_rng(0).standard_normal((3, 2, 1000))
    expected = snr(X, [25.0] * 3, sampling_rate=20)
    np.testing.assert_allclose(
        snr(X + 1e4, [25.0] * 3, sampling_rate=20), expected, atol=1e-6
    )


def test_a_late_pick_does_not_spoil_the_noise():
    X = np.random.default_rng(0).standard_normal((1, 1000))
    X[:, 500:] *= 100
    assert snr(X, [25.4], sampling_rate=20)[0] > 35
    assert snr(X, [25.4], sampling_rate=20, gap=0)[0] < 20


def test_what_cannot_be_measured_is_nan():
    X = np.random.default_rng(0).standard_normal((6, 400))
    X[5] = 1
    p_arrival = [np.nan, 2.5, 3.5, 17.0, 18.0, 10.0]
    unknown = np.isnan(snr(X, p_arrival, sampling_rate=20))
    assert unknown.tolist() == [True, True, False, False, True, True]


def test_synthetic_records_have_more_signal_than_noise():
    bunch = make_seismograms(24, random_state=0)
    ratios = snr(bunch.data, bunch.frame["p_arrival"], sampling_rate=40)
    assert np.isfinite(ratios).all()
    assert np.median(ratios) > np.median(
        snr(bunch.data, bunch.frame["p_arrival"] - 10, sampling_rate=40)
    )


def test_records_are_selected_and_counted_by_class():
    rng = np.random.default_rng(0)
    y = rng.choice(["blast", "quake"], 200)
    groups = np.char.add(y, rng.integers(0, 40, 200).astype(str))
    ratios = rng.normal(5, 4, 200)
    ratios[rng.random(200) < 0.1] = np.nan
    kept, report = select_by_snr(ratios, y, groups, threshold=4.0)
    np.testing.assert_array_equal(kept, ratios >= 4)
    assert (report[["n_kept", "n_low", "n_unknown"]].sum(axis=1)).equals(
        report["n_records"]
    )
    for name in ("blast", "quake"):
        mine = y == name
        row = report.loc[name]
        assert row["n_records"] == mine.sum()
        assert row["n_kept"] == kept[mine].sum()
        assert row["n_unknown"] == np.isnan(ratios[mine]).sum()
        assert row["part_dropped"] == pytest.approx(1 - kept[mine].mean())
        assert row["n_events"] == len(set(groups[mine]))
        lost = set(groups[mine]) - set(groups[mine & kept])
        assert row["n_events_lost"] == len(lost)
    assert isinstance(report, pd.DataFrame)


def test_a_class_does_not_vanish_silently():
    with pytest.raises(ValueError, match=r"no record of the class 'blast'.* is 3 dB"):
        select_by_snr([1, 3, 20], ["blast", "blast", "quake"], threshold=5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], ["a", "b"]), "snr must have one value in dB per record"),
        (([1.0, 2.0], ["a", None]), "y is missing for record 1"),
        (([1.0, 2.0], ["a", "b"], ["e"]), "groups must have one event id"),
    ],
)
def test_lengths_must_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        select_by_snr(*arguments, threshold=0)


@pytest.mark.parametrize("name", ["before", "after", "sampling_rate"])
def test_windows_must_be_positive(name):
    with pytest.raises(ValueError, match=name):
        snr(np.zeros((1, 100)), [50], **{name: 0})


def test_arrivals_must_fit():
    with pytest.raises(ValueError, match="p_arrival must have one time in seconds per"):
        snr(np.zeros((2, 100)), [50])
