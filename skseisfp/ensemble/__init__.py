"""Classifiers around classifiers: votes over views and over the records of events."""

from .classify_stream import classify_stream
from .event_vote_classifier import EventVoteClassifier
from .multi_view_classifier import MultiViewClassifier

__all__ = ["EventVoteClassifier", "MultiViewClassifier", "classify_stream"]
