"""The metrics of a scorer, and the events that it needs."""

from __future__ import annotations

from typing import Any

from .._compat import BaseScorer, PassthroughScorer, scorers_by_name
from ..events import resolve_groups
from ..metrics import EventScorer
from ._fits import SINGLE


def metric_names(scorer: Any) -> list[str] | None:
    """Return the names of the metrics, None where only the scores will have them."""
    several = scorers_by_name(scorer)
    if several is not None:
        return list(several)
    if isinstance(scorer, EventScorer):
        return [SINGLE] if isinstance(scorer._metric, str) else None
    single = isinstance(scorer, (BaseScorer, PassthroughScorer))
    return [SINGLE] if single else None


def check_events(scorer: Any, X: Any, y: Any, score_params: dict) -> None:
    """Raise if an event score has no events, before any fit."""
    scorers = (scorers_by_name(scorer) or {"": scorer}).values()
    if any(type(item) is EventScorer for item in scorers) and not score_params:
        resolve_groups(y, X=X, needed_by="An event score")
