"""Classifiers that combine: representations, views, and the records of events."""

from .._utils.names import suggest_names as _suggest_names
from .event_calibrated_classifier_cv import EventCalibratedClassifierCV
from .event_threshold_classifier_cv import EventThresholdClassifierCV
from .event_vote_classifier import EventVoteClassifier
from .multi_representation_classifier import MultiRepresentationClassifier
from .multi_view_classifier import MultiViewClassifier

__all__ = [
    "EventCalibratedClassifierCV",
    "EventThresholdClassifierCV",
    "EventVoteClassifier",
    "MultiRepresentationClassifier",
    "MultiViewClassifier",
]

_suggest_names(__name__)
