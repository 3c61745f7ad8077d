"""Plans of experiments, searches that store every fit, and cubes of their results."""

from .._utils.names import suggest_names as _suggest_names
from ._search_store import NotReusableWarning
from ._stored_values import StoredObject
from .experiment_plan import ExperimentPlan
from .list_studies import list_studies
from .refit_policies import FlattestRefit, ParetoRefit, SimplestRefit
from .result_cube import ResultCube
from .staged_search_cv import StagedSearchCV
from .sweep_search_cv import SweepSearchCV

__all__ = [
    "ExperimentPlan",
    "FlattestRefit",
    "NotReusableWarning",
    "ParetoRefit",
    "ResultCube",
    "SimplestRefit",
    "StagedSearchCV",
    "StoredObject",
    "SweepSearchCV",
    "list_studies",
]

_suggest_names(__name__)
