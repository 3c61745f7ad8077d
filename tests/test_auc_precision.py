import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from skseisfp.metrics.auc_precision import auc_half_width, events_to_separate

AREAS = st.floats(0.02, 0.98)
SHARES = st.floats(0.05, 0.95)


def test_the_example_of_the_paper():
    """51 abnormal and 58 normal images, area 0.893: standard error 0.032."""
    level = norm.cdf(1) - norm.cdf(-1)  # one standard error
    assert auc_half_width(0.893, 51, 58, level) == pytest.approx(0.032, abs=6e-4)


def draw_areas(area, n_positive, n_negative, n_draws, rng):
    """Areas of exponential scores, for which the formula is exact."""
    positive = rng.exponential(area / (1 - area), (n_draws, n_positive, 1))
    negative = rng.exponential(1.0, (n_draws, 1, n_negative))
    return (positive > negative).mean(axis=(1, 2))


def test_half_width_is_that_of_exponential_scores():
    drawn = draw_areas(0.85, 36, 150, 4000, np.random.default_rng(0))
    assert drawn.mean() == pytest.approx(0.85, abs=0.003)
    expected = norm.ppf(0.975) * drawn.std()
    assert auc_half_width(0.85, 36, 150) == pytest.approx(expected, rel=0.04)


def test_as_many_events_find_the_difference_as_often_as_asked():
    found = events_to_separate(0.8, 0.7, positive_share=0.25)
    n_negative = found.n_events - found.n_rarer
    rng = np.random.default_rng(0)
    a, b = (
        draw_areas(area, found.n_rarer, n_negative, 1500, rng) for area in (0.8, 0.7)
    )
    error = np.hypot(a.std(), b.std())
    power = (np.abs(a - b) > norm.ppf(0.975) * error).mean()
    assert power == pytest.approx(0.8, abs=0.03)


@given(AREAS, st.integers(1, 500), st.integers(1, 500))
def test_more_events_are_more_exact(area, n_positive, n_negative):
    width = auc_half_width(area, n_positive, n_negative)
    assert width > 0
    assert auc_half_width(area, 2 * n_positive, n_negative) < width
    assert auc_half_width(area, n_positive, 2 * n_negative) < width
    assert auc_half_width(area, n_positive, n_negative, 0.99) > width


@given(AREAS, AREAS, SHARES, st.floats(0, 0.9))
def test_the_number_is_the_smallest_that_suffices(a, b, share, correlation):
    if abs(a - b) < 0.01:
        return
    found = events_to_separate(a, b, positive_share=share, correlation=correlation)
    assert found.n_rarer >= 2
    assert found.n_events >= found.n_rarer / min(share, 1 - share)

    def shortfall(n_rarer):
        ratio = max(share, 1 - share) / min(share, 1 - share)
        counts = (n_rarer, n_rarer * ratio)
        counts = counts if share <= 0.5 else counts[::-1]
        level = norm.cdf(1) - norm.cdf(-1)
        x, y = (auc_half_width(area, *counts, level) for area in (a, b))
        error = np.sqrt(x**2 + y**2 - 2 * correlation * x * y)
        return error * (norm.ppf(0.975) + norm.ppf(0.8)) - abs(a - b)

    assert shortfall(found.n_rarer) <= 1e-9
    if found.n_rarer > 2:
        assert shortfall(found.n_rarer - 1) > -1e-9


@given(AREAS, AREAS, SHARES)
def test_order_does_not_matter_and_correlation_helps(a, b, share):
    if abs(a - b) < 0.01:
        return
    found = events_to_separate(a, b, positive_share=share)
    assert found == events_to_separate(b, a, positive_share=share)
    paired = events_to_separate(a, b, positive_share=share, correlation=0.5)
    assert paired.n_rarer <= found.n_rarer
    surer = events_to_separate(a, b, positive_share=share, power=0.95)
    assert surer.n_rarer >= found.n_rarer


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"auc": 1.0}, "auc == 1.0"),
        ({"auc": np.nan}, "auc must be a number"),
        ({"n_positive": 0}, "n_positive == 0"),
        ({"n_negative": 0.5}, "n_negative == 0.5"),
        ({"confidence_level": 1}, "confidence_level == 1"),
    ],
)
def test_bad_numbers_of_a_width_are_named(changed, message):
    arguments = {"auc": 0.8, "n_positive": 10, "n_negative": 20}
    with pytest.raises(ValueError, match=message):
        auc_half_width(**{**arguments, **changed})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"auc_a": 0.8}, "auc_a and auc_b must differ; both are 0.8"),
        ({"auc_b": 0}, "auc_b == 0"),
        ({"positive_share": 1}, "positive_share == 1"),
        ({"correlation": 1.1}, "correlation == 1.1"),
        ({"power": 0}, "power == 0"),
        ({"confidence_level": 0}, "confidence_level == 0"),
        ({"auc_a": 0.8 + 1e-6}, "More than 1000000000 events"),
    ],
)
def test_bad_numbers_of_a_separation_are_named(changed, message):
    arguments = {"auc_a": 0.9, "auc_b": 0.8, "positive_share": 0.2}
    with pytest.raises(ValueError, match=message):
        events_to_separate(**{**arguments, **changed})
