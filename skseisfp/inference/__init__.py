"""From recordings of new events to predictions."""

from .classify_stream import classify_stream

__all__ = [
    "classify_stream",
]
