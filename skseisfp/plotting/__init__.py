"""Displays of fingerprints, cut-offs, scores and confusion; they need matplotlib."""

from .confusion_margins_display import ConfusionMarginsDisplay
from .cutoff_display import CutoffDisplay
from .event_scores_display import EventScoresDisplay
from .fingerprint_display import FingerprintDisplay

__all__ = [
    "ConfusionMarginsDisplay",
    "CutoffDisplay",
    "EventScoresDisplay",
    "FingerprintDisplay",
]
