"""A cell of a sweep: one candidate on one fold, and all that is kept of it."""

import re

import numpy as np
from sklearn.metrics._scorer import _MultimetricScorer
from sklearn.model_selection._validation import _fit_and_score
from sklearn.utils import _safe_indexing
from sklearn.utils.metaestimators import _safe_split

from .._utils.nesting import nested
from ..metrics.aggregation import class_scores, vote_events
from ._threads import single_thread

SINGLE = "score"
NOT_KEPT = ("duration",)
EXCEPTION = re.compile(r"([A-Za-z_]\w*\.)*([A-Za-z_]\w*(?=:|$))")


def evaluate_cell(estimator, X, y, *, train, test, scorer, classes, groups, **options):
    """Fit and score one candidate on one fold.

    Parameters
    ----------
    estimator : estimator
        A clone, for this cell alone.
    X, y : array-like
        All records and labels.
    train, test : ndarray of int
        Rows of the fold.
    scorer : callable
        As searches have it: of one metric or of several.
    classes : ndarray or None
        Labels in the order of the confusion matrices; None for no classifier.
    groups : array-like or None
        Event of each record, where known.
    **options : object
        What scikit-learn's `_fit_and_score` takes beside.

    Returns
    -------
    dict
        The cell, of Python's own types only.
    """
    scorer = _noting(scorer)
    with single_thread():
        out = _fit_and_score(
            estimator,
            X,
            y,
            train=train,
            test=test,
            scorer=scorer,
            return_times=True,
            return_estimator=True,
            **options,
        )
        fitted = out["fit_error"] is None
        matrices = (None, None)
        if fitted and classes is not None:
            X_test, y_test = _safe_split(estimator, X, y, test, train)
            events = None if groups is None else _safe_indexing(groups, test)
            matrices = _confusion(estimator, X_test, y_test, events, classes)
    *_, net = nested(out["estimator"])
    scored_train = fitted and "train_scores" in out
    return {
        "scores": _named(out["test_scores"]) if fitted else {},
        "train_scores": _named(out["train_scores"]) if scored_train else None,
        "confusion": matrices[0],
        "event_confusion": matrices[1],
        "history": _history(net) if fitted else None,
        "n_parameters": _n_parameters(net) if fitted else None,
        "fit_time": float(out["fit_time"]),
        "score_time": float(out["score_time"]),
        "error": scorer.error if fitted else _reason(out["fit_error"]),
    }


def fit_error(cell):
    """Return why a fit failed, None if it did not."""
    return None if cell["scores"] else cell["error"]


def fill_scores(cell, names, error_score, train):
    """Give a cell that failed the scores of all metrics; `train` tells which scores."""
    for key in ("scores", "train_scores") if train else ("scores",):
        known = cell[key] or {}
        cell[key] = {name: known.get(name, error_score) for name in names}


def as_output(cell, names):
    """Turn a cell into what `_fit_and_score` returns, for `_format_results`."""
    out = {"fit_time": cell["fit_time"], "score_time": cell["score_time"]}
    for key, source in (("test_scores", "scores"), ("train_scores", "train_scores")):
        if cell[source] is not None:
            out[key] = cell[source] if names != [SINGLE] else cell[source][SINGLE]
    return out


class _NotingScorer:
    """A scorer that remembers why it failed."""

    def __init__(self, scorer):
        self._scorer = scorer
        self.error = None

    def __call__(self, *args, **kwargs):
        try:
            return self._scorer(*args, **kwargs)
        except Exception as error:
            self.error = self.error or _describe(error)
            raise


class _NotingScorers(_MultimetricScorer):
    """Scorers of several metrics that remember why one of them failed."""

    def __init__(self, scorers):
        super().__init__(scorers=scorers._scorers, raise_exc=scorers._raise_exc)
        self.error = None

    def __call__(self, estimator, *args, **kwargs):
        scores = super().__call__(estimator, *args, **kwargs)
        for name, score in scores.items():
            if isinstance(score, str):
                self.error = self.error or f"{name}: {_reason(score)}"
        return scores


def _noting(scorer):
    several = isinstance(scorer, _MultimetricScorer)
    return (_NotingScorers if several else _NotingScorer)(scorer)


def _describe(error):
    """Return an exception as one line."""
    return _reason(f"{type(error).__name__}: {error}")


def _reason(report):
    """Return the exception of a printed traceback, without the way to it."""
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
    _, first, codes = np.unique(groups, return_index=True, return_inverse=True)
    if (truth[first][codes] != truth).any():  # an event of two labels has no place
        return by_record, None
    _, event_predictions = vote_events(class_scores(estimator, X), codes)
    known = np.searchsorted(classes, estimator.classes_)
    return by_record, _count(truth[first], known[event_predictions], len(classes))


def _count(truth, prediction, n_classes):
    counts = np.bincount(truth * n_classes + prediction, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes).tolist()


def _history(net):
    """Return what a network tells of each epoch, None if it tells nothing."""
    history = getattr(net, "history_", None)
    if not isinstance(history, dict):
        return None
    names = [name for name in history if name not in NOT_KEPT]
    rows = zip(*(history[name] for name in names), strict=True)
    return [
        {"epoch": epoch} | dict(zip(names, map(float, row), strict=True))
        for epoch, row in enumerate(rows, start=1)
    ]


def _n_parameters(net):
    """Return the number of weights of a network, None for what is no net."""
    module = getattr(getattr(net, "net_", net), "module_", None)
    if module is not None and hasattr(module, "parameters"):
        return sum(weights.numel() for weights in module.parameters())
    if hasattr(net, "coefs_") and hasattr(net, "intercepts_"):
        return int(sum(np.size(part) for part in (*net.coefs_, *net.intercepts_)))
    return None
