"""Where the fits of a sweep are kept that has no store."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self


class SweepMemory:
    """The fits of a sweep that is not stored.

    Attributes
    ----------
    fits : dict
        Fits by (candidate, fold).
    name : str or None
        Name of the study in the store.
    shared : bool
        Whether other processes may run the same sweep.
    """

    fits: dict[tuple[int, int], dict[str, Any]]
    name: str | None = None
    shared: bool = False

    def __init__(self):
        self.fits = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def put(self, candidate: int, fold: int, fit: dict[str, Any]) -> None:
        """Keep a fit."""
        self.fits[candidate, fold] = fit

    def claim(self, candidates: list[int]) -> list[int]:
        """Return those of some candidates that this process shall run."""
        return candidates

    def heartbeat(self) -> AbstractContextManager[None]:
        """Return the context in which other processes see that this one runs."""
        return nullcontext()

    def close(self) -> None:
        """Release the connections."""
