"""Scores by event and by record, their intervals, and scorers that count events."""

from .._utils.names import suggest_names as _suggest_names
from .aggregation import aggregate_events, event_labels
from .auc_precision import EventNumber, auc_half_width, events_to_separate
from .event_scorer import (
    EventScorer,
    event_accuracy,
    event_balanced_accuracy,
    event_f1,
    event_roc_auc,
    make_event_scorer,
)
from .gradient import neg_gradient_of_error
from .intervals import Interval, bootstrap_interval, paired_bootstrap, wilson_interval
from .report import (
    class_table,
    negative_predictive_value_score,
    score_table,
    specificity_score,
)

__all__ = [
    "EventNumber",
    "EventScorer",
    "Interval",
    "aggregate_events",
    "auc_half_width",
    "bootstrap_interval",
    "class_table",
    "event_accuracy",
    "event_balanced_accuracy",
    "event_f1",
    "event_labels",
    "event_roc_auc",
    "events_to_separate",
    "make_event_scorer",
    "neg_gradient_of_error",
    "negative_predictive_value_score",
    "paired_bootstrap",
    "score_table",
    "specificity_score",
    "wilson_interval",
]

_suggest_names(__name__)
