"""From recordings of new events to predictions."""

from .classify_stream import classify_stream
from .event_discriminator import EventDiscriminator

__all__ = [
    "EventDiscriminator",
    "classify_stream",
]
