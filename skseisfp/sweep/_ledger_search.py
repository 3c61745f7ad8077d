"""The looks of a search, for the ledger that it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from .._utils.digest import digest
from ..metrics import EventScorer
from ..metrics.weighted import METRICS
from ..model_selection.trial_looks import TrialLooks
from ._set_trial import set_trial

if TYPE_CHECKING:
    from ._sweep import Sweep

LABEL_LENGTH = 300  # characters of the parameters that label a look, for tables
# scores of scikit-learn that have another name in this package, or share one
OTHER_NAMES = {"f1": "f1_binary", "f1_macro": "f1", "roc_auc_ovr": "roc_auc"}


class SearchLooks:
    """The trials of a search, each of which is a look.

    Parameters
    ----------
    search : BaseSweepSearchCV
        The search; without a ledger nothing is done.
    sweep : Sweep
        Its records, labels and folds.
    trials : list of dict or None
        Parameters of the trials, for which looks are opened; None where they are not
        known before the fits.
    """

    def __init__(self, search: Any, sweep: Sweep, trials: list[dict] | None):
        self._looks: TrialLooks | None = None
        if search.ledger is None:
            return
        self._estimator, self._is_open = search.estimator, trials is not None
        refit = getattr(search.refit, "metric", search.refit)
        self._refit = refit if isinstance(refit, str) else None
        metric: Any = _metric_name(search.scoring, self._refit)
        self._looks = TrialLooks(
            search.ledger,
            sweep.y,
            _required_events(sweep),
            metric=metric,
            data=digest(sweep.X),
            folds=sweep.splits,
        )
        if trials is None:
            self._looks.check()
        else:
            self._looks.open(map(self._label, trials))

    def _label(self, params):
        """Return the digest of a trial, and its label for tables."""
        pipeline = set_trial(clone(self._estimator), params)
        return digest(pipeline), str(params)[:LABEL_LENGTH]

    def record(self, results: dict[str, Any]) -> None:
        """Record the trials that have a score; those that failed are not looks."""
        if self._looks is None:
            return
        scores = _mean_scores(results, self._refit)
        failed = np.array([error is not None for error in results["error"]])
        scores = np.where(failed, np.nan, scores)
        if not self._is_open:
            scored = np.flatnonzero(np.isfinite(scores))
            self._looks.open(self._label(results["params"][n]) for n in scored)
            scores = scores[scored]
        self._looks.record(scores)


def _required_events(sweep):
    """Return the event of each record; raise if it is not known."""
    events = sweep.options["groups"]
    if events is None or sweep.y is None:
        raise ValueError(
            "ledger needs the label and the event of every record: pass y, and groups "
            "to fit or event ids as the index of y, or set ledger=None."
        )
    return events


def _metric_name(scoring, metric):
    """Return the ledger's name of the score that ranks the trials.

    Functions are not scores that the ledger can correct, whatever they are called.
    """
    names = _metric_names(scoring)
    if names:
        return names.get(metric, next(iter(names.values())))
    name = metric or getattr(scoring, "__name__", "score")
    return f"own {name}" if name in METRICS else name


def _metric_names(scoring):
    """Return the ledger's name of each score that is given by a name."""
    if isinstance(scoring, EventScorer) and not callable(scoring._metric):
        single = isinstance(scoring._metric, str)
        return {
            name: name for name in ([scoring._metric] if single else scoring._metric)
        }
    if isinstance(scoring, dict):
        return {key: _metric_name(item, key) for key, item in scoring.items()}
    if isinstance(scoring, str):
        scoring = [scoring]
    if isinstance(scoring, list | tuple | set):
        return {name: OTHER_NAMES.get(name, name) for name in scoring}
    return {}


def _mean_scores(results, metric):
    """Return the mean scores that rank the trials."""
    means = {
        name.removeprefix("mean_test_"): values
        for name, values in results.items()
        if name.startswith("mean_test_")
    }
    return np.asarray(means.get(metric, next(iter(means.values()))), dtype=float)
