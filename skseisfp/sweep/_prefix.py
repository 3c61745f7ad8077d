"""Steps at the head of a pipeline that are computed once for all folds."""

from __future__ import annotations

from typing import Any

from sklearn import get_config
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object

from .._compat import PassthroughScorer, Scorer, scorers_by_name
from .._utils.digest import digest
from .._utils.recordwise import is_recordwise
from ..metrics import EventScorer, neg_gradient_of_error
from ._set_trial import set_trial

METHODS = ("fit", "transform", "fit_transform")


class Head:
    """The steps of one trial that do not depend on the fold.

    Parameters
    ----------
    pipeline : Pipeline
        The pipeline of the trial, not fitted.
    n_steps : int
        Number of steps in the head.

    Attributes
    ----------
    key : str
        Digest of the steps: trials of one key share the output of the head.
    """

    key: str

    def __init__(self, pipeline: Pipeline, n_steps: int):
        self._pipeline = pipeline
        self._n_steps = n_steps
        self.key = digest(pipeline.steps[:n_steps])

    def transform(self, X: Any) -> Any:
        """Return all records as the head transforms them."""
        pipeline: Any = clone(self._pipeline)
        return Pipeline(pipeline.steps[: self._n_steps]).fit_transform(X)

    def rest(self) -> Pipeline:
        """Return the steps after the head, under their own names."""
        return Pipeline(
            self._pipeline.steps[self._n_steps :],
            memory=self._pipeline.memory,
            verbose=self._pipeline.verbose,
        )


def split_candidate(
    estimator: Any, params: dict[str, Any], metadata: set[str], scorer: Any
) -> tuple[Head | None, Any]:
    """Return the estimator of a trial and the head that its folds can share.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    params : dict
        Parameters of the trial.
    metadata : set of str
        Names of the metadata that go to `fit` and to the scorers.
    scorer : callable
        The scorer of the search.

    Returns
    -------
    head : Head or None
        None if nothing can be shared.
    candidate : estimator
        The whole estimator, its parameters set.
    """
    candidate = set_trial(clone(estimator), params)
    if not (_scores_by_estimator(scorer) and type(candidate) is Pipeline):
        return None, candidate
    n_steps = 0
    for name, step in candidate.steps[:-1]:
        if not (_passes(step) or is_recordwise(step)) or _takes(name, step, metadata):
            break
        n_steps += 1
    while n_steps and _passes(candidate.steps[n_steps - 1][1]):
        n_steps -= 1
    if n_steps == 0 or candidate.transform_input is not None:
        return None, candidate
    return Head(candidate, n_steps), candidate


def _passes(step):
    return step is None or (isinstance(step, str) and step == "passthrough")


def _takes(name, step, metadata):
    """Return whether metadata go to a step."""
    if not get_config()["enable_metadata_routing"]:
        return any(key.startswith(f"{name}__") for key in metadata)
    if _passes(step):
        return False
    routing = get_routing_for_object(step)
    return any(routing.consumes(method, metadata) for method in METHODS)


def _scores_by_estimator(scorer):
    """Return whether a scorer knows only what the estimator says of the records."""
    several = scorers_by_name(scorer)
    if several is not None:
        return all(map(_scores_by_estimator, several.values()))
    if scorer is neg_gradient_of_error or type(scorer) is EventScorer:
        return True
    return type(scorer) in (Scorer, PassthroughScorer)
