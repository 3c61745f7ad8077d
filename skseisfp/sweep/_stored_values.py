"""Values of parameters in the store: as JSON, digests, and as a dashboard has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .._utils.digest import digest
from .._utils.optional import import_optional
from .._utils.plain import plain, plain_repr

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True)
class StoredObject:
    """A value that JSON cannot hold: its string, and which value of a plan it is.

    Parameters
    ----------
    string : str
        Short string of the value.
    number : int
        Number of the value among those of its parameter: two values with one string
        have different numbers.

    Examples
    --------
    >>> from skseisfp.sweep import StoredObject
    >>> StoredObject("SVC(C=2)", 0)
    SVC(C=2)
    """

    string: str
    number: int

    def __repr__(self) -> str:
        return self.string


class Digests:
    """Digests of values, each made once; those that have none are noted.

    Attributes
    ----------
    unknown : list of str
        What had no digest, and why; it has another one in each run.
    """

    def __init__(self):
        self.unknown: list[str] = []
        self._memo: dict = {}
        self._known: dict[tuple[int, ...], tuple[Any, str]] = {}

    def of(self, name: str, *values: Any) -> str:
        """Return the digest of what is called `name` in messages."""
        key = tuple(map(id, values))
        if key not in self._known:  # kept alive, so that no others have their ids
            self._known[key] = values, self._make(name, values)
        return self._known[key][1]

    def _make(self, name, values):
        try:
            return digest(*values, memo=self._memo)
        except TypeError as error:
            self.unknown.append(f"{name}: {error}")
            return uuid4().hex


def candidate_keys(
    estimator: Any, candidates: Sequence[Mapping[str, Any]], digests: Digests
) -> list[str]:
    """Return a key of each candidate that those with equal parameters share.

    The order of the parameters does not count, nor does a value that the estimator has
    anyway, unless a step around the parameter is replaced, too.
    """
    defaults = estimator.get_params(deep=True)

    def is_default(name, key, params):
        parts = name.split("__")
        around = {"__".join(parts[:place]) for place in range(1, len(parts))}
        if name not in defaults or around & params.keys():
            return False
        return key == digests.of(name, defaults[name])

    keys = []
    for params in candidates:
        parts = {name: digests.of(name, value) for name, value in params.items()}
        own = {n: key for n, key in parts.items() if not is_default(n, key, params)}
        keys.append(digest(own))
    return keys


def encode(value: Any, number: int = 0) -> Any:
    """Return a value of a parameter in types of JSON, for `decode`.

    Of an object it is the string, and which `number` it has among the values of its
    parameter.
    """
    value = plain(value)
    if value is None or isinstance(value, str) or type(value) in (bool, int, float):
        return value
    if isinstance(value, Mapping):
        return {"dict": [[key, encode(item, number)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [encode(item, number) for item in value]}
    if isinstance(value, StoredObject):
        return {"object": [value.string, value.number]}
    return {"object": [string_of(value), number]}


def decode(value: Any) -> Any:
    """Return the value that `encode` was given; objects become a `StoredObject`."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "dict":
        return {key: decode(item) for key, item in content}
    if kind in ("list", "tuple"):
        items = [decode(item) for item in content]
        return tuple(items) if kind == "tuple" else items
    if kind == "text":  # an object in a cube of before, which had no numbers
        return content
    return StoredObject(*content)


def encode_grids(grids: Iterable[Mapping[str, Any]], digests: Digests) -> list[dict]:
    """Return the grids of a plan as JSON has them, with equal values of one number."""
    numbers: dict[str, dict[str, int]] = {}

    def numbered(name, value):
        known = numbers.setdefault(name, {})
        return known.setdefault(digests.of(name, value), len(known))

    return [
        {
            name: [encode(value, numbered(name, value)) for value in values]
            for name, values in grid.items()
        }
        for grid in grids
    ]


def decode_grids(grids: Iterable[Mapping[str, Any]]) -> list[dict[str, list]]:
    """Return the grids that `encode_grids` was given."""
    return [
        {name: [decode(value) for value in values] for name, values in grid.items()}
        for grid in grids
    ]


def string_of(value: Any) -> str:
    """Return a short string of a value without addresses in memory."""
    if isinstance(value, type) or callable(value):
        return getattr(value, "__qualname__", type(value).__qualname__)
    return " ".join(plain_repr(value).split())


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number and not a bool."""
    if isinstance(value, Integral):
        return not isinstance(value, bool)
    return isinstance(value, Real) and isfinite(value)


def make_distributions(
    candidates: Iterable[Mapping[str, Any]],
) -> dict[str, BaseDistribution]:
    """Return Optuna's distribution of each parameter: a range, or a choice."""
    found: dict[str, list] = {}
    for params in candidates:
        for name, value in params.items():
            found.setdefault(name, []).append(plain(value))
    return {name: _distribution(values) for name, values in found.items()}


def _distribution(values):
    kinds = import_optional("optuna", extra="sweep").distributions
    if all(is_number(value) for value in values):
        integral = all(isinstance(value, int) for value in values)
        kind = kinds.IntDistribution if integral else kinds.FloatDistribution
        return kind(min(values), max(values))
    return kinds.CategoricalDistribution(tuple(dict.fromkeys(map(_label, values))))


def show_params(
    params: Mapping[str, Any],
    planned: Mapping[str, BaseDistribution],
    known: Mapping[str, BaseDistribution],
) -> tuple[dict[str, Any], dict[str, BaseDistribution]]:
    """Return parameters and their distributions as a dashboard shows them.

    `planned` are the distributions of this plan, `known` those of the study, whose
    choices Optuna does not change: a value that they lack is left out.
    """
    shown, distributions = {}, {}
    for name, value in params.items():
        first, now = known.get(name, planned[name]), planned[name]
        value, choices = plain(value), getattr(first, "choices", None)
        if choices is not None and _label(value) in choices:
            shown[name], distributions[name] = _label(value), first
        elif choices is None and type(first) is type(now):  # ranges may differ
            shown[name], distributions[name] = value, now
    return shown, distributions


def _label(value):
    is_shown = value is None or isinstance(value, (bool, str))
    return value if is_shown else string_of(value)
