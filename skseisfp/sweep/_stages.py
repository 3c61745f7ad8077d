"""The stages of a staged search: which parameters are tried together, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .._utils.trials import check_n_trials
from ._ranges import expand
from ._stored_values import is_number
from .experiment_plan import ExperimentPlan

PER_STAGE = 3  # step 2 of Silkin (2024): at most three parameters at a time
COARSE_VALUES = 4  # so that a stage has at most 4**3 = 64 trials


def make_plans(
    stages: Sequence[ExperimentPlan | dict] | None, estimator: Any
) -> tuple[list[ExperimentPlan], dict[str, list]]:
    """Return the plan of each coarse stage, and the fine values by parameter."""
    if stages is None:
        return _catalogue_plans(estimator)
    plans = [
        stage if isinstance(stage, ExperimentPlan) else ExperimentPlan(stage)
        for stage in stages
    ]
    if not plans:
        raise ValueError("stages must hold at least one plan; it is empty.")
    for number, plan in enumerate(plans):
        varied = [name for name, values in plan.param_grid.items() if len(values) > 1]
        if len(varied) > PER_STAGE:
            raise ValueError(
                f"A stage varies at most {PER_STAGE} parameters; stage {number} has "
                f"{len(varied)}: {', '.join(varied)}."
            )
        check_n_trials(f"Stage {number}", [plan.param_grid])
    return plans, {}


def start_values(plans: Sequence[ExperimentPlan], estimator: Any) -> dict[str, Any]:
    """Return the values that the parameters of the plans have before their stage."""
    known = estimator.get_params(deep=True)
    names = dict.fromkeys(name for plan in plans for name in plan.param_grid)
    return {name: known[name] for name in names if name in known}


def fine_values(
    values: Sequence, best: Any, finer: Iterable[float] | None = None
) -> list:
    """Return values around the best one, in smaller steps.

    Parameters
    ----------
    values : list
        Values of the coarse stage.
    best : object
        The best of them.
    finer : list, default=None
        Values to choose from; None halves the steps.

    Returns
    -------
    list
        The best value and those between it and its neighbours; with `finer` also the
        neighbours, where they are among them.
    """
    if not all(is_number(value) for value in [*values, best]):
        return [best]
    values = sorted({*values, best})
    place = values.index(best)
    near = values[max(place - 1, 0) : place + 2]
    if finer is not None:
        return sorted({best, *(v for v in finer if near[0] <= v <= near[-1])})
    integral = all(isinstance(value, int) for value in values)
    middles = [_middle(best, value, integral) for value in near if value != best]
    return sorted({best, *middles})


def _middle(best, value, integral):
    """Return the value half-way, on the side of the best if it is not an integer."""
    if integral:
        return best + int((value - best) / 2)
    # 12 digits: the ends are decimals, and a double is exact to 15 or 16
    return float(f"{(best + value) / 2:.12g}")


def _catalogue_plans(estimator):
    """Return the parameters of a network, layer by layer, three at a time."""
    from ..neural import layer_catalogue  # loads torch
    from ..neural.parameter_counts import find_network

    classifier, prefix = find_network(estimator)
    known = {} if classifier is None else classifier.get_params()
    if "module__conv1_filter_size" not in known:
        raise ValueError(
            "stages=None takes them from the catalogue of layers, and the estimator "
            "holds no convolutional FingerprintClassifier; give stages."
        )
    catalogue = layer_catalogue(known["module__n_cycles"])
    published: dict[Any, str] = catalogue["published_range"].to_dict()
    ranges = {
        f"{prefix}module__{name}": expand(name, spec)
        for name, spec in published.items()
        if spec
    }
    names = list(ranges)
    plans = [
        ExperimentPlan(
            {name: _thin(ranges[name]) for name in names[at : at + PER_STAGE]}
        )
        for at in range(0, len(ranges), PER_STAGE)
    ]
    return plans, ranges


def _thin(values):
    """Return a few values from the first to the last."""
    places = np.linspace(0, len(values) - 1, min(COARSE_VALUES, len(values)))
    return [values[place] for place in np.unique(places.round().astype(int))]
