"""Fitted estimators in files that run no foreign code when they are read."""

from .load import load
from .save import save

__all__ = ["load", "save"]
