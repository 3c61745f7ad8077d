"""Constraints of parameters that several baselines have."""

from numbers import Integral, Real

from .._compat import Interval
from .._parameters import COUNT, Where, pair_of

COUNTS = Where(
    lambda sizes: (
        isinstance(sizes, (tuple, list)) and all(map(COUNT.is_satisfied_by, sizes))
    ),
    "a tuple of integers >= 1",
)
VP_VS = Interval(Real, 1, None, closed="neither")


def image_shape(least):
    """Return the constraint of the shape of images with sides that are long enough."""
    side = Interval(Integral, least, None, closed="left")
    return pair_of(side, f"at least {least} x {least}, two integers")
