"""What every tool does with the events of records, as measured within it."""

import re
import threading
from pathlib import Path

import numpy as np
import sklearn
from joblib import parallel_config
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import RFECV, SequentialFeatureSelector
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    LearningCurveDisplay,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    ValidationCurveDisplay,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skseisfp.ensemble import (
    EventCalibratedClassifierCV,
    EventThresholdClassifierCV,
    EventVoteClassifier,
)
from skseisfp.events import attach_events, resolve_groups
from skseisfp.metrics import make_event_scorer
from skseisfp.model_selection import event_permutation_test
from skseisfp.sweep import StagedSearchCV, SweepSearchCV

# the page of the guide, and the lines around its table
PAGE = Path(__file__).parents[1] / "docs" / "events.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
WAYS = {
    "index": "index `event_id` of `y`",
    "name": "`groups` by name",
    "routing": "metadata routing",
}
# 24 events of two or four records, whose order is mixed; two classes of events
EVENTS = np.random.default_rng(0).permutation(np.repeat(np.arange(24), [2, 4] * 12))
Y = np.array(["blast", "quake"])[EVENTS // 2 % 2]
# each feature has its record's event behind the third decimal
X = np.random.default_rng(1).normal(Y[:, None] == "quake", 1.0, (len(Y), 3)).round(3)
X += EVENTS[:, None] * 1e-5
FOLDS = GroupKFold(3)
SPLITS = list(FOLDS.split(X, Y, EVENTS))
C = {"classifier__C": [0.1, 1.0]}


def true_events(rows):
    """Events of records by their features, one of which may be permuted."""
    rows = np.asarray(rows)
    return np.median(np.round((rows - rows.round(3)) * 1e5), axis=1).astype(int)


class Log:
    """Numbers of events that were counted, next to the true ones."""

    fits, scores = [], []
    predicted = {}  # true number of events and records of a thread's last prediction

    @classmethod
    def clear(cls):
        cls.fits.clear()
        cls.scores.clear()
        cls.predicted.clear()


class Probe(LogisticRegression):
    """Note how many events `fit` finds, as a network for its early stopping."""

    __metadata_request__fit = {"groups": True}

    def fit(self, X, y, sample_weight=None, groups=None):
        events = resolve_groups(y, groups, X=X, needed_by="The classifier")
        truth = true_events(X)
        Log.fits.append((count(events, truth), len(set(truth)), len(truth)))
        return super().fit(X, y, sample_weight=sample_weight)

    def decision_function(self, X):
        truth = true_events(X)
        Log.predicted[threading.get_ident()] = len(set(truth)), len(truth)
        return super().decision_function(X)


def count(events, truth):
    """Number of events, or that of their parts where true events are split up."""
    parts = len({*zip(events, truth, strict=True)})
    return parts if parts > len(set(truth)) else len(set(events))


def counted_accuracy(y_true, y_pred):
    """Note how many events an event scorer counts."""
    Log.scores.append((len(y_true), *Log.predicted[threading.get_ident()]))
    return accuracy_score(y_true, y_pred)


SCORER = make_event_scorer(counted_accuracy)
VOTES = make_event_scorer(counted_accuracy, vote="majority", tie="first")


def make_pipeline():
    return Pipeline([("scale", FunctionTransformer()), ("classifier", Probe())])


class Way:
    """One of the three ways in which events reach a tool."""

    def __init__(self, name):
        self.name = name
        self.y = attach_events(Y, EVENTS) if name == "index" else Y
        self.cv = SPLITS if name == "index" else FOLDS

    @property
    def options(self):
        return {"cv": self.cv, "scoring": SCORER}

    @property
    def strict(self):
        return {**self.options, "error_score": "raise"}

    def of_fit(self, *names):
        """Arguments of `fit`: the events, also by other names."""
        if self.name == "index":
            return {}
        return dict.fromkeys(
            ("groups", *(names if self.name == "name" else ())), EVENTS
        )

    def of_function(self, *names, params="params"):
        """Arguments of functions: the events for the folds and for the classifier."""
        if self.name == "index":
            return {}
        if self.name == "routing":
            return {params: {"groups": EVENTS}}
        return {"groups": EVENTS, params: dict.fromkeys(names, EVENTS)}

    def score(self, fitted):
        """Score a fitted tool by event."""
        groups = {} if self.name == "index" else {"groups": EVENTS}
        SCORER(fitted, X, self.y, **groups)


TOOLS = {}


def tool(name, needs=None):
    """Register what is run for a row of the table."""

    def register(run):
        TOOLS[name] = run, needs
        return run

    return register


def search(kind, *args, **options):
    def run(way):
        searched = kind(make_pipeline(), *args, **way.strict, **options)
        searched.fit(X, way.y, **way.of_fit("classifier__groups"))

    return run


SEED = {"random_state": 0}
HALVING = {"min_resources": 24, "factor": 2, **SEED}
tool("GridSearchCV")(search(GridSearchCV, C))
tool("RandomizedSearchCV")(search(RandomizedSearchCV, C, n_iter=2, **SEED))
tool("HalvingGridSearchCV")(search(HalvingGridSearchCV, C, **HALVING))
tool("HalvingRandomSearchCV")(
    search(HalvingRandomSearchCV, C, n_candidates=2, **HALVING)
)
tool("SweepSearchCV")(search(SweepSearchCV, C))
tool("StagedSearchCV")(search(StagedSearchCV, [C], **SEED))


@tool("cross_validate")
def _(way):
    cross_validate(
        make_pipeline(), X, way.y, **way.strict, **way.of_function("classifier__groups")
    )


@tool("GridSearchCV in cross_validate")
def _(way):
    inner = GridSearchCV(make_pipeline(), C, **way.strict | {"cv": FOLDS})
    cross_validate(
        inner,
        X,
        way.y,
        **way.strict,
        **way.of_function("groups", "classifier__groups"),
    )


@tool("cross_val_predict")
def _(way):
    cross_val_predict(
        make_pipeline(),
        X,
        way.y,
        cv=way.cv,
        method="predict_proba",
        **way.of_function("classifier__groups"),
    )


@tool("learning_curve")
def _(way):
    learning_curve(
        make_pipeline(),
        X,
        way.y,
        train_sizes=[0.5, 1.0],
        **way.strict,
        **way.of_function("classifier__groups"),
    )


@tool("LearningCurveDisplay", needs="matplotlib")
def _(way):
    LearningCurveDisplay.from_estimator(
        make_pipeline(),
        X,
        way.y,
        train_sizes=[0.5, 1.0],
        **way.strict,
        **way.of_function("classifier__groups", params="fit_params"),
    )


VARIED = {"param_name": "classifier__C", "param_range": C["classifier__C"]}


@tool("validation_curve")
def _(way):
    validation_curve(
        make_pipeline(),
        X,
        way.y,
        **VARIED,
        **way.strict,
        **way.of_function("classifier__groups"),
    )


@tool("ValidationCurveDisplay", needs="matplotlib")
def _(way):
    ValidationCurveDisplay.from_estimator(
        make_pipeline(),
        X,
        way.y,
        **VARIED,
        **way.strict,
        **way.of_function("classifier__groups", params="fit_params"),
    )


@tool("permutation_importance")
def _(way):
    fitted = Probe().fit(X, way.y, **way.of_fit())
    extra = way.of_fit()
    permutation_importance(
        fitted, X, way.y, scoring=SCORER, n_repeats=2, **SEED, **extra
    )


@tool("permutation_test_score")
def _(way):
    permutation_test_score(
        make_pipeline(),
        X,
        way.y,
        n_permutations=2,
        **way.options,
        **way.of_function("classifier__groups"),
    )


def wrapper(make):
    """Fit a classifier around classifiers, and score it by event."""

    def run(way):
        fitted = make(way).fit(X, way.y, **way.of_fit())
        way.score(fitted)

    return run


tool("StackingClassifier")(
    wrapper(
        lambda way: StackingClassifier(
            [("probe", Probe())],
            EventVoteClassifier(LogisticRegression()),
            cv=SPLITS,
        )
    )
)
tool("VotingClassifier")(
    wrapper(lambda way: VotingClassifier([("probe", Probe())], voting="soft"))
)
tool("BaggingClassifier")(
    wrapper(lambda way: BaggingClassifier(Probe(), 3, random_state=0))
)
tool("CalibratedClassifierCV")(
    wrapper(lambda way: CalibratedClassifierCV(Probe(), cv=way.cv, ensemble=True))
)
tool("CalibratedClassifierCV, ensemble=False")(
    wrapper(lambda way: CalibratedClassifierCV(Probe(), cv=way.cv, ensemble=False))
)
tool("TunedThresholdClassifierCV, majority votes")(
    wrapper(
        lambda way: TunedThresholdClassifierCV(
            Probe(), cv=way.cv, scoring=VOTES, thresholds=5
        )
    )
)
tool("FixedThresholdClassifier")(
    wrapper(lambda way: FixedThresholdClassifier(Probe(), pos_label="quake"))
)


@tool("RFECV")
def _(way):
    RFECV(Probe(), **way.options).fit(X, way.y, **way.of_fit())


@tool("SequentialFeatureSelector")
def _(way):
    selector = SequentialFeatureSelector(Probe(), n_features_to_select=1, **way.options)
    selector.fit(X, way.y, **way.of_fit())


tool("EventThresholdClassifierCV")(
    wrapper(lambda way: EventThresholdClassifierCV(Probe(), cv=FOLDS))
)
tool("EventCalibratedClassifierCV")(
    wrapper(lambda way: EventCalibratedClassifierCV(Probe(), cv=FOLDS))
)


@tool("event_permutation_test")
def _(way):
    given = way.of_fit()
    if way.name == "routing":
        given["params"] = {"groups": EVENTS}
    event_permutation_test(
        make_pipeline(), X, way.y, n_permutations=2, **way.options, **given
    )


def score_with(pipeline, way):
    cross_validate(
        pipeline, X, way.y, **way.strict, **way.of_function("classifier__groups")
    )


@tool("Pipeline of imbalanced-learn", needs="imblearn")
def _(way):
    from imblearn.pipeline import Pipeline

    score_with(Pipeline(make_pipeline().steps), way)


@tool("the same with a sampler", needs="imblearn")
def _(way):
    from imblearn.pipeline import Pipeline
    from imblearn.under_sampling import RandomUnderSampler

    sampler = ("sampler", RandomUnderSampler(random_state=0))
    score_with(Pipeline([sampler, *make_pipeline().steps]), way)


@tool("cross_val_score in a study of Optuna", needs="optuna")
def _(way):
    import optuna

    def objective(trial):
        C = trial.suggest_float("C", 0.1, 1.0)
        return cross_val_score(
            make_pipeline().set_params(classifier__C=C),
            X,
            way.y,
            **way.strict,
            **way.of_function("classifier__groups"),
        ).mean()

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # it logs failed trials
    try:
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        study.optimize(objective, n_trials=2)
    finally:
        optuna.logging.set_verbosity(verbosity)


@tool("GridSearchCV on Dask", needs="distributed")
def _(way):
    import distributed

    options = {"dashboard_address": None, "silence_logs": 50, "processes": False}
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, **options) as dask,
        distributed.Client(dask),
        parallel_config(backend="dask"),
    ):
        search(GridSearchCV, C, n_jobs=2)(way)


