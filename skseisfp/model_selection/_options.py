"""Options of functions and splitters, held against declarations as parameters are."""

from numbers import Integral
from types import SimpleNamespace

from .._compat import Interval, InvalidParameterError
from .._parameters import parameter_faults

SEED = Interval(Integral, 0, None, closed="left")
AT_LEAST_TWO = Interval(Integral, 2, None, closed="left")


def check_options(declared, **options):
    """Raise at the first option that is outside of its declaration.

    Parameters
    ----------
    declared : dict of str to list
        Constraints by the names of options, as in `_parameter_constraints`.
    **options : object
        Options; those that are not declared are not checked.
    """
    holder = SimpleNamespace(
        _parameter_constraints=declared, get_params=lambda deep: options
    )
    for _, message in parameter_faults(holder):
        raise InvalidParameterError(message)
