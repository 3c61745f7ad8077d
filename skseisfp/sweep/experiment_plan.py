"""Plans of experiments: which values of which parameters are tried."""

import time
from difflib import get_close_matches
from math import prod
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils import check_scalar

from .._utils.checks import check_option
from .._utils.names import nearest_name
from ..neural.parameter_counts import architecture_findings, find_network, network_size
from ._plan_toml import read_plan, write_plan
from ._published_plans import RANGES, published_plan
from ._ranges import expand


class ExperimentPlan:
    """All combinations of the values of some parameters.

    Parameters
    ----------
    ranges : dict
        The values of each parameter by its name: ``"min:step:max"``, both ends
        included and computed in decimals, a list, or a single value. A tuple is a
        single value. A text with a colon is a range; in a list it is a text.
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
        and its like; the fixed ones have one.

    Raises
    ------
    ValueError
        If a range is malformed, empty, descends or misses its end, if values repeat,
        or if a parameter is varied and fixed.

    See Also
    --------
    skseisfp.sweep.SweepSearchCV : Runs a plan and keeps all it finds.
    skseisfp.neural.layer_catalogue : The parameters of a network and their ranges.

    Notes
    -----
    A plan iterates over its trials, dicts of parameters, in the order of
    :class:`~sklearn.model_selection.ParameterGrid`, and its length is their number.
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

    def __init__(self, ranges, *, fixed=None, name=None):
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
    def published(cls, name, *, prefix="classifier__module__"):
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
            The plan. What earlier experiments found is fixed, the rest keeps its
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
    def from_toml(cls, source):
        """Read a plan that `to_toml` or a person has written.

        Parameters
        ----------
        source : str or path-like
            A path, or the text itself, which has a line break.

        Returns
        -------
        ExperimentPlan
            The plan.

        Raises
        ------
        ValueError
            If it is no TOML, or no plan.
        """
        return cls(**read_plan(source))

    def to_toml(self, path=None):
        """Write the plan as TOML, ranges as they were given.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write; an old one is replaced.

        Returns
        -------
        str
            The text.

        Raises
        ------
        TypeError
            If a value has no form in TOML, such as an estimator.
        """
        text = write_plan(self.name, self.ranges, self.fixed)
        if path is not None:
            Path(path).write_text(text, "utf-8")
        return text

    def check(self, estimator, *, input_shape=None):
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
            One row a finding: ``trial`` (number of the trial), ``level``
            (``"impossible"``, or ``"rule"`` for what the paper advises against),
            ``parameter``, ``message``. Empty if all is well.

        Raises
        ------
        ValueError
            If the estimator has no parameter of a name in the plan.

        Notes
        -----
        Looked at are the architecture of the network in a `FingerprintClassifier` and
        the constraints that scikit-learn's estimators declare.
        """
        findings = []
        for number, parts in enumerate(self._estimators(estimator)):
            found = _constraint_findings(parts)
            found += [
                (item.level, item.parameter, item.message)
                for item in architecture_findings(parts, input_shape)
            ]
            findings += [(number, *finding) for finding in found]
        columns = ["trial", "level", "parameter", "message"]
        return pd.DataFrame(findings, columns=columns)

    def estimate(
        self, estimator, X=None, y=None, *, groups=None, input_shape=None, n_probes=3
    ):
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
            Events, for estimators whose `fit` takes them.
        input_shape : tuple of int, default=None
            As in `check`.
        n_probes : int, default=3
            Number of trials that are really fitted, from the smallest to the largest;
            a network trains one epoch, then two, and the further epochs are added.

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
        Times of the probes are interpolated over the operations, where a network tells
        them, else over the order of the trials. The first probe is fitted once more
        to warm up. Early stopping is not foreseen.
        """
        check_scalar(n_probes, "n_probes", int, min_val=1)
        trials = list(self._estimators(estimator))
        n_classes = 2 if y is None else len(np.unique(y))
        table = pd.DataFrame(
            [_size(parts, n_classes, input_shape) for parts in trials],
            columns=["n_parameters", "operations"],
            dtype=float,
        ).rename_axis("trial")
        table["fit_time"] = np.nan
        if X is not None:
            fit_params = {} if groups is None else {"groups": groups}
            cost = table["operations"].to_numpy()
            cost = np.arange(len(trials)) if np.isnan(cost).any() else cost
            order = np.argsort(cost, kind="stable")
            places = np.linspace(0, len(trials) - 1, min(n_probes, len(trials)))
            probes = order[np.unique(places.astype(int))]
            _time_fit(trials[probes[0]], X, y, fit_params)
            times = [_time_fit(trials[probe], X, y, fit_params) for probe in probes]
            table["fit_time"] = np.interp(cost, cost[probes], times)
        return table

    def _estimators(self, estimator):
        """Yield the estimator of each trial, not fitted."""
        for trial in self:
            yield set_trial(clone(estimator), trial)

    def __iter__(self):
        return iter(ParameterGrid(self.param_grid))

    def __len__(self):
        return prod(len(values) for values in self.param_grid.values())

    def __eq__(self, other):
        if not isinstance(other, ExperimentPlan):
            return NotImplemented
        return (self.name, self.param_grid) == (other.name, other.param_grid)

    __hash__ = None

    def __repr__(self):
        name = "" if self.name is None else f", name={self.name!r}"
        fixed = f", fixed={self.fixed!r}" if self.fixed else ""
        return f"ExperimentPlan({self.ranges!r}{fixed}{name})"


def set_trial(estimator, trial):
    """Set the parameters of a trial, refusing unknown ones by the nearest name."""
    try:
        return estimator.set_params(**clone(trial, safe=False))
    except ValueError as error:
        known = estimator.get_params(deep=True)
        unknown = [name for name in trial if name not in known]
        if not unknown or "arameter" not in str(error):
            raise
        owner = type(estimator).__name__
        raise ValueError(
            f"{unknown[0]!r} is no parameter of {owner}."
            f"{_suggestion(unknown[0], known)}"
        ) from error


def _suggestion(name, known):
    """Return a hint at a known name, one of the same step before those of others."""
    step = "".join(name.partition("__")[:2]) if "__" in name else ""
    rest = name.removeprefix(step)
    own = [other.removeprefix(step) for other in known if other.startswith(step)]
    if not own:
        return nearest_name(name, known)
    near = [other for other in own if rest == _initials(other)]
    near += [other for other in own if _initials(rest) == other]
    near = near or get_close_matches(rest, own, n=1)
    if near:
        return f" Did you mean {step + near[0]!r}?"
    return nearest_name(name, [other for other in known if _tail(other) == _tail(name)])


def _tail(name):
    """Return what follows the last ``__``."""
    return name.rpartition("__")[2]


def _initials(name):
    """Return the first letters of a name of several words: ``learning_rate`` is lr."""
    words = name.split("_")
    return "".join(word[:1] for word in words) if len(words) > 1 else None


def _constraint_findings(estimator):
    """Return what the parts of an estimator refuse by their declared constraints."""
    parts = {"": estimator} | {
        f"{name}__": part
        for name, part in estimator.get_params(deep=True).items()
        if hasattr(part, "get_params") and not isinstance(part, type)
    }
    findings = []
    for prefix, part in parts.items():
        if not hasattr(part, "_parameter_constraints"):
            continue
        try:
            part._validate_params()
        except ValueError as error:
            names = [name for name in part.get_params() if f"'{name}'" in str(error)]
            name = names[0] if names else ""
            findings.append(("impossible", f"{prefix}{name}", str(error)))
    return findings


def _size(estimator, n_classes, input_shape):
    """Return the columns of a trial: parameters and operations of its net."""
    if any(
        item.level == "impossible"
        for item in architecture_findings(estimator, input_shape)
    ):
        return {}
    size = network_size(estimator, n_classes, input_shape)
    return {} if size is None else vars(size)


def _time_fit(estimator, X, y, fit_params):
    """Return the seconds of one fit; of a network, two epochs tell the others."""
    classifier, prefix = find_network(estimator)
    if classifier is None:
        return _seconds(estimator, X, y, fit_params)
    first, second = (
        _seconds(
            clone(estimator).set_params(**{f"{prefix}max_epochs": n_epochs}),
            X,
            y,
            fit_params,
        )
        for n_epochs in (1, 2)
    )
    return first + (classifier.max_epochs - 1) * max(second - first, 0)


def _seconds(estimator, X, y, fit_params):
    start = time.perf_counter()
    clone(estimator).fit(X, y, **fit_params)
    return time.perf_counter() - start
