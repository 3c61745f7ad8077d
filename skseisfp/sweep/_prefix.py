"""Steps at the head of a pipeline that are computed once for all folds."""

from sklearn.base import clone
from sklearn.metrics._scorer import (
    _MultimetricScorer,
    _PassthroughScorer,
    _Scorer,
)
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import _routing_enabled, get_routing_for_object

from .._utils.digest import digest
from .._utils.marks import is_recordwise
from ..metrics import EventScorer, neg_gradient_of_error
from .experiment_plan import set_trial

METHODS = ("fit", "transform", "fit_transform")


class Head:
    """The steps of one candidate that do not depend on the fold.

    Parameters
    ----------
    pipeline : Pipeline
        The candidate, not fitted.
    n_steps : int
        Number of steps in the head.

    Attributes
    ----------
    key : str
        Digest of the steps: candidates of one key share what the head gives.
    """

    def __init__(self, pipeline, n_steps):
        self._pipeline = pipeline
        self._n_steps = n_steps
        self.key = digest(pipeline.steps[:n_steps])

    def transform(self, X):
        """Return what the head makes of all records."""
        return Pipeline(clone(self._pipeline).steps[: self._n_steps]).fit_transform(X)

    def rest(self):
        """Return the steps after the head, under their own names."""
        return Pipeline(
            self._pipeline.steps[self._n_steps :],
            memory=self._pipeline.memory,
            verbose=self._pipeline.verbose,
        )


def split_candidate(estimator, params, metadata, scorer):
    """Return a candidate and the head that its folds can share.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    params : dict
        Parameters of the candidate.
    metadata : set of str
        Names of all that goes to `fit` and to the scorers beside X and y.
    scorer : callable
        The scorer of the search.

    Returns
    -------
    head : Head or None
        None if nothing can be shared.
    candidate : estimator
        The whole candidate, its parameters set.
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
    """Tell whether metadata go to a step."""
    if not _routing_enabled():
        return any(key.startswith(f"{name}__") for key in metadata)
    if _passes(step):
        return False
    routing = get_routing_for_object(step)
    return any(routing.consumes(method, metadata) for method in METHODS)


def _scores_by_estimator(scorer):
    """Tell whether a scorer reads records only by what the estimator says of them."""
    if isinstance(scorer, _MultimetricScorer):
        return all(map(_scores_by_estimator, scorer._scorers.values()))
    if scorer is neg_gradient_of_error or type(scorer) is EventScorer:
        return True
    return type(scorer) in (_Scorer, _PassthroughScorer)
