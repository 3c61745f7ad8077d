"""Transformers of the array contract: filters, views and fingerprints."""

from .fingerprint_transformer import FingerprintTransformer

__all__ = ["FingerprintTransformer"]
