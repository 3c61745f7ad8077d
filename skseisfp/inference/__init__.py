"""From recordings of new events to predictions."""

from .._utils.names import suggest_names as _suggest_names
from .classify_stream import classify_stream
from .event_discriminator import EventDiscriminator
from .event_permutation_importance import event_permutation_importance
from .explain_records import explain_records
from .export_onnx import export_onnx
from .fine_tune import fine_tune
from .load_pretrained import load_pretrained
from .picking_policy import PickingPolicy
from .record_explanation import RecordExplanation
from .write_demo import write_demo

__all__ = [
    "EventDiscriminator",
    "PickingPolicy",
    "RecordExplanation",
    "classify_stream",
    "event_permutation_importance",
    "explain_records",
    "export_onnx",
    "fine_tune",
    "load_pretrained",
    "write_demo",
]

_suggest_names(__name__)
