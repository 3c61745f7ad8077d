"""Splits by event, station and time, tests against chance, and protocols."""

from .._utils.names import suggest_names as _suggest_names
from .check_folds import check_folds
from .evaluate_protocols import evaluate_protocols
from .evaluation_ledger import EvaluationLedger, SealedSetError
from .event_learning_curve import EventLearningCurve, event_learning_curve
from .event_permutation_test import event_permutation_test
from .event_regions import event_regions
from .event_split import event_train_test_split
from .event_station_split import EventStationSplit
from .nested_evaluation import NestedEvaluation, nested_evaluation
from .protocol_evaluation import ProtocolEvaluation
from .protocols import PROTOCOLS, EvaluationProtocol, make_protocols
from .temporal_event_split import TemporalEventSplit

__all__ = [
    "PROTOCOLS",
    "EvaluationLedger",
    "EvaluationProtocol",
    "EventLearningCurve",
    "EventStationSplit",
    "NestedEvaluation",
    "ProtocolEvaluation",
    "SealedSetError",
    "TemporalEventSplit",
    "check_folds",
    "evaluate_protocols",
    "event_learning_curve",
    "event_permutation_test",
    "event_regions",
    "event_train_test_split",
    "make_protocols",
    "nested_evaluation",
]

_suggest_names(__name__)
