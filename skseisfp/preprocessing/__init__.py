"""Transformers of the array contract: filters, views, fingerprints and images."""

from .._utils.names import suggest_names as _suggest_names
from .adaptive_highpass_filter import AdaptiveHighpassFilter
from .filter_augmenter import FilterAugmenter
from .fingerprint_transformer import FingerprintTransformer
from .physics_features import PhysicsFeatures
from .scalogram_transformer import ScalogramTransformer
from .select_by_snr import select_by_snr
from .spectrogram_transformer import SpectrogramTransformer
from .spectrum_transformer import SpectrumTransformer
from .stack_stations import stack_stations
from .waveform_augmenter import WaveformAugmenter
from .waveform_image_transformer import WaveformImageTransformer
from .waveform_preprocessor import WaveformPreprocessor

__all__ = [
    "AdaptiveHighpassFilter",
    "FilterAugmenter",
    "FingerprintTransformer",
    "PhysicsFeatures",
    "ScalogramTransformer",
    "SpectrogramTransformer",
    "SpectrumTransformer",
    "WaveformAugmenter",
    "WaveformImageTransformer",
    "WaveformPreprocessor",
    "select_by_snr",
    "stack_stations",
]

_suggest_names(__name__)
