"""Plans of experiments: which values of which parameters are tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils import check_scalar
from sklearn.utils.validation import has_fit_parameter

from .._utils.atomic import write_file
from .._utils.checks import check_option
from .._utils.plain import plain_repr
from .._utils.trials import check_n_trials, count_trials
from ..events import attach_events
from ._html import plan_html
from ._plan_estimates import time_fit, trial_size
from ._plan_faults import find_faults
from ._plan_toml import name_plan, read_plan, write_plan
from ._published_plans import RANGES, published_plan
from ._ranges import expand
from ._set_trial import set_trial

if TYPE_CHECKING:
    import numpy.typing as npt


class ExperimentPlan:
    """All combinations of the values of some parameters.

    Parameters
    ----------
    ranges : dict
        The values of each parameter by its name: ``"min:step:max"``, both ends
        included and computed in decimals, a list, or a single value. A tuple is a
        single value. A string with a colon is a range; in a list it is a string.
    fixed : dict, default=None
        Parameters that have one value in all trials.
    name : str, default=None
        Name of the plan.

    Attributes
    ----------
    ranges, fixed, name : object
        As given.
    param_grid : dict of list
        Values of all parameters, for :class:`~sklearn.model_selection.GridSearchCV`
        and other searches; the fixed ones have one.
    n_trials : int
        Number of trials, which is computed without making them.

    Raises
    ------
    ValueError
        If a range is malformed, empty, descends or misses its end, if values repeat
        or are more than 100,000, or if a parameter is varied and fixed.

    See Also
    --------
    skseisfp.sweep.SweepSearchCV : Runs a plan and keeps all results.
    skseisfp.neural.layer_catalogue : The parameters of a network and their ranges.

    Notes
    -----
    A plan iterates over its trials, dicts of parameters, in the order of
    :class:`~sklearn.model_selection.ParameterGrid`, and its length is their number.
    More than 1,000,000 trials raise an error before one is made: their dicts alone take
    0.4 GB, and fits of a tenth of a second more than a day.
    Ranges are written as in [1]_.

    References
    ----------
    .. [1] Silkin, K. Y. (2024). Russian Journal of Seismology, 6(3), 77-92.

    Examples
    --------
    >>> from skseisfp.sweep import ExperimentPlan
    >>> plan = ExperimentPlan({"C": "0.1:0.2:0.9", "kernel": ["linear", "rbf"]})
    >>> plan.param_grid["C"]
    [0.1, 0.3, 0.5, 0.7, 0.9]
    >>> len(plan)
    10
    >>> len(ExperimentPlan.published("experiment 1"))
    384
    """

    ranges: dict[str, Any]
    fixed: dict[str, Any]
    name: str | None
    param_grid: dict[str, list]

    def __init__(
        self,
        ranges: Mapping[str, Any],
        *,
        fixed: Mapping[str, Any] | None = None,
        name: str | None = None,
    ):
        self.ranges = dict(ranges)
        self.fixed = dict(fixed or {})
        self.name = name
        if not self.ranges:
            raise ValueError("ranges must name at least one parameter; it is empty.")
        if both := sorted(self.ranges.keys() & self.fixed.keys()):
            raise ValueError(f"{both[0]} is both varied and fixed; choose one.")
        values = {key: expand(key, spec) for key, spec in self.ranges.items()}
        self.param_grid = values | {key: [value] for key, value in self.fixed.items()}

    @classmethod
    def published(cls, name: str, *, prefix: str = "classifier__module__") -> Self:
        """Return one of the experiments of Silkin (2024).

        Parameters
        ----------
        name : {"experiment 1", "experiment 2", "experiment 3", "experiment 4", \
                "experiment 4 as counted"}
            The experiment; the fourth has 48 trials by its printed ranges and 27 by
            its printed number.
        prefix : str, default="classifier__module__"
            What goes before the names of the catalogue: the default suits a pipeline
            whose step ``classifier`` is a `FingerprintClassifier`.

        Returns
        -------
        ExperimentPlan
            The plan. The optima of earlier experiments are fixed, the rest keeps its
            defaults. ``check_rules`` is off, since the ranges break the rules of the
            paper itself; `check` lists where.

        Raises
        ------
        ValueError
            If there is no experiment of this name.
        """
        check_option("name", name, tuple(RANGES))
        ranges, fixed = (
            {f"{prefix}{key}": value for key, value in part.items()}
            for part in published_plan(name)
        )
        return cls(ranges, fixed=fixed, name=name)

    @classmethod
    def from_toml(cls, source: str | PathLike) -> Self:
        """Read a plan that `to_toml` or a person has written.

        Parameters
        ----------
        source : str or path-like
            A path, or the TOML itself, which has a line break.

        Returns
        -------
        ExperimentPlan
            The plan.

        Raises
        ------
        ValueError
            If it is not TOML, or not a plan; the message names the file and the key.
        """
        plan = read_plan(source)
        try:
            return cls(**plan)
        except ValueError as error:
            raise ValueError(f"{name_plan(source)}: {error}") from error

    def to_toml(self, path: str | PathLike | None = None) -> str:
        """Write the plan as TOML, ranges as they were given.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write; an old one is replaced.

        Returns
        -------
        str
            The plan as TOML.

        Raises
        ------
        TypeError
            If a value has no form in TOML, such as an estimator.
        OSError
            If the file cannot be written; an old one stays as it was.
        """
        text = write_plan(self.name, self.ranges, self.fixed)
        if path is not None:
            write_file(path, text)
        return text

    def check(
        self, estimator: Any, *, input_shape: Sequence[int] | None = None
    ) -> pd.DataFrame:
        """List the trials that cannot be run, or break a rule, and why.

        Parameters
        ----------
        estimator : estimator
            What the parameters belong to.
        input_shape : tuple of int, default=None
            Shape of one fingerprint, (channels, rows, columns). None takes it from the
            `FingerprintTransformer` in `estimator`, for records of one channel.

        Returns
        -------
        DataFrame
            One row a fault: ``trial`` (number of the trial), ``level``
            (``"impossible"``, or ``"rule"`` for what the paper advises against),
            ``parameter`` (its full name), ``message``. Empty if there is none.

        Raises
        ------
        ValueError
            If the estimator has no parameter of a name in the plan.

        Notes
        -----
        Checked are the parameters of all steps and parts by the ranges that they
        declare, also those of scikit-learn's estimators, and the architecture of the
        network in a `FingerprintClassifier`. What depends on the data is not.

        Examples
        --------
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.svm import SVC
        >>> from skseisfp.preprocessing import FingerprintTransformer
        >>> from skseisfp.sweep import ExperimentPlan
        >>> plan = ExperimentPlan({"svc__C": [-1.0, 1.0]})
        >>> faults = plan.check(make_pipeline(FingerprintTransformer(), SVC()))
        >>> faults[["trial", "parameter"]].values.tolist()
        [[0, 'svc__C']]
        """
        faults = [
            (number, *fault)
            for number, parts in enumerate(self._estimators(estimator))
            for fault in find_faults(parts, input_shape)
        ]
        columns: Any = ["trial", "level", "parameter", "message"]
        return pd.DataFrame(faults, columns=columns)

    def estimate(
        self,
        estimator: Any,
        X: Any = None,
        y: npt.ArrayLike | None = None,
        *,
        groups: npt.ArrayLike | None = None,
        input_shape: Sequence[int] | None = None,
        n_probes: int = 3,
    ) -> pd.DataFrame:
        """Estimate size and time of each trial before the run.

        Parameters
        ----------
        estimator : estimator
            What the parameters belong to.
        X : array-like of shape (n_records, ...), default=None
            Records to time the fits on. None leaves the times unknown.
        y : array-like of shape (n_records,), default=None
            Labels.
        groups : array-like of shape (n_records,), default=None
            Event of each record; where `fit` takes no groups, as that of pipelines,
            they become the index of `y`.
        input_shape : tuple of int, default=None
            As in `check`.
        n_probes : int, default=3
            Number of trials that are fitted, from the smallest to the largest; a
            network trains one epoch, then two, and the time of the others is added.

        Returns
        -------
        DataFrame
            One row a trial, with the columns ``n_parameters``, ``operations``
            (multiplications of one fingerprint, forwards) and ``fit_time`` (seconds of
            one fit); NaN where unknown.

        Raises
        ------
        ValueError
            If the estimator has no parameter of a name in the plan.

        Notes
        -----
        Times of the probes are interpolated over the operations of the network, else
        over the order of the trials. The first probe is fitted once more to warm up.
        Early stopping is not foreseen.
        """
        check_scalar(n_probes, "n_probes", int, min_val=1)
        trials = list(self._estimators(estimator))
        n_classes = 2 if y is None else len(np.unique(y))
        columns: Any = ["n_parameters", "operations"]
        table = pd.DataFrame(
            [trial_size(parts, n_classes, input_shape) for parts in trials],
            columns=columns,
            dtype=float,
        ).rename_axis("trial")
        table["fit_time"] = np.nan
        if X is not None:
            fit_params = {}
            if groups is not None and has_fit_parameter(estimator, "groups"):
                fit_params["groups"] = groups
            elif groups is not None and y is not None:
                y = attach_events(y, groups)  # pipelines do not pass on groups
            cost = table["operations"].to_numpy()
            cost = np.arange(len(trials)) if np.isnan(cost).any() else cost
            order = np.argsort(cost, kind="stable")
            places = np.linspace(0, len(trials) - 1, min(n_probes, len(trials)))
            probes = order[np.unique(places.astype(int))]
            time_fit(trials[probes[0]], X, y, fit_params)
            times = [time_fit(trials[probe], X, y, fit_params) for probe in probes]
            table["fit_time"] = np.interp(cost, cost[probes], times)
        return table

    def _estimators(self, estimator):
        """Yield the estimator of each trial, not fitted."""
        for trial in self:
            yield set_trial(clone(estimator), trial)

    @property
    def n_trials(self) -> int:
        """Number of trials, also where it is beyond what `len` can return."""
        return count_trials([self.param_grid])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        check_n_trials("A plan to be run", [self.param_grid])
        return iter(ParameterGrid(self.param_grid))

    def __len__(self) -> int:
        return self.n_trials

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExperimentPlan):
            return NotImplemented
        return (self.name, self.param_grid) == (other.name, other.param_grid)

    __hash__ = None  # pyright: ignore[reportAssignmentType]  # Python's own way

    def _repr_html_(self) -> str:
        return plan_html(self)

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        fixed = f", fixed={plain_repr(self.fixed)}" if self.fixed else ""
        return f"ExperimentPlan({plain_repr(self.ranges)}{fixed}{name})"
