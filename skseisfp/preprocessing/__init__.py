"""Transformers of the array contract: filters, views and fingerprints."""

from .adaptive_highpass_filter import AdaptiveHighpassFilter
from .filter_augmenter import FilterAugmenter
from .fingerprint_transformer import FingerprintTransformer
from .waveform_reader import WaveformReader

__all__ = [
    "AdaptiveHighpassFilter",
    "FilterAugmenter",
    "FingerprintTransformer",
    "WaveformReader",
]
