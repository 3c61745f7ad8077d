"""What makes prints of hard real records informative, at new stations.

Records, folds and score are those of ``pnw_protocols.py``: new events at new stations,
event AUC. Heads see one view, filtered at its own cut-off before the window, and all
events alike, where the name does not say otherwise. What looks at one record at a time
and learns nothing is computed once, before the folds.

All configurations that are written here are reported. Which of them are good was found
on these records with other seeds of the folds, so that they are no proof of
themselves. "Chosen inside" is free of that, but for what its grid holds at all: the
form of the print (scale, windows, encoding) is chosen in the training rows of every
split, by the event AUC of a logistic head at new events and stations among them; the
head is then fitted on the form that was chosen. A mean is that of the log-probabilities
of its members, which were fitted on the same folds.

Answers are kept in the folder of results, and what is there is not computed again.

Run: SKSEISFP_DATA=FOLDER python benchmarks/better_prints.py
"""

from itertools import product
from typing import NamedTuple

import numpy as np
import sklearn
from pnw_protocols import (
    ABOVE_CONTROLS,
    BAND,
    CONTROLS,
    RATE,
    answer,
    make_estimators,
    make_parser,
    parse,
    read,
    report,
    represent,
    tabulate,
)
from rich.progress import track
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import has_fit_parameter

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
)
from skseisfp.metrics import aggregate_events
from skseisfp.model_selection import EventStationSplit
from skseisfp.neural import FingerprintMLP
from skseisfp.preprocessing import PhysicsFeatures, WaveformPreprocessor

SCALES = ("log", "magnitude")
WINDOWS = {8: (18, 26), 16: (17, 33), 24: (17, 41), 32: (15, 47), 48: (15, 63)}
ENCODINGS = ("two_channel", "signed", "presence")
ONSET = 20.0  # seconds from the start of the aligned records
PROTOCOLS = ("new_stations",)
FORMS = {
    "2 to 16 Hz": {"f_min": 2.0},
    "1 to 10 Hz": {"f_max": 10.0},
    "Morse wavelet": {"wavelet": "morse"},
    "pyramid": {"haar": "pyramid"},
    "100 of 64 x 64": {"n_coefficients": 100},
    "400 of 64 x 64": {"n_coefficients": 400},
    "100 of 32 x 32": {"n_coefficients": 100, "shape": (32, 32)},
    "400 of 64 x 128": {"n_coefficients": 400, "shape": (64, 128)},
    "400 of 128 x 128": {"n_coefficients": 400, "shape": (128, 128)},
    "power image": {"scale": "power"},
}
LOGISTIC = LogisticRegression(C=3e-3, max_iter=500)
SPARSE = LogisticRegression(C=0.1, l1_ratio=1.0, solver="liblinear")
TREES = ExtraTreesClassifier(300, min_samples_leaf=3, max_features=0.05, random_state=0)
PEERS = (*CONTROLS, "trees on prints", "MLP on prints, defaults")
MEANS = {
    "mean: net, trees on prints": ("net", "trees on prints"),
    "mean: net chosen inside, trees on prints": (
        "net, chosen inside",
        "trees on prints",
    ),
}


class Form(NamedTuple):
    """A form of the print; windows are named by their seconds."""

    windows: tuple = (24,)
    encoding: str = "two_channel"
    scale: str = "log"

    def take(self, prints):
        """Return flat prints from (n_records, scales, windows, planes, points)."""
        windows = [list(WINDOWS).index(window) for window in self.windows]
        planes = prints[:, SCALES.index(self.scale), windows]
        if self.encoding == "signed":
            planes = planes[:, :, 0] - planes[:, :, 1]
        elif self.encoding == "presence":
            planes = planes[:, :, 0] + planes[:, :, 1]
        return planes.reshape(len(planes), -1)


BEST = Form()
GRID = tuple(
    Form(windows, encoding, scale)
    for windows, encoding, scale in product(
        [(16,), (24,), (32,), (16, 32)], ENCODINGS, SCALES
    )
)


