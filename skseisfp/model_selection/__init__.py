"""Splits by event, station and time, tests against chance, and protocols."""

from .check_folds import check_folds
from .event_permutation_test import event_permutation_test
from .event_split import event_train_test_split
from .event_station_split import EventStationSplit
from .experiment_plan import ExperimentPlan
from .protocols import PROTOCOLS, Protocol, evaluate_protocols, make_protocols
from .refit_policies import FlattestRefit, ParetoRefit, SimplestRefit
from .result_cube import ResultCube
from .staged_search_cv import StagedSearchCV
from .sweep_search_cv import SweepSearchCV
from .temporal_event_split import TemporalEventSplit

__all__ = [
    "PROTOCOLS",
    "EventStationSplit",
    "ExperimentPlan",
    "FlattestRefit",
    "ParetoRefit",
    "Protocol",
    "ResultCube",
    "SimplestRefit",
    "StagedSearchCV",
    "SweepSearchCV",
    "TemporalEventSplit",
    "check_folds",
    "evaluate_protocols",
    "event_permutation_test",
    "event_train_test_split",
    "make_protocols",
]
