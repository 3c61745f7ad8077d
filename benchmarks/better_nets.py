"""What else makes a net on prints better, at new stations: all that was tried.

Records, folds, score and the form of the print are those of ``better_prints.py``. Each
line changes one thing of the net that is its preset. All settings were written down
before the first run and are reported, whatever came out; none was chosen by it.

"All chosen inside" chooses the form of the print as ``better_prints.py`` does, and
then width, optimizer and dropout of the net on that form, by the event AUC at new
events and stations among the training rows of every split.

"Averaged inside" chooses less: it takes the mean over the three best forms, by the same
ranking, and over all those settings. It was added when the others were known.

Answers are kept in the folder of results, and what is there is not computed again.

Run: SKSEISFP_DATA=FOLDER python benchmarks/better_nets.py
"""

from pathlib import Path

import numpy as np
import torch
from better_prints import (
    LOGISTIC,
    TREES,
    WINDOWS,
    ByEvent,
    filter_records,
    fit_by_event,
    inner_folds,
    make_net,
    make_physics,
    make_print,
    make_prints,
    make_transformer,
    probe,
    rank_forms,
    run,
)
from pnw_protocols import RATE, align
from print_nets import (
    Bag,
    HaarLevelNet,
    InversePrintNet,
    MixUpIterator,
    Pretrained,
    StationPooled,
    StationPoolNet,
    learn_to_complete,
)
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import ParameterGrid

from skseisfp import FilterAugmenter, FingerprintClassifier, load_records
from skseisfp.datasets import make_seismograms
from skseisfp.neural import FingerprintMLP

N_PIXELS = 2 * 64 * 64
PLAIN = {"optimizer": torch.optim.SGD, "lr": 3e-3, "weight_decay": 0.0}
PLAIN |= {"optimizer__momentum": 0.9, "optimizer__nesterov": True}
ADAPTIVE = {"optimizer": torch.optim.AdamW, "lr": 1e-3, "weight_decay": 1e-2}
INSIDE = ParameterGrid(
    {
        "optimizer": [PLAIN, ADAPTIVE],
        "module__hidden_sizes": [(16,), (64,)],
        "module__input_dropout_p": [0.0, 0.5],
    }
)
OPTIMIZERS = {"": PLAIN, ", AdamW": ADAPTIVE}
MODULES = {"by Haar level": HaarLevelNet, "on the inverse print": InversePrintNet}
SETTINGS = {
    "no hidden layer": {"module__hidden_sizes": ()},
    "width 16": {"module__hidden_sizes": (16,)},
    "width 256": {"module__hidden_sizes": (256,)},
    "two layers": {"module__hidden_sizes": (64, 64)},
    "no dropout": {"module__hidden_dropout_p": 0.0},
    "weight decay": {"weight_decay": 1e-2},
    "10 epochs": {"max_epochs": 10},
    "90 epochs": {"max_epochs": 90},
    "mix-up": {"iterator_train": MixUpIterator},
}
MEANS = {
    "mean: nets of 16, 24, 32 s": ("net", "net, 16 s", "net, 32 s"),
    "mean: net, trees on prints, trees on physics": (
        "net",
        "trees on prints",
        "trees on physics",
    ),
    "mean: net, all chosen inside, trees on prints": (
        "net, all chosen inside",
        "trees on prints",
    ),
    "mean: net, averaged inside, trees on prints": (
        "net, averaged inside",
        "trees on prints",
    ),
}


