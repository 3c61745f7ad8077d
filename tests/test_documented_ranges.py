"""Docstrings of estimators state the ranges of numbers that they declare.

The type of a parameter reads ``float in (0, 1], default=0.5``: one range for each
declared interval, by the names of Python's types, with ``inf`` where there is no bound.
"""

import inspect
import re
from numbers import Integral, Real

import pytest
from test_docstrings import CALLABLES, documented_parameters

from skseisfp._compat import Interval, make_constraint
from skseisfp._parameters import COUNT, Quantity, ValidatedParameters, Where
from skseisfp._utils.docs import parameter_entries

ESTIMATORS = {
    name: item
    for name, item in CALLABLES.items()
    if inspect.isclass(item) and issubclass(item, ValidatedParameters)
}
RANGE = re.compile(r"\b(int|float) in ([\[(])(\S+), (\S+?)([\])])")
TYPES = {"int": Integral, "float": Real}


def documented_ranges(text):
    """Type, ends, and which ends belong to it, of each range in a text."""
    return {
        (TYPES[kind], float(left), float(right), (opens == "[", closes == "]"))
        for kind, opens, left, right, closes in RANGE.findall(text)
    }


def declared_ranges(constraints):
    """Return the same of declared intervals."""
    return {
        (
            rule.type,
            float("-inf") if rule.left is None else float(rule.left),
            float("inf") if rule.right is None else float(rule.right),
            (rule.closed in ("left", "both"), rule.closed in ("right", "both")),
        )
        for rule in constraints
        if isinstance(rule, Interval)
    }


def allows(constraints, value):
    """Whether declared constraints allow a value."""
    rules = (
        rule if isinstance(rule, Where) else make_constraint(rule)
        for rule in constraints
    )
    return any(rule.is_satisfied_by(value) for rule in rules)


def faults(estimator):
    """What the docstring of an estimator says otherwise than its declarations."""
    types = documented_parameters(estimator)
    entries = parameter_entries(inspect.getdoc(estimator))
    defaults = inspect.signature(estimator).parameters
    found = []
    for name, constraints in estimator._parameter_constraints.items():
        documented = documented_ranges(types[name])
        unchecked = isinstance(constraints, str)  # "no_validation"
        if documented != (set() if unchecked else declared_ranges(constraints)):
            found.append(f"{name}: documented as {types[name]!r}")
        if unchecked or not documented:
            continue
        if (None in constraints) != bool(re.search(r"\bNone\b", entries[name])):
            found.append(f"{name}: None is declared or documented, not both")
        default = defaults[name].default
        if default is not inspect.Parameter.empty and not allows(constraints, default):
            found.append(f"{name}: default {default!r} is outside")
    return found


@pytest.mark.parametrize("name", ESTIMATORS)
def test_documented_ranges_are_those_declared(name):
    assert faults(ESTIMATORS[name]) == []


def test_estimators_with_ranges_are_found():
    ranges = [
        declared_ranges(constraints)
        for estimator in ESTIMATORS.values()
        for constraints in estimator._parameter_constraints.values()
        if not isinstance(constraints, str)
    ]
    assert len(ESTIMATORS) > 40
    assert sum(map(bool, ranges)) > 150


class Estimator(ValidatedParameters):
    """An estimator.

    Parameters
    ----------
    order : int in [1, inf), default=4
        Order.
    size : int in [1, inf) or float in (0, 1), default=None
        Number or share; None takes all.
    f_max : float in (0, inf), default=2.0
        Corner in Hz.
    kind : str, default="a"
        Kind.
    """

    _parameter_constraints = {
        "order": [COUNT],
        "size": [COUNT, Interval(Real, 0, 1, closed="neither"), None],
        "f_max": [Quantity(0, None, closed="neither", unit="Hz")],
        "kind": "no_validation",
    }

    def __init__(self, order=4, size=None, f_max=2.0, kind="a"):
        pass


@pytest.mark.parametrize(
    ("name", "constraints"),
    [
        ("order", [Interval(Integral, 0, None, closed="left")]),
        ("order", [Interval(Integral, 1, 8, closed="both")]),
        ("order", [Interval(Real, 1, None, closed="left")]),
        ("order", [Interval(Integral, 5, None, closed="left")]),
        ("order", "no_validation"),
        ("order", [COUNT, None]),
        ("size", [COUNT, None]),
        ("size", [COUNT, Interval(Real, 0, 1, closed="right"), None]),
        ("size", [COUNT, Interval(Real, 0, 1, closed="neither")]),
        ("f_max", [Interval(Real, 0, None, closed="both")]),
        ("kind", [COUNT]),
    ],
)
def test_a_declaration_that_changes_alone_is_found(name, constraints):
    changed = Estimator._parameter_constraints | {name: constraints}
    estimator = type(
        "Changed",
        (Estimator,),
        {"__doc__": Estimator.__doc__, "_parameter_constraints": changed},
    )
    found = faults(estimator)
    assert found
    assert all(fault.startswith(f"{name}:") for fault in found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("order : int in [1,", "order : int in [0,"),
        ("order : int in [1, inf)", "order : int in [1, 8]"),
        ("order : int in [1, inf)", "order : int"),
        ("order : int in", "order : float in"),
        (" or float in (0, 1)", ""),
        ("float in (0, 1)", "float in (0, 1]"),
        ("Corner in Hz.", "Corner in Hz; None is half of the rate."),
        ("kind : str", "kind : int in [0, inf)"),
    ],
)
def test_a_docstring_that_changes_alone_is_found(old, new):
    assert faults(Estimator) == []
    assert Estimator.__doc__.count(old) == 1
    changed = type(
        "Changed", (Estimator,), {"__doc__": Estimator.__doc__.replace(old, new)}
    )
    assert len(faults(changed)) == 1
