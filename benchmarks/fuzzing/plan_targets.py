"""Plans of experiments: their TOML, and grids of hostile values."""

from itertools import islice

from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skseisfp.preprocessing import FingerprintTransformer
from skseisfp.sweep import ExperimentPlan

from .hostile_values import VALUES, drawn_name
from .mutations import mutated

MOST_TRIALS = 30  # of a plan that is checked, which takes some ms for each
NAMES = (
    *("svc__C", "svc__kernel", "svc__tol", "fingerprinttransformer__shape"),
    *("fingerprinttransformer__n_coefficients", "svc", "nothing", "svc__"),
)


def _toml(rng, seeds):
    """Return a mutated plan."""
    seed = seeds[int(rng.integers(len(seeds)))]
    others = [data for other in seeds for data in other.values()]
    return {name: mutated(data, rng, others) for name, data in seed.items()}, {}


def _run_toml(case, folder):
    plan = ExperimentPlan.from_toml(folder / "fuzzed.toml")
    _use(plan)
    again = ExperimentPlan.from_toml(plan.to_toml())
    if repr(again) != repr(plan):
        raise AssertionError("a plan is another one after it was written and read")


def _use(plan):
    """Look at a plan."""
    len(plan)
    repr(plan)
    list(islice(plan, 5))


def _grid(rng, seeds):
    """Draw the ranges and the fixed values of a plan."""
    ranges, fixed = (
        {
            NAMES[int(rng.integers(len(NAMES)))]: drawn_name(rng)
            for _ in range(int(rng.integers(low, high)))
        }
        for low, high in ((0 if rng.random() < 0.1 else 1, 4), (0, 3))
    )
    return {}, {"ranges": ranges, "fixed": fixed, "check": bool(rng.random() < 0.3)}


def _run_grid(case, folder):
    ranges, fixed = (
        {name: VALUES[value] for name, value in case.options[part].items()}
        for part in ("ranges", "fixed")
    )
    plan = ExperimentPlan(ranges, fixed=fixed)
    _use(plan)
    plan.to_toml(folder / "plan.toml")
    ExperimentPlan.from_toml(folder / "plan.toml")
    if case.options["check"] and len(plan) <= MOST_TRIALS:
        plan.check(make_pipeline(FingerprintTransformer(), SVC()))


def _grid_names(case):
    """Return the names of which a fair message has one."""
    names = [*case.options["ranges"], *case.options["fixed"]]
    parts = [name.rpartition("__")[2] for name in names]
    return [*filter(None, names + parts), "ranges", "fixed", "parameter"]


TARGETS = {
    "plans as TOML": ("plans", _toml, _run_toml, lambda case: ["fuzzed"]),
    "plans of grids": ("nothing", _grid, _run_grid, _grid_names),
}
