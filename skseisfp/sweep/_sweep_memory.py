"""Where the fits of a sweep are kept that has no store."""

from __future__ import annotations

from typing import Any, Self


class SweepMemory:
    """The fits of a sweep that is not stored, by (candidate, fold)."""

    shared = False  # whether other processes may run the same sweep

    def __init__(self):
        self.fits: dict[tuple[int, int], dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Let others run what is missing."""

    def put(self, candidate: int, fold: int, fit: dict[str, Any]) -> None:
        """Keep a fit."""
        self.fits[candidate, fold] = fit

    def give_up(self, candidate: int, fold: int, fit: dict[str, Any]) -> None:
        """Keep a fit for this run only."""
        self.fits[candidate, fold] = fit

    def claim(self, candidates: list[int]) -> list[int]:
        """Return those of some candidates that this process shall run."""
        return candidates

    def prune(self) -> None:
        """Mark trials that were left without some folds."""
