"""How a classifier decides: by its largest score, or by a threshold of its own."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_scalar

from .._compat import positive_label

# Packages whose classifiers predict the class of the largest score, where they have no
# threshold; of several classes SVC breaks ties in another way.
DECIDE_BY_SCORES = {"sklearn", __name__.partition(".")[0]}
# Attributes of fitted wrappers that hold the classifier whose `predict` they hand on,
# and classes of scikit-learn whose attribute of another name does, known by their name
# since this module is imported without most of scikit-learn.
HOLDERS = ("best_estimator_", "final_estimator_", "deciding_estimator_")
HOLDING = {
    "FrozenEstimator": "estimator",
    "RFE": "estimator_",
    "SelfTrainingClassifier": "estimator_",
}
SCORES = ("predict_proba", "decision_function")
# float32 has 1.2e-7: scores of networks that are closer than this are ties
ROUNDING = 1e-6

Decision = tuple[int, float]


def decision_threshold(estimator: Any) -> Decision | None:
    """Return the threshold that a fitted classifier of two classes decides by.

    Parameters
    ----------
    estimator : classifier
        Fitted classifier, also a pipeline, a search or another wrapper that hands
        `predict` on to a classifier. A threshold have
        :class:`~sklearn.model_selection.FixedThresholdClassifier`,
        :class:`~sklearn.model_selection.TunedThresholdClassifierCV` and every
        classifier with the attributes `best_threshold_` and `pos_label_`, such as
        :class:`skseisfp.ensemble.EventThresholdClassifierCV`.

    Returns
    -------
    (int, float) or None
        Column of the positive class in the scores of `class_scores`, and the threshold
        of that column; None where the largest score decides.

    Raises
    ------
    ValueError
        If the threshold is one of decision values while the scores are probabilities.
    """
    part = deciding_part(estimator)
    if _is_a("FixedThresholdClassifier", part):
        label, threshold = part.pos_label, part.threshold
        if threshold == "auto":
            threshold = 0.5 if _has_probabilities(part) else 0.0
    elif _is_a("TunedThresholdClassifierCV", part):
        label, threshold = positive_label(part), part.best_threshold_
    elif hasattr(part, "best_threshold_") and hasattr(part, "pos_label_"):
        label, threshold = part.pos_label_, part.best_threshold_
    else:
        return None
    if getattr(part, "response_method", None) == "decision_function" and hasattr(
        part, "predict_proba"
    ):
        raise ValueError(
            f"{type(part).__name__} has a threshold of decision values, but the scores "
            "of its events are probabilities: set response_method='predict_proba' and "
            "the threshold of a probability."
        )
    classes = list(part.classes_)
    return 1 if label is None else classes.index(label), float(threshold)


def given_decision(
    classes: npt.NDArray, threshold: float | None, pos_label: Any
) -> Decision | None:
    """Return the column of the positive class and its threshold, None without one.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Names of the columns of the scores.
    threshold : float or None
        Threshold of the score of `pos_label`.
    pos_label : object
        The positive class; None is the second one.

    Returns
    -------
    (int, float) or None
        See `decide`.

    Raises
    ------
    ValueError
        If there are not two classes, `pos_label` is none of them or has no threshold,
        or the threshold is not a number.
    """
    if threshold is None:
        if pos_label is not None:
            raise ValueError(
                "pos_label is the class of a threshold, and threshold is None: give "
                "threshold, too."
            )
        return None
    check_scalar(threshold, "threshold", Real)
    if np.isnan(threshold):
        raise ValueError("threshold must be a number; got nan.")
    if len(classes) != 2:
        raise ValueError(
            f"threshold must be None for {len(classes)} classes; got {threshold!r}."
        )
    if pos_label is not None and pos_label not in classes:
        raise ValueError(
            f"pos_label must be one of the classes {', '.join(map(str, classes))}, or "
            f"None; got {pos_label!r}."
        )
    column = 1 if pos_label is None else list(classes).index(pos_label)
    return column, float(threshold)


def decide(
    scores: npt.NDArray, decision: Decision | None = None
) -> npt.NDArray[np.integer]:
    """Return the column of the class that each row is predicted to be of.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
        Scores of records or events, see `class_scores`.
    decision : (int, float), default=None
        Column of the positive class and its threshold, see `decision_threshold`; None
        takes the largest score.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        Columns.
    """
    if decision is None:
        return scores.argmax(axis=1)
    column, threshold = decision
    return np.where(scores[:, column] >= threshold, column, 1 - column)


def margin_threshold(
    scores: npt.NDArray, decision: Decision
) -> npt.NDArray[np.float64]:
    """Return the threshold of the margin: the second score less the first.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, 2)
        Scores of records or events, see `class_scores`.
    decision : (int, float)
        Column of the positive class and its threshold, see `decision_threshold`.

    Returns
    -------
    ndarray of shape (n_rows,)
        Rows whose margin is above it are predicted as the second class.
    """
    column, threshold = decision
    of_second = 2 * threshold - scores.sum(axis=1)
    return of_second if column == 1 else -of_second


def shift_scores(scores: npt.NDArray, decision: Decision) -> npt.NDArray[np.float64]:
    """Return scores of two classes of which the larger one decides.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, 2)
        Scores of records or events, see `class_scores`.
    decision : (int, float)
        Column of the positive class and its threshold, see `decision_threshold`.

    Returns
    -------
    ndarray of shape (n_rows, 2)
        The score of the positive class above its threshold, and its negative as the
        score of the other class.
    """
    column, threshold = decision
    if column == 1:
        # the first of equal scores wins, but one at the threshold is of the second
        threshold = np.nextafter(threshold, -np.inf)
    above = scores[:, column] - threshold
    return np.column_stack([above, -above] if column == 0 else [-above, above])


def check_decides_by_scores(
    estimator: Any, X: Any, scores: npt.NDArray, threshold: Decision | None
) -> None:
    """Raise if a classifier does not predict what its scores say.

    Parameters
    ----------
    estimator : classifier
        Fitted classifier. Those of scikit-learn and of this package are known to
        predict what their scores say; all others predict once more.
    X : array-like of shape (n_records, ...)
        Records.
    scores : ndarray of shape (n_records, n_classes)
        Scores of the records, see `class_scores`.
    threshold : (int, float) or None
        What `decision_threshold` returns for the classifier.

    Raises
    ------
    ValueError
        If `predict` gives another class than scores and threshold for a record that is
        not a tie: the classifier has a rule of its own, which a score by event cannot
        apply to the mean scores of events.
    """
    if _is_known_to_decide_by_scores(deciding_part(estimator)):
        return
    has_scores = any(hasattr(estimator, name) for name in SCORES)
    if not (has_scores and hasattr(estimator, "predict")):
        return
    classes = np.asarray(estimator.classes_)
    predicted = np.asarray(estimator.predict(X))
    expected = classes[decide(scores, threshold)]
    differs = (predicted != expected) & ~_is_tie(scores, threshold)
    if not differs.any():
        return
    record = int(differs.argmax())
    raise ValueError(
        f"predict of {type(estimator).__name__} disagrees with its scores for "
        f"{differs.sum()} of {len(scores)} records, first record {record}: it predicts "
        f"'{predicted[record]}', the scores say '{expected[record]}'. A rule of its "
        "own cannot be applied to events. Put the threshold into "
        "FixedThresholdClassifier or EventThresholdClassifierCV, whose thresholds "
        "count for events, or use a score without predictions, such as 'roc_auc'."
    )


def deciding_part(estimator: Any) -> Any:
    """Return the classifier whose `predict` a fitted estimator hands on.

    Parameters
    ----------
    estimator : classifier
        Fitted classifier.

    Returns
    -------
    classifier
        The last step of a pipeline, the best estimator of a search, the final estimator
        of a stack, what has the attribute `deciding_estimator_`, and so on; else the
        estimator itself.
    """
    part = estimator
    while part is not None:
        estimator, part = part, _handed_on(part)
    return estimator


def _handed_on(estimator):
    """Return the estimator that `predict` is handed on to, None if there is none."""
    if hasattr(estimator, "steps"):
        return estimator.steps[-1][1]
    names = [name for kind, name in HOLDING.items() if _is_a(kind, estimator)]
    for name in (*names, *HOLDERS):
        if hasattr(estimator, name):
            return getattr(estimator, name)
    return None


def _is_a(name, estimator):
    """Return whether an estimator is an instance of a class of scikit-learn."""
    return any(
        kind.__name__ == name and kind.__module__.startswith("sklearn.")
        for kind in type(estimator).__mro__
    )


def _has_probabilities(part):
    """Return whether a classifier with a threshold takes that of a probability."""
    return part.response_method != "decision_function" and hasattr(
        part, "predict_proba"
    )


def _is_known_to_decide_by_scores(part):
    """Return whether a classifier need not be asked for its predictions."""
    if _is_a("BaseSVC", part) and hasattr(part, "predict_proba"):
        return False  # predictions are by decision values
    return type(part).__module__.partition(".")[0] in DECIDE_BY_SCORES


def _is_tie(scores, threshold):
    """Return whether rounding may decide about each row."""
    if threshold is None:
        second, first = np.sort(scores, axis=1)[:, -2:].T
    else:
        first, second = scores[:, threshold[0]], threshold[1]
    return np.isclose(first, second, rtol=ROUNDING, atol=ROUNDING)
