"""Networks for fingerprints: catalogue of architectures, modules, classifier."""

from .._utils.names import suggest_names as _suggest_names
from .architecture import Finding, check_architecture, summarize
from .catalogue import layer_catalogue
from .fingerprint_classifier import FingerprintClassifier
from .fingerprint_cnn import FingerprintCNN
from .fingerprint_mlp import FingerprintMLP
from .fit_together import fit_together
from .group_valid_split import group_valid_split

__all__ = [
    "Finding",
    "FingerprintCNN",
    "FingerprintClassifier",
    "FingerprintMLP",
    "check_architecture",
    "fit_together",
    "group_valid_split",
    "layer_catalogue",
    "summarize",
]

_suggest_names(__name__)
