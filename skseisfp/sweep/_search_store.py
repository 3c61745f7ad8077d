"""The store of one search: where each of its plans finds its study."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._utils.digest import digest, environment
from ._fits import SINGLE
from ._scoring import metric_names
from ._store import Store
from ._stored_studies import STORE_VERSION
from ._stored_values import Digests, candidate_keys, encode_grids
from ._sweep_memory import SweepMemory
from ._sweep_study import Plan, SweepStudy

if TYPE_CHECKING:
    from ._sweep import Sweep


class NotReusableWarning(UserWarning):
    """Warns that fits are stored which no later search will find again."""


class SearchMemory:
    """The store of a search that has none.

    Attributes
    ----------
    name : str or None
        Name of the study.
    """

    name: str | None = None

    def __enter__(self):
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the connections."""

    def study(
        self, sweep: Sweep, grids: Sequence[Mapping[str, Any]], folds: Sequence[int]
    ) -> SweepMemory:
        """Return where the fits of a sweep are kept."""
        return SweepMemory()


class SearchStore(SearchMemory):
    """The open store of a search.

    Parameters
    ----------
    search : BaseSweepSearchCV
        The search.
    sweep : Sweep
        Its estimator, records, labels, scorers and all its folds.
    params : dict
        Metadata of the search.
    labels : list or None
        Labels along the axes of the confusion matrices.
    """

    def __init__(self, search: Any, sweep: Sweep, params: dict, labels: list | None):
        self._search = search
        self._digests = Digests()
        self._description = self._describe(sweep, params, labels)
        parts = self._description["digests"]
        self.name = self._name = search.study_name or f"sweep-{digest(parts)}"
        self._warn(_fold_faults(search.cv))
        self._store = Store(search.store)

    def close(self) -> None:
        self._store.close()

    def study(self, sweep, grids, folds) -> SweepMemory:
        keys = candidate_keys(sweep.estimator, sweep.candidates, self._digests)
        record = {
            "name": getattr(getattr(self._search, "param_grid", None), "name", None),
            "grids": encode_grids(grids, self._digests),
            "keys": keys,
            "parameters": list(dict.fromkeys(name for grid in grids for name in grid)),
            "refit_metric": self._refit_metric,
        }
        self._warn([])
        plan = Plan(sweep.candidates, keys, folds, record)
        return SweepStudy(self._store, self._name, self._description, plan)

    def _describe(self, sweep, params, labels):
        """Return the description of the study: all that a fit belongs to."""
        metrics = metric_names(sweep.scorer)
        refit, versions = self._search.refit, environment()
        first = (metrics or [SINGLE])[0]
        self._refit_metric = refit if isinstance(refit, str) else first
        error_score = self._search.error_score
        error_score = float("nan") if error_score == "raise" else error_score
        scoring = sweep.scorer, self._search.return_train_score, error_score
        of = self._digests.of
        return {
            "store_version": STORE_VERSION,
            "metrics": metrics,
            "refit_metric": first,
            "n_splits": len(sweep.splits),
            "classes": labels,
            "versions": versions,
            "digests": {
                "estimator": of("estimator", sweep.estimator),
                "records": of("X", sweep.X),
                "labels": of("y", sweep.y),
                "groups or other metadata": of("metadata", params),
                "folds": of("cv", sweep.splits),
                "scoring": of("scoring", *scoring),
                "versions of packages": of("versions", versions),
            },
        }

    def _warn(self, faults):
        """Warn of what makes stored fits useless to later searches."""
        faults = [*faults, *self._digests.unknown]
        self._digests.unknown.clear()
        if faults:
            warnings.warn(
                "Fits are stored, but a later search will not find all of them again: "
                f"{'; '.join(faults)}",
                NotReusableWarning,
                stacklevel=2,
            )


def _fold_faults(cv):
    """Return the faults of folds that are drawn in another way at each start."""
    draws = getattr(cv, "shuffle", True) and hasattr(cv, "random_state")
    if draws and cv.random_state is None:
        return ["cv draws other folds at each start; give it an integer random_state."]
    return []
