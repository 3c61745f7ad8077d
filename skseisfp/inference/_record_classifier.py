"""The classifier of records within an estimator, its steps, and what it decides."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from ..metrics.aggregation import class_scores
from ..preprocessing import FingerprintTransformer
from ._pipeline_faults import rate_of_input, walk_steps
from ._record_set import RecordSet, as_record_set, as_samples

# Least probability, and least distance from 1, whose logarithm is taken: networks
# predict in float32, which holds no probability nearer to 1 than 6e-8.
_LEAST = 1e-6


class ExplainedRecords(NamedTuple):
    """Records with their classifier and their sampling rate."""

    classifier: Any
    records: RecordSet
    samples: npt.NDArray
    sampling_rate: float


def open_records(
    estimator: Any, X: Any, y: Any, groups: Any, sampling_rate: float | None
) -> ExplainedRecords:
    """Return the fitted classifier of records, and records that it was made for.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If the rate of the records is not that of the steps, or is not known, or a
        discriminator was made for other records.
    """
    check_is_fitted(estimator)
    records = as_record_set(X, y, groups)
    contract = getattr(estimator, "contract_", None)
    if contract is not None:
        contract.check_facts(records.facts)
        contract.check_shape(records.X, type(estimator).__name__)
    samples = as_samples(records.X, estimator)
    if samples.dtype.kind != "f":
        samples = samples.astype(float)
    known = sampling_rate or records.facts["sampling_rate"]
    rate_of_input(estimator, known)
    own = [
        s.sampling_rate for s in walk_steps(estimator) if hasattr(s, "sampling_rate")
    ]
    rate = own[0] if own else known
    if rate is None:
        raise ValueError(
            "sampling_rate must be given: neither the records nor a step of "
            f"{type(estimator).__name__} has it."
        )
    return ExplainedRecords(record_classifier(estimator), records, samples, float(rate))


def record_classifier(estimator: Any) -> Any:
    """Return the classifier of records: the one whose records vote, the best one."""
    while not hasattr(estimator, "steps"):
        held = getattr(estimator, "best_estimator_", None)
        if held is None and hasattr(estimator, "predict_events"):
            held = getattr(estimator, "estimator_", None)
        if held is None:
            return estimator
        estimator = held
    return estimator


def flat_steps(classifier: Any) -> list[Any]:
    """Return the fitted steps of a pipeline, and of pipelines in it, in order."""
    if not hasattr(classifier, "steps"):
        return [classifier]
    steps = [step for _, step in classifier.steps if step not in (None, "passthrough")]
    return [inner for step in steps for inner in flat_steps(step)]


def fingerprint_steps(
    classifier: Any,
) -> tuple[list[Any], FingerprintTransformer, list[Any]] | None:
    """Return the steps before the fingerprint, that step, and those after it.

    None where not exactly one step makes fingerprints.
    """
    steps = flat_steps(classifier)
    kinds = [isinstance(step, FingerprintTransformer) for step in steps]
    if sum(kinds) != 1:
        return None
    place = kinds.index(True)
    return steps[:place], steps[place], steps[place + 1 :]


def target_columns(classifier: Any, target: Any, scores: npt.NDArray) -> npt.NDArray:
    """Return the column of the class that is explained, for each record.

    Parameters
    ----------
    classifier : classifier
        Fitted classifier.
    target : label, array-like of shape (n_records,) or None
        One class, or one for each record; None takes the predicted ones.
    scores : ndarray of shape (n_records, n_classes)
        Scores of the records.

    Raises
    ------
    ValueError
        If a label is not a class.
    """
    if target is None:
        return scores.argmax(axis=1)
    classes = list(classifier.classes_)
    if np.ndim(target) == 0:
        target = [target] * len(scores)
    target = list(np.asarray(target, dtype=object))
    if len(target) != len(scores):
        raise ValueError(
            f"target must be one class, or one for each of {len(scores)} records; got "
            f"{len(target)}."
        )
    unknown = next((label for label in target if label not in classes), None)
    if unknown is not None or None in target:
        names = ", ".join(map(repr, np.asarray(classes).tolist()))
        raise ValueError(f"target must be among the classes {names}; got {unknown!r}.")
    return np.array([classes.index(label) for label in target])


def log_odds(scores: npt.NDArray, columns: Any, *, probabilities: bool) -> npt.NDArray:
    """Return the log-odds of classes, or how far their decision values lead.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
        Probabilities, or decision values.
    columns : int or ndarray of shape (n_rows,)
        Column of the class of each row.
    probabilities : bool
        Whether the scores are probabilities.
    """
    rows = np.arange(len(scores))
    own = scores[rows, columns]
    if probabilities:
        own = np.clip(own, _LEAST, 1 - _LEAST)
        return np.log(own) - np.log1p(-own)
    if scores.shape[1] == 2:
        return own
    others = scores.copy()
    others[rows, columns] = -np.inf
    return own - others.max(axis=1)


def score_records(classifier: Any, X: npt.NDArray) -> tuple[npt.NDArray, bool]:
    """Return the scores of records, and whether these are probabilities.

    Raises
    ------
    TypeError
        If the classifier has labels only.
    """
    if not any(hasattr(classifier, n) for n in ("predict_proba", "decision_function")):
        raise TypeError(
            f"{type(classifier).__name__} must have predict_proba or "
            "decision_function: labels alone show no contributions."
        )
    scores = class_scores(classifier, named_like(classifier, X))
    return scores, hasattr(classifier, "predict_proba")


def named_like(classifier: Any, X: npt.NDArray) -> Any:
    """Return records with the names of columns that a classifier was fitted on."""
    names = getattr(classifier, "feature_names_in_", None)
    if names is None or X.ndim != 2 or X.shape[1] != len(names):
        return X
    return pd.DataFrame(X, columns=names)
