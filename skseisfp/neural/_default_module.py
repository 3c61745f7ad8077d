"""The module of a `FingerprintClassifier` whose `module` is None."""

from .fingerprint_cnn import FingerprintCNN
from .fingerprint_mlp import FingerprintMLP

DEFAULT_MODULES = (FingerprintCNN, FingerprintMLP)


def default_module(fingerprint_shape):
    """Return the class of the default network for fingerprints of a shape."""
    return FingerprintCNN if len(fingerprint_shape) == 3 else FingerprintMLP
