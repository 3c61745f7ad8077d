"""The metrics of a scorer, and the events that it needs."""

from __future__ import annotations

from typing import Any

from .._compat import BaseScorer, PassthroughScorer, scorers_by_name
from ..events import resolve_groups
from ..metrics import EventScorer
from ._fits import SINGLE
from ._stored_values import string_of


def metric_names(scorer: Any) -> list[str] | None:
    """Return the names of the metrics, None where only the scores will have them."""
    several = scorers_by_name(scorer)
    if several is not None:
        return list(several)
    if isinstance(scorer, EventScorer):
        return [SINGLE] if isinstance(scorer._metric, str) else None
    single = isinstance(scorer, (BaseScorer, PassthroughScorer))
    return [SINGLE] if single else None


def describe_scoring(search: Any, scorer: Any) -> dict[str, Any]:
    """Return the name of the score of each metric, and all settings as a string."""
    several = scorers_by_name(scorer)
    scorers = {SINGLE: scorer} if several is None else several
    given = search.scoring
    names = {
        metric: given if isinstance(given, str) else _score_name(item)
        for metric, item in scorers.items()
    }
    options = {
        "error_score": search.error_score,
        "return_train_score": search.return_train_score,
    }
    settings = ", ".join(
        f"{key}={value!r}" for key, value in (scorers | options).items()
    )
    return {"names": names, "settings": settings}


def _score_name(scorer):
    """Return the name of a score, as its function has it."""
    if isinstance(scorer, PassthroughScorer):
        return repr(scorer)  # such as SVC.score
    if not isinstance(scorer, BaseScorer):
        return getattr(scorer, "__name__", None) or string_of(scorer)
    name = getattr(scorer._score_func, "__name__", None) or "score"
    return f"neg_{name}" if scorer._sign < 0 else name


def check_events(scorer: Any, X: Any, y: Any, score_params: dict) -> None:
    """Raise if an event score has no events, before any fit."""
    scorers = (scorers_by_name(scorer) or {"": scorer}).values()
    if any(type(item) is EventScorer for item in scorers) and not score_params:
        resolve_groups(y, X=X, needed_by="An event score")
