"""The store of one search: where each of its plans finds its study."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from .._utils.digest import environment
from ._fits import SINGLE
from ._provenance import describe_sweep, warn_of_shared_events
from ._scoring import metric_names
from ._store import Store
from ._stored_studies import find_sweeps
from ._stored_values import Digests, candidate_keys, encode_grids
from ._study_identity import (
    STORE_VERSION,
    VERSIONS,
    StoredSweep,
    find_passed_over,
    made_name,
)
from ._sweep_memory import SweepMemory
from ._sweep_study import SweepStudy

if TYPE_CHECKING:
    from ._sweep import Sweep

DRAWN_ANEW = "cv draws other folds at each start; give it an integer random_state."


class NotReusableWarning(UserWarning):
    """Warns that stored fits are not used again, or will not be found again."""


class SearchStore(ExitStack):
    """The open store of a search; without one fits are kept in memory.

    Parameters
    ----------
    search : BaseSweepSearchCV
        The search.
    sweep : Sweep
        Its estimator, records, labels, scorers and all its folds.
    params : dict
        Metadata of the search.

    Attributes
    ----------
    name : str or None
        Name of the study.
    """

    name: str | None = None

    def __init__(self, search: Any, sweep: Sweep, params: dict):
        super().__init__()
        self._search, self._store = search, None
        self._is_reusable = True
        self._digests = Digests()
        search.provenance_ = describe_sweep(search, sweep, self._digests)
        warn_of_shared_events(search.provenance_)
        if search.store is None:
            return
        self._description = self._describe(sweep, params)
        parts = self._description["digests"]
        self.name = self._name = search.study_name or made_name(parts)
        draws = getattr(search.cv, "shuffle", True)
        if draws and getattr(search.cv, "random_state", 0) is None:
            self._digests.unknown.append(DRAWN_ANEW)
        self._warn()
        self._store = self.enter_context(Store(search.store))

    def study(
        self, sweep: Sweep, grids: Sequence[Mapping[str, Any]], folds: Sequence[int]
    ) -> SweepMemory:
        """Return where the fits of a sweep are kept."""
        if self._store is None:
            return SweepMemory()
        refit, first = self._search.refit, self._description["refit_metric"]
        plan = {
            "name": getattr(getattr(self._search, "param_grid", None), "name", None),
            "grids": encode_grids(grids, self._digests),
            "keys": candidate_keys(sweep.estimator, sweep.candidates, self._digests),
            "parameters": list(dict.fromkeys(name for grid in grids for name in grid)),
            "refit_metric": refit if isinstance(refit, str) else first,
            "provenance": self._search.provenance_,
            "together": sweep.together,
        }
        self._warn()
        stored = StoredSweep(self._name, self._description, plan)
        if self._is_reusable:
            reason = find_passed_over(find_sweeps(self._store), stored)
            if reason:
                warnings.warn(reason, NotReusableWarning, stacklevel=2)
        return SweepStudy(self._store, stored, sweep.candidates, [*folds])

    def _describe(self, sweep, params):
        """Return the description of the study: all that a fit belongs to."""
        metrics, versions = metric_names(sweep.scorer), environment()
        error_score = self._search.error_score
        error_score = float("nan") if error_score == "raise" else error_score
        scoring = sweep.scorer, self._search.return_train_score, error_score
        of = self._digests.of
        # networks that are trained together are rounded in another way
        way = [f"together={sweep.together}"] if sweep.together else []
        return {
            "store_version": STORE_VERSION,
            "metrics": metrics,
            "refit_metric": (metrics or [SINGLE])[0],
            "n_splits": len(sweep.splits),
            "classes": sweep.options["classes"],
            "versions": versions,
            "digests": {
                "estimator": of("estimator", sweep.estimator, *way),
                "records": of("X", sweep.X),
                "labels": of("y", sweep.y),
                "groups or other metadata": of("metadata", params),
                "folds": of("cv", sweep.splits),
                "scoring": of("scoring", *scoring),
                VERSIONS: of("versions", versions),
            },
        }

    def _warn(self):
        """Warn of what makes stored fits useless to later searches."""
        if faults := "; ".join(self._digests.unknown):
            self._digests.unknown.clear()
            self._is_reusable = False
            warnings.warn(
                "Fits are stored, but a later search will not find all of them again: "
                f"{faults}",
                NotReusableWarning,
                stacklevel=2,
            )