class ByEvent(ClassifierMixin, BaseEstimator):
    """A head that sees all events alike, on a form of the print or on features.

    The form is a `Form`, "chosen" in the training rows, a transformer that is fitted
    on them, or None for features as they are.
    """

    __metadata_request__fit = {"groups": True, "stations": True}

    def __init__(self, head, form=None):
        self.head = head
        self.form = form

    def fit(self, X, y, groups, stations):
        """Choose the form, if it is to be chosen, and fit the head on it."""
        y, groups, stations = map(np.asarray, (y, groups, stations))
        if hasattr(self.form, "transform"):
            self.form_ = clone(self.form).fit(X)
        elif self.form == "chosen":
            self.form_, *_ = rank_forms(X, y, groups, stations)
        else:
            self.form_ = self.form
        self.head_ = fit_by_event(clone(self.head), self._take(X), y, groups)
        self.classes_ = self.head_.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of the head."""
        return self.head_.predict_proba(self._take(X))

    def _take(self, X):
        if isinstance(self.form_, Form):
            X = self.form_.take(X)
        elif self.form_ is not None:
            X = self.form_.transform(X)
        dtype = bool if isinstance(self.head, KNeighborsClassifier) else np.float32
        return X.astype(dtype)


def fit_by_event(head, X, y, groups):
    """Fit a head so that classes count alike, and within a class its events."""
    if has_fit_parameter(head, "groups"):
        return head.fit(X, y, groups=groups)
    if not has_fit_parameter(head, "sample_weight"):
        return head.fit(X, y)
    _, codes = np.unique(y, return_inverse=True)
    _, events, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    weights = 1 / sizes[events]
    weights /= np.bincount(codes, weights)[codes]
    return head.fit(X, y, sample_weight=weights * len(y) / weights.sum())


def rank_forms(prints, y, groups, stations):
    """Order forms by the score of a logistic head at new events and stations."""
    folds = inner_folds(y, groups, stations)

    def score(form):
        return probe(LOGISTIC, form.take(prints), y, groups, folds)

    return sorted(GRID, key=score, reverse=True)


def inner_folds(y, groups, stations):
    """Return folds of new events at new stations among the training rows."""
    splitter = EventStationSplit(n_event_splits=2, n_station_splits=2, random_state=0)
    return list(splitter.split(y, y, groups, stations=stations))


def probe(head, X, y, groups, folds):
    """Return the event AUC of a head, out of fold."""
    X = X.astype(np.float32)
    scores = np.zeros((len(y), 2))
    for train, test in folds:
        fitted = fit_by_event(clone(head), X[train], y[train], groups[train])
        scores[test] = fitted.predict_proba(X[test])
    events = aggregate_events(scores, groups, y_true=y)
    return roc_auc_score(events["label"], events["score_1"])


def make_net(**params):
    """Return the net of the preset."""
    return FingerprintClassifier.from_preset(
        "discrimination", device="cpu", random_state=0, **params
    )


def make_prints(filtered):
    """Return planes of all scales and windows, of one view."""
    return np.stack(
        [
            np.stack([make_print(filtered, w, scale) for w in WINDOWS.values()], axis=1)
            for scale in SCALES
        ],
        axis=1,
    )


def make_print(filtered, window, scale="log", **params):
    """Return two flat planes of each record."""
    transformer = make_transformer(window=window, scale=scale, **params)
    flat = transformer.fit_transform(filtered).astype(np.int8)
    return flat.reshape(*flat.shape[:-1], 2, -1)


def make_transformer(**params):
    """Return the transformer of the preset."""
    params = {"sampling_rate": RATE, **BAND, "window": WINDOWS[24], **params}
    return FingerprintTransformer.from_preset("discrimination", **params)


def filter_records(records):
    """Filter each record at its own cut-off."""
    return AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0).fit_transform(
        records
    )


def make_physics(aligned, bunch):
    """Return the physics features of the records; S is estimated from the origin."""
    features = PhysicsFeatures(sampling_rate=RATE, vp_vs=1.73)
    waveforms = WaveformPreprocessor(sampling_rate=RATE, f_min=0.5)
    onsets = bunch.frame["arrival_sample"].to_numpy()
    arrival = np.where(np.isnan(onsets), np.nan, ONSET * RATE)
    origin = arrival + bunch.frame["origin_sample"].to_numpy() - onsets
    return features.fit_transform(
        waveforms.fit_transform(aligned), arrival=arrival, origin=origin
    )


def make_heads(aligned, bunch, _):
    """Name the heads, with what each of them sees."""
    filtered = filter_records(aligned)
    physics = make_physics(aligned, bunch)
    prints = make_prints(filtered)
    of_print = nets() | logistic_forms()
    neighbours = KNeighborsClassifier(25, metric="jaccard")
    of_print["neighbours by Jaccard"] = ByEvent(neighbours, BEST)
    of_print["sparse logistic"] = ByEvent(SPARSE, BEST)
    heads = {name: (head, prints) for name, head in of_print.items()}
    for name, params in FORMS.items():
        flat = make_print(filtered, WINDOWS[24], **params).reshape(len(prints), -1)
        heads[f"logistic, {name}"] = ByEvent(LOGISTIC), flat
    later = make_print(filtered, (19, 43)).reshape(len(prints), -1)
    heads["logistic, from 1 s before the onset"] = ByEvent(LOGISTIC), later
    scaled = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.03, max_iter=500, class_weight="balanced"),
    )
    heads["logistic on physics"] = ByEvent(scaled), physics
    heads["trees on physics"] = ByEvent(TREES), physics
    return heads


def nets():
    """Name the nets on prints."""
    net = make_net()
    adaptive = FingerprintClassifier(
        FingerprintMLP,
        module__hidden_sizes=(64,),
        module__input_dropout_p=0.0,
        balance="events",
        device="cpu",
        random_state=0,
    )
    return {
        "net": ByEvent(net, BEST),
        "net, chosen inside": ByEvent(net, "chosen"),
        "net, 16 and 32 s": ByEvent(net, Form((16, 32))),
        "net, signed": ByEvent(net, Form(encoding="signed")),
        "net, records alike": ByEvent(make_net(balance="weights"), BEST),
        "net, AdamW": ByEvent(adaptive, BEST),
        "net, half of the print dropped": ByEvent(
            make_net(module__input_dropout_p=0.5), BEST
        ),
    }


def logistic_forms():
    """Name logistic heads on forms that differ from the best one in one respect."""
    forms = [Form((seconds,)) for seconds in WINDOWS]
    forms += [Form((16, 32)), *(Form(encoding=name) for name in ENCODINGS[1:])]
    forms += [Form(scale="magnitude")]
    return {
        f"logistic, {form.encoding}, {form.scale}, "
        f"{' and '.join(map(str, form.windows))} s": ByEvent(LOGISTIC, form)
        for form in forms
    }


def mean_of(tables):
    """Return answers with the mean log-probabilities of several heads."""
    keyed = [table.set_index(["fits", "record"]) for table in tables]
    columns = [name for name in keyed[0] if name.startswith("score_")]
    logs = sum(np.log(table[columns].clip(1e-9)) for table in keyed).dropna()
    means = np.exp(logs / len(tables))
    rows = keyed[0].loc[means.index]
    return rows.assign(**means.div(means.sum(axis=1), axis=0)).reset_index()


def run(description, make_heads, means, name):
    """Evaluate heads beside the controls, keep their answers and print the tables.

    Parameters
    ----------
    description : str
        What the program does.
    make_heads : callable
        Names heads with what each sees, from the aligned records and the folder of
        the data.
    means : dict
        Names of means, with the names of their members.
    name : str
        Start of the names of the tables.
    """
    options = parse(make_parser(description, "results/better_prints"))
    sklearn.set_config(enable_metadata_routing=True)
    bunch, aligned = read(options.data)
    peers = make_estimators(represent(bunch, aligned))
    heads = make_heads(aligned, bunch, options.data)
    chosen = {name: heads[name] for name in options.only or heads}
    chosen |= {name: peers[name] for name in PEERS}
    answers = {name: {} for name in chosen}
    for seed, head in track([*product(options.seeds, chosen)], "evaluating"):
        answers[head][seed] = answer(
            head,
            *chosen[head],
            bunch,
            seed=seed,
            folder=options.results,
            n_jobs=options.jobs,
            protocols=PROTOCOLS,
            params={"stations": bunch.stations},
        )
    for mean, members in means.items():
        if set(members) <= set(answers):
            answers[mean] = {
                seed: mean_of([answers[member][seed] for member in members])
                for seed in options.seeds
            }
    scores, gains = tabulate(answers, bunch, options.seeds, PROTOCOLS)
    report(scores, gains, options.results, gain=ABOVE_CONTROLS, start=f"{name}_")


if __name__ == "__main__":
    run(__doc__.splitlines()[0], make_heads, MEANS, "prints")