class ChosenInside(ClassifierMixin, BaseEstimator):
    """Choose the form of the print, then the settings of the net, in the training rows.

    Parameters
    ----------
    nets : list of FingerprintClassifier
        The nets to choose from.
    """

    __metadata_request__fit = {"groups": True, "stations": True}

    def __init__(self, nets):
        self.nets = nets

    def fit(self, X, y, groups, stations):
        """Choose, and fit what was chosen."""
        y, groups, stations = map(np.asarray, (y, groups, stations))
        self.form_, *_ = rank_forms(X, y, groups, stations)
        prints = self.form_.take(X)
        folds = inner_folds(y, groups, stations)
        best = max(self.nets, key=lambda net: probe(net, prints, y, groups, folds))
        self.net_ = fit_by_event(clone(best), prints, y, groups)
        self.classes_ = self.net_.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of the net."""
        return self.net_.predict_proba(self.form_.take(X))


class AveragedInside(ClassifierMixin, BaseEstimator):
    """The mean of nets of all settings on the forms that are best in the training rows.

    Parameters
    ----------
    nets : list of FingerprintClassifier
        A net of each setting.
    n_forms : int, default=3
        Number of forms of the print.
    """

    __metadata_request__fit = {"groups": True, "stations": True}

    def __init__(self, nets, n_forms=3):
        self.nets = nets
        self.n_forms = n_forms

    def fit(self, X, y, groups, stations):
        """Rank the forms, and fit all nets on the first of them."""
        y, groups, stations = map(np.asarray, (y, groups, stations))
        forms = rank_forms(X, y, groups, stations)[: self.n_forms]
        self.members_ = [
            (form, fit_by_event(clone(net), form.take(X), y, groups))
            for form in forms
            for net in self.nets
        ]
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        """Return the mean probabilities of the nets."""
        given = [net.predict_proba(form.take(X)) for form, net in self.members_]
        return np.mean(given, axis=0)


class Stacked(ClassifierMixin, BaseEstimator):
    """A logistic model of the log-odds that heads give out of fold.

    Parameters
    ----------
    heads : list of (estimator, slice)
        The heads, and the columns of X that each sees.
    """

    __metadata_request__fit = {"groups": True, "stations": True}

    def __init__(self, heads):
        self.heads = heads

    def fit(self, X, y, groups, stations):
        """Fit the model on answers at new events and stations, and all heads."""
        y, groups, stations = map(np.asarray, (y, groups, stations))
        odds = np.zeros((len(y), len(self.heads)))
        for train, test in inner_folds(y, groups, stations):
            fitted = self._fit_heads(X[train], y[train], groups[train])
            odds[test] = self._ask(fitted, X[test])
        self.model_ = fit_by_event(clone(LOGISTIC).set_params(C=1.0), odds, y, groups)
        self.heads_ = self._fit_heads(X, y, groups)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of the model."""
        return self.model_.predict_proba(self._ask(self.heads_, X))

    def _fit_heads(self, X, y, groups):
        return [
            fit_by_event(clone(head), X[:, columns], y, groups)
            for head, columns in self.heads
        ]

    def _ask(self, fitted, X):
        shares = [
            head.predict_proba(X[:, columns])[:, 1].clip(1e-6, 1 - 1e-6)
            for head, (_, columns) in zip(fitted, self.heads, strict=True)
        ]
        return np.log(shares).T - np.log1p(np.negative(shares)).T


class FitOnFirstView(FingerprintClassifier):
    """A classifier that is fitted on view 0, and asked for all views."""

    def fit(self, X, y, groups=None):
        """Train on view 0."""
        return super().fit(X[:, :1], y, groups)


