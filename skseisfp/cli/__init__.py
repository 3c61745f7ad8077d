"""The command line."""

from .._utils.names import suggest_names as _suggest_names
from .command_line import main

__all__ = ["main"]

_suggest_names(__name__)
