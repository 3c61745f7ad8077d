"""Fitted estimators in files that run no foreign code when they are read."""

from ._parameter_changes import MissingParameterWarning
from .load import load
from .save import save

__all__ = ["MissingParameterWarning", "load", "save"]
