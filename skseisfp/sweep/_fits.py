"""A fit of a search: one trial on one fold, and all that is kept of it."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Sequence
from traceback import format_exc
from typing import TYPE_CHECKING, Any

import numpy as np

from .._compat import (
    MultimetricScorer,
    fit_and_score,
    report_failed_fits,
    safe_indexing,
    safe_split,
)
from .._utils.nested_estimators import nested
from ..events import event_codes
from ..metrics.aggregation import class_scores, vote_events
from ..metrics.decisions import check_decides_by_scores, decision_threshold
from ._threads import single_thread
from ._transient import is_transient

if TYPE_CHECKING:
    import numpy.typing as npt

SINGLE = "score"
LOST = "lost"  # the mark of a fit that failed for a transient reason
NOT_KEPT = ("duration",)  # of a history: another one in each run
NOT_KNOWN = (  # of a fit that failed
    "train_scores",
    "confusion",
    "event_confusion",
    "history",
    "n_parameters",
    "input_shape",
)
EXCEPTION = re.compile(r"([A-Za-z_]\w*\.)*([A-Za-z_]\w*(?=:|$))")


def evaluate_fit(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    train: npt.NDArray,
    test: npt.NDArray,
    scorer: Any,
    classes: Sequence | None,
    groups: npt.ArrayLike | None,
    **options: Any,
) -> dict[str, Any]:
    """Fit and score one trial on one fold.

    Parameters
    ----------
    estimator : estimator
        A clone, for this fit alone.
    X, y : array-like
        All records and labels.
    train, test : ndarray of int
        Rows of the fold.
    scorer : callable
        As searches have it: of one metric or of several.
    classes : sequence or None
        Labels in the order of the confusion matrices; None for what is not a
        classifier.
    groups : array-like or None
        Event of each record, where known.
    **options : object
        Further arguments of scikit-learn's `_fit_and_score`.

    Returns
    -------
    dict
        What is kept of the fit, of Python's own types only.
    """
    error_score = options.pop("error_score")
    noting = _noting(scorer, error_score)
    raising: Any = "raise"  # which exception it was must be known
    start = time.time()
    try:
        with single_thread():
            out = fit_and_score(
                estimator,
                X,
                y,
                train=train,
                test=test,
                scorer=noting,
                return_times=True,
                return_estimator=True,
                error_score=raising,
                **options,
            )
    except Exception as error:
        if error_score == "raise":
            raise
        failed = failed_fit(_describe(error), time.time() - start)
        return lost_fit(failed) if is_transient(error) else failed
    with single_thread():
        return _keep(out, noting, X, y, train, test, classes, groups)


def _keep(out, noting, X, y, train, test, classes, groups):
    """Return the parts to keep of a fit that did not fail."""
    estimator, matrices = out["estimator"], (None, None)
    if classes is not None:
        X_test, y_test = safe_split(estimator, X, y, test, train)
        events = None if groups is None else safe_indexing(groups, test)
        matrices = _confusion(estimator, X_test, y_test, events, classes)
    *_, network = nested(estimator)
    return {
        "scores": _named(out["test_scores"]),
        "train_scores": _named(out["train_scores"]) if "train_scores" in out else None,
        "confusion": matrices[0],
        "event_confusion": matrices[1],
        "history": _history(network),
        "n_parameters": _count_parameters(network),
        "input_shape": _input_shape(network),
        "fit_time": float(out["fit_time"]),
        "score_time": float(out["score_time"]),
        "error": noting.error,
    }


def failed_fit(reason: str, seconds: float) -> dict[str, Any]:
    """Return the parts to keep of a fit that failed after some seconds."""
    return {
        "scores": {},
        **dict.fromkeys(NOT_KNOWN),
        "fit_time": seconds,
        "score_time": 0.0,
        "error": reason,
    }


def lost_fit(failed: dict[str, Any]) -> dict[str, Any]:
    """Mark a fit that failed for a transient reason, which no store keeps."""
    reason = f"{failed['error']} (not kept: the next start runs this fit again)"
    return failed | {"error": reason, LOST: True}


def made_fits(table: list[list[dict | None]]) -> list[dict]:
    """Return the fits of a table that were made, trial by trial."""
    return [fit for row in table for fit in row if fit is not None]


def score_names(fits: list[dict]) -> list[str]:
    """Return the names of the scores of the first fit without a failure."""
    sound = (fit["scores"] for fit in fits if fit["error"] is None and fit["scores"])
    return list(next(sound, [SINGLE]))


def report_failures(fits: list[dict], error_score: Any) -> None:
    """Warn of fits that failed; raise ValueError if all of them did."""
    report_failed_fits([{"fit_error": _fit_error(fit)} for fit in fits], error_score)


def _fit_error(fit):
    """Return why a fit failed, None if it did not."""
    return None if fit["scores"] else fit["error"]


def fill_scores(fit: dict, names: list[str], error_score: Any, train: bool) -> None:
    """Give a fit that failed the scores of all metrics, also those of training."""
    for key in ("scores", "train_scores") if train else ("scores",):
        known = fit[key] or {}
        fit[key] = {name: known.get(name, error_score) for name in names}


def as_output(fit: dict, names: list[str]) -> dict[str, Any]:
    """Return a fit in the form of `_fit_and_score`, for `cv_results_`."""
    out = {"fit_time": fit["fit_time"], "score_time": fit["score_time"]}
    for key, source in (("test_scores", "scores"), ("train_scores", "train_scores")):
        if fit[source] is not None:
            out[key] = fit[source] if names != [SINGLE] else fit[source][SINGLE]
    return out


class _NotingScorer:
    """A scorer that remembers why it failed, and gives the score of a failure then."""

    def __init__(self, scorer, error_score):
        self._scorer, self._error_score = scorer, error_score
        self.error = None

    def __call__(self, *args, **kwargs):
        try:
            return self._scorer(*args, **kwargs)
        except Exception as error:
            if self._error_score == "raise" or is_transient(error):
                raise
            self.error = self.error or _describe(error)
            _warn_of_scorer(self._error_score, format_exc())
            return self._error_score


class _NotingScorers(MultimetricScorer):
    """Scorers of several metrics that remember why one of them failed."""

    def __init__(self, scorers, error_score):
        vars(self).update(vars(scorers))
        self._error_score = error_score
        self.error = None

    def __call__(self, estimator, *args, **kwargs):
        try:
            self._raise_exc = True
            return super().__call__(estimator, *args, **kwargs)
        except Exception as error:
            if self._error_score == "raise" or is_transient(error):
                raise
        self._raise_exc = False  # again, for the scores that do not fail
        scores = super().__call__(estimator, *args, **kwargs)
        for name, score in scores.items():
            if isinstance(score, str):  # the traceback of a scorer that failed
                self.error = self.error or f"{name}: {_reason(score)}"
                _warn_of_scorer(self._error_score, score)
                scores[name] = self._error_score
        return scores


def _noting(scorer, error_score):
    several = isinstance(scorer, MultimetricScorer)
    return (_NotingScorers if several else _NotingScorer)(scorer, error_score)


def _warn_of_scorer(error_score, details):
    """Warn of a scorer that failed, as scikit-learn does."""
    warnings.warn(
        "Scoring failed. The score on this train-test partition for these parameters "
        f"will be set to {error_score}. Details: \n{details}",
        UserWarning,
        stacklevel=2,
    )


def _describe(error):
    """Return an exception as one line."""
    return _reason(f"{type(error).__name__}: {error}")


def _reason(report):
    """Return the exception of a printed traceback as one line, without the stack.

    scikit-learn returns failures of one of several scorers in this form only.
    """
    lines = report.strip().splitlines()
    first = max(
        (
            place
            for place in range(1, len(lines))
            if lines[place - 1].startswith(" ") and EXCEPTION.match(lines[place])
        ),
        default=0,
    )
    text = " ".join(" ".join(lines[first:]).split())
    return EXCEPTION.sub(r"\2", text, count=1)


def _named(scores):
    """Return scores by name, as plain numbers."""
    scores = scores if isinstance(scores, dict) else {SINGLE: scores}
    return {name: float(score) for name, score in scores.items()}


def _confusion(estimator, X, y, groups, classes):
    """Return the counts true x predicted, by record and by event."""
    classes, y = np.asarray(classes), np.asarray(y)
    truth = np.searchsorted(classes, y)
    prediction = np.searchsorted(classes, estimator.predict(X))
    by_record = _count(truth, prediction, len(classes))
    if groups is None:
        return by_record, None
    codes, _ = event_codes(groups)
    _, first = np.unique(codes, return_index=True)
    if (truth[first][codes] != truth).any():  # undefined for an event of two labels
        return by_record, None
    scores, decision = class_scores(estimator, X), decision_threshold(estimator)
    check_decides_by_scores(estimator, X, scores, decision)
    _, event_predictions = vote_events(scores, codes, decision=decision)
    known = np.searchsorted(classes, estimator.classes_)
    return by_record, _count(truth[first], known[event_predictions], len(classes))


def _count(truth, prediction, n_classes):
    counts = np.bincount(truth * n_classes + prediction, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes).tolist()


def _history(network):
    """Return the history of a network epoch by epoch, None if it has none."""
    history = getattr(network, "history_", None)
    if not isinstance(history, dict):
        return None
    names = [name for name in history if name not in NOT_KEPT]
    rows = zip(*(history[name] for name in names), strict=True)
    return [
        {"epoch": epoch} | dict(zip(names, map(float, row), strict=True))
        for epoch, row in enumerate(rows, start=1)
    ]


def _count_parameters(part):
    """Return the number of weights of a network, None for what is not a network."""
    if not any(hasattr(part, name) for name in ("net_", "module_", "coefs_")):
        return None
    from ..neural.parameter_counts import count_parameters  # loads torch

    return count_parameters(part)


def _input_shape(network):
    """Return the shape of one fingerprint in a network, None if it is not known."""
    shape = getattr(network, "fingerprint_shape_", None)
    return None if shape is None else [int(length) for length in shape]
