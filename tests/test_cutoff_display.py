"""The display shows the cut-offs that the filter uses."""

import numpy as np
import pytest

from skseisfp import (
    AdaptiveHighpassFilter,
    FilterAugmenter,
    FingerprintTransformer,
    make_seismograms,
)
from skseisfp.plotting import CutoffDisplay

pytestmark = pytest.mark.usefixtures("pyplot")
X = make_seismograms(9, random_state=0).data


def lines(ax):
    """Heights of the horizontal lines."""
    return [line.get_ydata()[0] for line in ax.lines if len(set(line.get_ydata())) == 1]


@pytest.mark.parametrize("record", [0, 5])
def test_draws_the_cutoffs_of_all_views(record):
    augmenter = FilterAugmenter(sampling_rate=40)
    display = CutoffDisplay.from_estimator(augmenter, X, record=record)
    expected = augmenter.view_cutoffs(X)[record]
    for ax in display.ax_:
        np.testing.assert_allclose(sorted(lines(ax)), sorted(expected))
    assert f"{expected[0]:.2f} Hz" in display.ax_[0].get_title(loc="left")


def test_a_plain_filter_has_one_cutoff():
    adaptive = AdaptiveHighpassFilter(sampling_rate=40)
    display = CutoffDisplay.from_estimator(adaptive, X)
    expected = adaptive.estimate_cutoff(X)["cutoff"].iloc[:1]
    np.testing.assert_allclose(display.cutoffs, expected)


def test_p_arrival_is_that_of_the_record():
    adaptive = AdaptiveHighpassFilter(sampling_rate=40)
    p_arrival = np.full(len(X), np.nan)
    p_arrival[5] = 60.0
    for record in (0, 5):
        display = CutoffDisplay.from_estimator(
            adaptive, X, record=record, p_arrival=p_arrival
        )
        expected = adaptive.estimate_cutoff(X, p_arrival)["cutoff"].iloc[[record]]
        np.testing.assert_allclose(display.cutoffs, expected)
    with pytest.raises(ValueError, match="p_arrival must have one time per record"):
        CutoffDisplay.from_estimator(adaptive, X, p_arrival=[1.0])


def test_a_record_without_cutoff_says_so():
    noise = np.random.default_rng(0).standard_normal((1, 3600))
    display = CutoffDisplay.from_estimator(AdaptiveHighpassFilter(), noise)
    assert display.ax_[0].get_title(loc="left") == "passes as it is (no signal)"


def test_a_missing_record_raises():
    with pytest.raises(ValueError, match="record == 9, must be <= 8"):
        CutoffDisplay.from_estimator(AdaptiveHighpassFilter(), X, record=9)


def test_estimators_that_are_not_filters_raise():
    message = "AdaptiveHighpassFilter or a FilterAugmenter; got FingerprintTransformer"
    with pytest.raises(TypeError, match=message):
        CutoffDisplay.from_estimator(FingerprintTransformer(), X)