def make_heads(aligned, bunch, folder):
    """Name the heads, with what each of them sees."""
    filtered = filter_records(aligned)
    windows = {
        seconds: make_print(filtered, WINDOWS[seconds]).reshape(len(filtered), -1)
        for seconds in (16, 24, 32)
    }
    flat = windows[24]
    heads = {name: (ByEvent(net), flat) for name, net in nets(folder).items()}
    for seconds in (16, 32):
        heads[f"net, {seconds} s"] = ByEvent(make_net()), windows[seconds]
    views = make_views(aligned)
    heads["net, five views"] = ByEvent(make_net()), views
    asked = FitOnFirstView(**make_net().get_params())
    heads["net, five views, fitted on one"] = ByEvent(asked), views
    for name in ("mad", "zscore"):
        form = make_transformer(standardize=name)
        heads[f"net, {name}"] = ByEvent(make_net(), form), filtered
        heads[f"logistic, {name}"] = ByEvent(LOGISTIC, form), filtered
    for name, optimizer in OPTIMIZERS.items():
        pooled = ByEvent(StationPooled(make(StationPoolNet, optimizer)))
        heads[f"net, stations pooled inside{name}"] = pooled, with_events(flat, bunch)
    physics = make_physics(aligned, bunch)
    heads["trees on physics"] = ByEvent(TREES), physics
    heads["stacked: net, trees, trees on physics"] = (
        Stacked(
            [
                (make_net(), slice(N_PIXELS)),
                (TREES, slice(N_PIXELS)),
                (TREES, slice(N_PIXELS, None)),
            ]
        ),
        np.hstack([flat, physics]).astype(np.float32),
    )
    of_grid = [make(FingerprintMLP, **params) for params in INSIDE]
    prints = make_prints(filtered)
    heads["net, all chosen inside"] = ChosenInside(of_grid), prints
    heads["net, averaged inside"] = AveragedInside(of_grid), prints
    return heads


def nets(folder):
    """Name what sees the print of the preset."""
    net = make_net()
    others = {
        f"net {where}{name}": make(module, optimizer)
        for where, module in MODULES.items()
        for name, optimizer in OPTIMIZERS.items()
    }
    return {
        "net": net,
        **{f"net, {name}": make_net(**params) for name, params in SETTINGS.items()},
        "bag of 5 nets": Bag(net),
        "bag of 5 nets, events drawn": Bag(net, bootstrap=True),
        "bag of 10 nets of width 16, events drawn": Bag(
            make_net(module__hidden_sizes=(16,)), n_nets=10, bootstrap=True
        ),
        **others,
        "net, first fitted on generated": Pretrained(net, learn_generated()),
        "net, first fitted on unlabelled": Pretrained(net, learn_unlabelled(folder)),
    }


def make(module, optimizer, **params):
    """Return a classifier around a module that sees all events alike."""
    return FingerprintClassifier(
        module, balance="events", device="cpu", random_state=0, **optimizer, **params
    )


def make_views(aligned):
    """Return prints of five views, of shape (n_records, 5, 2, 64, 64)."""
    augmenter = FilterAugmenter(sampling_rate=RATE, fallback=1.0)
    prints = make_print(augmenter.fit_transform(aligned), WINDOWS[24])
    return prints.reshape(*prints.shape[:2], 2, 64, 64)


def with_events(flat, bunch):
    """Put the code of the event in two columns before the print."""
    _, codes = np.unique(bunch.groups, return_inverse=True)
    return np.column_stack([codes // 128, codes % 128, flat]).astype(np.int8)


def learn_generated():
    """Return the weights of the net after a fit on generated records."""
    bunch = make_seismograms(
        2000, classes=("earthquake", "quarry_blast"), sampling_rate=RATE, random_state=0
    )
    aligned = align(bunch.data, bunch.frame["arrival_sample"].to_numpy())
    net = make_net()
    net.fit(print_flat(aligned), bunch.target, groups=bunch.groups)
    state = net.net_.module_.state_dict()
    return {name: value.numpy() for name, value in state.items()}


def learn_unlabelled(folder):
    """Return a layer that was trained on slides and flows, without their labels."""
    data = load_records(Path(folder) / "esec").data
    data = data.reshape(-1, data.shape[-1])
    return learn_to_complete(print_flat(align(data, np.full(len(data), 800))))


def print_flat(aligned):
    """Return the flat prints of aligned records."""
    prints = make_print(filter_records(aligned), WINDOWS[24])
    return prints.reshape(len(prints), -1)


if __name__ == "__main__":
    run(__doc__.splitlines()[0], make_heads, MEANS, "nets")
