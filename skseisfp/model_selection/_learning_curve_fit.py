"""An inverse power law through a learning curve."""

import warnings

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit

N_SIZES = 4  # three numbers are fitted: fewer sizes leave no residual to check them
MAX_EXPONENT = 3.0  # steeper curves are steps between two sizes
# start of the search: a ceiling just above the best score, a loss that is not zero, and
# the exponent by which errors from sampling fall with the number of events
HEADROOM, LEAST_LOSS, EXPONENT = 0.02, 1e-3, 0.5


def power_law(n, a, b, c):
    """Return a - b n^-c."""
    return a - b * n**-c


def fit_power_law(sizes, scores, start=None):
    """Return the ceiling a, b and c of a - b n^-c, with 0 <= a <= 1 and b, c >= 0.

    Parameters
    ----------
    sizes : ndarray of shape (n_sizes,)
        Numbers of events.
    scores : ndarray of shape (n_sizes,)
        Scores.
    start : sequence of float, default=None
        Start of the search; None derives it from the scores.

    Returns
    -------
    ndarray of shape (3,)
        The numbers, or NaN where the search does not converge. Sizes are divided by
        the first of them, so that b is the loss there.
    """
    if start is None:
        top = np.clip(scores.max() + HEADROOM, 0, 1)
        start = (top, max(top - scores[0], LEAST_LOSS), EXPONENT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OptimizeWarning)  # no covariance is needed
        try:
            found, _ = curve_fit(
                power_law,
                sizes / sizes[0],
                scores,
                p0=start,
                bounds=([0, 0, 0], [1, 1, MAX_EXPONENT]),
                max_nfev=2000,
            )
        except RuntimeError:
            return np.full(3, np.nan)
    return found


def reason_not_to_extrapolate(sizes, drawn, confidence_level):
    """Return why a curve cannot be extrapolated, or an empty string.

    Parameters
    ----------
    sizes : ndarray of shape (n_sizes,)
        Numbers of events.
    drawn : ndarray of shape (n_sizes, n_draws)
        Bootstrapped mean scores of every size.
    confidence_level : float
        Confidence that the curve rises.

    Returns
    -------
    str
        The reason.
    """
    if len(sizes) < N_SIZES:
        return f"it has {len(sizes)} sizes and needs {N_SIZES}"
    gain = drawn[-1] - drawn[0]
    if not np.quantile(gain, 1 - confidence_level) > 0:
        return (
            f"it does not rise by more than its error between {sizes[0]} and "
            f"{sizes[-1]} events"
        )
    return ""
