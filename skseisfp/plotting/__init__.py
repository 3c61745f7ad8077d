"""Displays of records, fingerprints, scores and sweeps; pages of sweeps and reviews."""

from .._utils.names import suggest_names as _suggest_names
from .architecture_display import ArchitectureDisplay
from .confusion_margins_display import ConfusionMarginsDisplay
from .cube_display import CubeDisplay
from .curves_display import CurvesDisplay
from .cutoff_display import CutoffDisplay
from .event_calibration_display import EventCalibrationDisplay
from .event_learning_curve_display import EventLearningCurveDisplay
from .event_map_display import EventMapDisplay
from .event_scores_display import EventScoresDisplay
from .explanation_display import ExplanationDisplay
from .fingerprint_display import FingerprintDisplay
from .heat_map_display import HeatMapDisplay
from .learning_history_display import LearningHistoryDisplay
from .parallel_coordinates_display import ParallelCoordinatesDisplay
from .pareto_display import ParetoDisplay
from .record_section_display import RecordSectionDisplay
from .surfaces_display import SurfacesDisplay
from .write_report import write_report
from .write_review import write_review

__all__ = [
    "ArchitectureDisplay",
    "ConfusionMarginsDisplay",
    "CubeDisplay",
    "CurvesDisplay",
    "CutoffDisplay",
    "EventCalibrationDisplay",
    "EventLearningCurveDisplay",
    "EventMapDisplay",
    "EventScoresDisplay",
    "ExplanationDisplay",
    "FingerprintDisplay",
    "HeatMapDisplay",
    "LearningHistoryDisplay",
    "ParallelCoordinatesDisplay",
    "ParetoDisplay",
    "RecordSectionDisplay",
    "SurfacesDisplay",
    "write_report",
    "write_review",
]

_suggest_names(__name__)
