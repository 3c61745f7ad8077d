"""Which events are decided: thresholds of scores that keep a stated error."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..metrics.decisions import decide
from ._reject import (
    exclusion_threshold,
    fewest_of_class,
    least_events,
    reject_threshold,
)


class Abstention(NamedTuple):
    """Thresholds of scores.

    Parameters
    ----------
    least : float
        Least score of the predicted class.
    by_class : ndarray of shape (n_classes,) or None
        Scores below which each class is excluded; all others but the predicted class
        have to be. None asks for nothing.
    """

    least: float = -np.inf
    by_class: npt.NDArray[np.float64] | None = None

    def decides(self, scores: npt.NDArray, codes: npt.NDArray) -> npt.NDArray[np.bool_]:
        """Return which events are decided, by scores and columns of predictions."""
        decided = scores.max(axis=1, initial=-np.inf) >= self.least
        if self.by_class is None:
            return decided
        possible = scores >= self.by_class
        possible[np.arange(len(scores)), codes] = False
        return decided & ~possible.any(axis=1)

    def in_words(self, classes: npt.ArrayLike) -> str:
        """Return which events are decided."""
        if self.by_class is not None:
            parts = (
                f"{name} {'never' if value == -np.inf else f'below {value:.3g}'}"
                for name, value in zip(np.asarray(classes), self.by_class, strict=True)
            )
            return "all other classes are excluded: " + ", ".join(parts)
        if np.isinf(self.least):
            return "all events" if self.least < 0 else "none found: all undecided"
        return f"events of a score of {self.least:.4g} or more"


def find_abstention(
    scores: npt.NDArray,
    truth: npt.NDArray,
    classes: npt.NDArray,
    *,
    error_of: str,
    max_error: float,
    confidence_level: float,
) -> Abstention:
    """Return the thresholds that keep an error, by events that were held out.

    Parameters
    ----------
    scores : ndarray of shape (n_events, n_classes)
        Scores of events.
    truth : ndarray of shape (n_events,)
        Their labels.
    classes : ndarray of shape (n_classes,)
        Labels of the columns.
    error_of : {"decided", "classes"}
        Events of the error.
    max_error, confidence_level : float in (0, 1)
        The error, and the probability that it is kept.

    Warns
    -----
    UserWarning
        If there are too few events, or too many of them are predicted wrong.
    """
    codes = np.searchsorted(classes, truth)
    risk = {"max_error": max_error, "confidence_level": confidence_level}
    if error_of == "decided":
        is_right = decide(scores) == codes
        least = reject_threshold(scores.max(axis=1), is_right, **risk)
        if np.isinf(least):
            _warn(_no_threshold(is_right, risk))
        return Abstention(least)
    needed = fewest_of_class(**risk)
    counts = np.bincount(codes, minlength=len(classes)).tolist()
    few = [
        f"{str(name)!r} ({n})"
        for name, n in zip(classes, counts, strict=True)
        if n < needed
    ]
    if few:
        _warn(_too_few(few, needed, risk))
    by_class = [
        exclusion_threshold(scores[codes == code, code], **risk)
        for code in range(len(classes))
    ]
    return Abstention(by_class=np.array(by_class))


def _warn(text):
    """Warn from the `fit` of a discriminator."""
    warnings.warn(text, UserWarning, stacklevel=5)


def _risk_in_words(risk: dict[str, Any]) -> str:
    """Return the error and the confidence level."""
    return (
        f"max_error={risk['max_error']} with the confidence level "
        f"{risk['confidence_level']}"
    )


def _no_threshold(is_right, risk):
    """Return the message where no score keeps the error."""
    return (
        f"No threshold keeps {_risk_in_words(risk)} on {len(is_right)} events, of "
        f"which {int((~is_right).sum())} are predicted wrong: all events stay "
        f"undecided. It takes {least_events(**risk)} events of which one at most is "
        "wrong."
    )


def _too_few(few, needed, risk):
    """Return the message where classes have too few events to be excluded."""
    return (
        f"{_risk_in_words(risk)} takes {needed} events of a class that were held out: "
        f"{', '.join(few)} cannot be excluded, so that events that are predicted "
        "otherwise stay undecided."
    )
