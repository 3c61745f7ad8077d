"""The parameters of a trial set on an estimator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from sklearn.base import clone

from .._utils.names import nearest_name


def set_trial(estimator: Any, trial: Mapping[str, Any]) -> Any:
    """Set the parameters of a trial on an estimator, and return it.

    Parameters
    ----------
    estimator : estimator
        What is changed.
    trial : dict
        Parameters.

    Returns
    -------
    estimator
        The estimator itself.

    Raises
    ------
    ValueError
        If a name is unknown; the message has the nearest known one.
    """
    params: Any = clone(trial, safe=False)
    try:
        return estimator.set_params(**params)
    except AttributeError as error:  # what takes the place of a part has none
        raise ValueError(
            f"{', '.join(map(repr, trial))} cannot be set together: one of them takes "
            f"the place of a part that another is a parameter of ({error})."
        ) from error
    except ValueError as error:
        known = estimator.get_params(deep=True)
        unknown = [name for name in trial if name not in known]
        unknown = [name for name in unknown if not _takes(estimator, name, trial[name])]
        if not unknown:
            raise
        raise ValueError(
            f"{unknown[0]!r} is not a parameter of {type(estimator).__name__}."
            f"{_suggestion(unknown[0], known)}"
        ) from error


def _takes(estimator, name, value):
    """Return whether an estimator takes a parameter that it does not list."""
    try:
        estimator.set_params(**{name: value})
    except (AttributeError, ValueError):
        return False
    return True


def _suggestion(name: str, known: Iterable[str]) -> str:
    """Return a hint at a known name, one of the same step before those of others."""
    step = "".join(name.partition("__")[:2]) if "__" in name else ""
    rest = name.removeprefix(step)
    own = [other.removeprefix(step) for other in known if other.startswith(step)]
    if not own:
        return nearest_name(name, known)
    near = [other for other in own if rest == _initials(other)]
    near += [other for other in own if _initials(rest) == other]
    near = near or get_close_matches(rest, own, n=1)
    if near:
        return f" Did you mean {step + near[0]!r}?"
    return nearest_name(name, [other for other in known if _tail(other) == _tail(name)])


def _tail(name):
    """Return the part after the last ``__``."""
    return name.rpartition("__")[2]


def _initials(name):
    """Return the first letters of a name of several words: ``learning_rate`` is lr."""
    words = name.split("_")
    return "".join(word[:1] for word in words) if len(words) > 1 else None
