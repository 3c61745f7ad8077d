"""Nets for fingerprints: the catalogue of architectures, modules, the classifier."""

from .architecture import Finding, check_architecture, summarize
from .catalogue import layer_catalogue
from .fingerprint_classifier import FingerprintClassifier
from .fingerprint_cnn import FingerprintCNN
from .fingerprint_mlp import FingerprintMLP

__all__ = [
    "Finding",
    "FingerprintCNN",
    "FingerprintClassifier",
    "FingerprintMLP",
    "check_architecture",
    "layer_catalogue",
    "summarize",
]
