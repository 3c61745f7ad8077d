"""Fitted estimators in files that run no foreign code when they are read."""

from .._utils.names import suggest_names as _suggest_names
from ._parameter_changes import MissingParameterWarning
from .load import load
from .save import save

__all__ = ["MissingParameterWarning", "load", "save"]

_suggest_names(__name__)
