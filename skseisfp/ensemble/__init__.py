"""Classifiers of several: forests, views, and the records of events."""

from .event_vote_classifier import EventVoteClassifier
from .multi_representation_classifier import MultiRepresentationClassifier
from .multi_view_classifier import MultiViewClassifier

__all__ = [
    "EventVoteClassifier",
    "MultiRepresentationClassifier",
    "MultiViewClassifier",
]
