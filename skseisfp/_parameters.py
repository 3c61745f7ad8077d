"""Parameters of estimators: declared once in each class, validated by one function.

A class declares `_parameter_constraints`, in scikit-learn's own form, and inherits
`ValidatedParameters`; a subclass declares ``{**Base._parameter_constraints, ...}``.
What involves several parameters, or the data, is checked in `_check_combinations`.
"""

from numbers import Integral, Real
from sys import float_info
from typing import Any, Self

import numpy as np

from ._compat import (
    Constraint,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    make_constraint,
)
from ._utils.names import nearest_name
from ._utils.plain import plain_repr


class Quantity(Interval):
    """Numbers of an interval that have a unit.

    Parameters
    ----------
    left, right : float or None
        The ends; None is infinite.
    closed : {"left", "right", "both", "neither"}
        Which ends belong to the interval.
    unit : str
        Unit, for the message.
    """

    def __init__(self, left, right, *, closed, unit):
        super().__init__(Real, left, right, closed=closed)
        self.unit = unit

    def __str__(self):
        return f"{super().__str__()} {self.unit}"


class Where(Constraint):
    """Values for which a function is true.

    Parameters
    ----------
    is_valid : callable
        Takes a value and returns a bool; an exception of type TypeError or ValueError
        counts as False.
    text : str
        What the values are, to follow "must be".
    """

    def __init__(self, is_valid, text):
        super().__init__()
        self.is_valid = is_valid
        self.text = text

    def is_satisfied_by(self, val):
        """Return whether the function is true for a value."""
        try:
            return bool(self.is_valid(val))
        except (TypeError, ValueError):
            return False

    def __str__(self):
        return self.text


def pair_of(element, text, *, also=lambda first, second: True):
    """Return the constraint of a sequence of two elements.

    Parameters
    ----------
    element : object
        Constraint of each element.
    text : str
        What the pair is, to follow "must be".
    also : callable, default=always true
        Takes both elements and returns whether they go together.

    Returns
    -------
    Where
        The constraint.
    """
    rule = _constraint(element)

    def is_valid(pair):
        if isinstance(pair, (str, bytes, dict, set)):
            return False
        first, second = pair
        return (
            rule.is_satisfied_by(first)
            and rule.is_satisfied_by(second)
            and also(first, second)
        )

    return Where(is_valid, text)


class ValidatedParameters:
    """Mixin of estimators whose parameters are held against their declarations."""

    _parameter_constraints = {}

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator and of the estimators that it holds.

        Parameters
        ----------
        **params : object
            Values by name.

        Returns
        -------
        self
            This estimator.

        Raises
        ------
        ValueError
            If a name is unknown; the message has the nearest known one.
        """
        base: Any = super()
        try:
            return base.set_params(**params)
        except ValueError as error:
            known = base.get_params(deep=False)
            names = [name for name in params if name.partition("__")[0] not in known]
            hint = nearest_name(names[0], known) if names else ""
            if not hint or hint in str(error):
                raise
            raise ValueError(f"{error}{hint}") from None

    def _validate_params(self):
        """Raise at the first parameter that is outside of its declaration."""
        for _, message in parameter_faults(self):
            raise InvalidParameterError(message)


def parameter_faults(estimator):
    """Return the parameters of an estimator that are outside of their declarations.

    Parameters
    ----------
    estimator : estimator
        Any estimator with `_parameter_constraints`, of scikit-learn, too; others have
        no faults.

    Returns
    -------
    list of (str, str)
        Name of each parameter, and a message that says what it is and must be.
    """
    declared = getattr(estimator, "_parameter_constraints", {})
    faults = []
    for name, value in estimator.get_params(deep=False).items():
        constraints = declared.get(name, "no_validation")
        if isinstance(constraints, str):  # "no_validation"
            continue
        rules = [_constraint(constraint) for constraint in constraints]
        met = [rule for rule in rules if rule.is_satisfied_by(value)]
        if not met or _is_endless(value) or _is_flag_for_number(value, met):
            faults.append((name, _message(name, value, rules)))
    return faults


def _is_endless(value):
    """Return whether an integer is larger than any float."""
    return isinstance(value, int) and abs(value) > float_info.max


def _is_flag_for_number(value, met):
    """Return whether a bool only passes as the number that it is for Python."""
    return isinstance(value, (bool, np.bool_)) and all(
        isinstance(rule, Interval) for rule in met
    )


def _constraint(constraint):
    """Return a declared constraint as an object; those of this module are ones."""
    return constraint if isinstance(constraint, Where) else make_constraint(constraint)


def _message(name, value, rules):
    """Return the message for a value that is not valid, with the nearest option."""
    strings = [_text(rule) for rule in rules if not rule.hidden]
    allowed = " or ".join(filter(None, [", ".join(strings[:-1]), strings[-1]]))
    hint = next(
        filter(None, (nearest_name(w, _words(rules)) for w in _strings(value))), ""
    )
    return f"{name} must be {allowed}; got {_short(value)}.{hint}"


def _text(rule):
    """Return the values that a constraint allows, options in sorted order."""
    if type(rule) is type(make_constraint("boolean")):
        return "a bool"
    if isinstance(rule, Options):
        return f"one of {', '.join(sorted(map(repr, rule.options)))}"
    return str(rule)


def _words(rules):
    """Return all strings that constraints allow."""
    return [
        word for rule in rules if isinstance(rule, StrOptions) for word in rule.options
    ]


def _strings(value):
    """Return a string, or those in a list or tuple."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return [item for item in items if isinstance(item, str)]


def _short(value):
    """Return the representation of a value, of a long one its type and shape."""
    if isinstance(value, np.ndarray) and value.size > 10:
        return f"an array of shape {value.shape}"
    text = plain_repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


COUNT = Interval(Integral, 1, None, closed="left")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
FINITE = Interval(Real, None, None, closed="neither")
FRACTION = Interval(Real, 0, 1, closed="both")
DROPOUT = Interval(Real, 0, 1, closed="left")
HERTZ = Quantity(0, None, closed="neither", unit="Hz")
WINDOW = pair_of(
    FINITE,
    "two increasing times in seconds from the first sample",
    also=lambda first, last: 0 <= first < last,
)
SIZE = pair_of(COUNT, "two integers >= 1")