def measure(name, way):
    """Return the cell of a tool and a way: what was counted, or the error."""
    run, _ = TOOLS[name]
    Log.clear()
    try:
        with sklearn.config_context(enable_metadata_routing=way == "routing"):
            run(Way(way))
    except Exception as error:
        message = re.split(r"[,;.:](?:\s|$)|\n", str(error))[0]
        found = f"{type(error).__name__}: {message}"
    else:
        found = f"counts {numbers(Log.fits)} events in `fit`"
        if Log.scores:
            found += f", {numbers(Log.scores)} in scores"
    wrong = [counts for counts in Log.fits + Log.scores if counts[0] != counts[1]]
    return f"COUNTS RECORDS: {wrong}" if wrong else found


def numbers(counts):
    """Return the range of the numbers of events."""
    found = sorted({counted for counted, *_ in counts})
    return " to ".join(map(str, dict.fromkeys([found[0], found[-1]])))


def make_row(name):
    """Return the row of a tool in the table."""
    cells = [measure(name, way) for way in WAYS]
    return f"| {' | '.join([name, *cells])} |"


def make_head():
    """Return the first lines of the table."""
    return [f"| tool | {' | '.join(WAYS.values())} |", "|---|---|---|---|"]


def write_table():
    """Measure all tools, and write the table of the guide."""
    lines = [*make_head(), *map(make_row, TOOLS)]
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text("\n".join([f"{before}{BEGIN}", *lines, END + rest.split(END)[1]]))
