"""Many networks of one shape, trained at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from .._compat import safe_indexing
from .._utils.torch_state import plain_torch
from ._stack_training import StackTraining
from .data import BatchIterator, FingerprintDataset
from .device import choose_device
from .fingerprint_classifier import FingerprintClassifier
from .fingerprint_cnn import FingerprintCNN
from .fingerprint_mlp import FingerprintMLP
from .lazy_fingerprints import is_lazy

if TYPE_CHECKING:
    from ._network import FingerprintNet

# they change each weight by its own gradients alone
_ELEMENTWISE = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW)
# ten gain hardly more than five on a CPU; all of them wait for the last epoch
MOST_TOGETHER = 16
# inputs of a batch up to which networks on a CPU gain: 1.3 to 3 times with 2**16 or
# fewer, 1.1 times or nothing with 2**18, see docs/performance.md
_MOST_INPUTS = 2**16


def fit_together(
    classifiers: Sequence[FingerprintClassifier],
    X: Any,
    y: npt.ArrayLike,
    rows: Sequence[npt.ArrayLike] | None = None,
    *,
    groups: npt.ArrayLike | None = None,
    always: bool = False,
    fit_others: bool = True,
) -> Sequence[FingerprintClassifier]:
    """Fit classifiers, those with networks of one shape at the same time.

    Networks of one shape are trained as one, each on its own records, in its own order,
    from its own weights and with its own dropout: they are those of separate fits, but
    for rounding.

    Parameters
    ----------
    classifiers : list of FingerprintClassifier
        The classifiers, which are fitted in place.
    X : array-like
        Fingerprints, as `FingerprintClassifier.fit` takes them.
    y : array-like of shape (n_records,)
        Labels.
    rows : list of array-like of int, default=None
        The records that each classifier is fitted on, such as the training sets of
        folds. None takes all of them.
    groups : array-like of shape (n_records,), default=None
        Event of each record.
    always : bool, default=False
        Train together wherever it is possible, also where it is not faster. On a CPU
        it is so for `FingerprintCNN` and for batches of more than 65,536 features; on
        a GPU, where it has not been measured, they are always trained together.
    fit_others : bool, default=True
        Fit classifiers that cannot be trained with others one after the other. False
        leaves them as they are.

    Returns
    -------
    list of FingerprintClassifier
        The classifiers.

    Raises
    ------
    ValueError
        If `rows` are not as many as the classifiers; as `FingerprintClassifier.fit`.

    Notes
    -----
    Networks are trained together if the classifiers differ in nothing but
    `random_state`, `lr`, `weight_decay`, `balance`, `predict_views`, parameters of the
    optimizer, probabilities of dropout and records, and if these make equally many
    batches. The `module` must be None, `FingerprintCNN` or `FingerprintMLP`, the
    criterion the default one, the optimizer SGD, Adam or AdamW of torch. Classifiers
    with early stopping, ``lr_schedule="plateau"``, ``fused=True``, `callbacks`, an
    `augmenter`, `warm_start` or `verbose`, and those whose training fails or diverges,
    are fitted separately. So are references to records.

    Batches are as in separate fits. Where those of one step differ in size they are
    padded, and what is padded counts in no loss and no moment. Training takes the
    layers of torch on one thread, whatever `n_threads` is. In single precision
    probabilities of fully connected networks differ from those of separate fits by
    1e-6 at most. Those of convolutional ones differ as of compiled loops and layers of
    torch: by 2e-5 after a few epochs of SGD, by 1e-3 to 2e-2 with AdamW, which takes
    steps of the size of the learning rate for gradients that are zero but for rounding.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.neural import FingerprintClassifier, fit_together
    >>> rng = np.random.default_rng(0)
    >>> X = rng.integers(0, 2, (24, 64), dtype=np.uint8)
    >>> y = np.repeat(["blast", "earthquake"], 12)
    >>> seeds = [
    ...     FingerprintClassifier(max_epochs=2, random_state=seed) for seed in range(3)
    ... ]
    >>> [one.predict_proba(X).shape for one in fit_together(seeds, X, y)]
    [(24, 2), (24, 2), (24, 2)]
    """
    if rows is not None and len(rows) != len(classifiers):
        raise ValueError(
            f"rows must have an item for each of the {len(classifiers)} classifiers; "
            f"got {len(rows)}."
        )
    records = _records_of_each(X, y, groups, rows, len(classifiers))
    alike: dict[Any, list[_Fit]] = {}
    left = dict(enumerate(classifiers))
    for number, classifier in enumerate(classifiers):
        if is_trained_together(classifier, X, always) and (
            fit := _prepare(number, classifier, *records[number])
        ):
            alike.setdefault(fit.key, []).append(fit)
    for fits in alike.values():
        for number in _train_in_stacks(fits):
            del left[number]
    for number, classifier in left.items() if fit_others else ():
        classifier.fit(*records[number])
    return classifiers


def shape_key(classifier: FingerprintClassifier) -> tuple:
    """Return a key that classifiers share whose networks can be trained together.

    Parameters
    ----------
    classifier : FingerprintClassifier
        A classifier.

    Returns
    -------
    tuple
        The key; on different records the networks may differ nevertheless.
    """
    of_module = {
        name: value
        for name, value in classifier._passed_parameters().items()
        if name.startswith("module__") and not _is_dropout(name)
    }
    names = ("module", "optimizer", "max_epochs", "batch_size", "lr_schedule", "device")
    settings = {name: getattr(classifier, name) for name in names}
    return tuple(sorted((name, repr(v)) for name, v in (settings | of_module).items()))


def _is_dropout(name):
    """Return whether a parameter of a module is a probability of dropout."""
    return "dropout" in name and name.endswith("_p")


def is_trained_together(
    classifier: FingerprintClassifier, X: Any, always: bool
) -> bool:
    """Return whether a classifier is trained with others, if there are some.

    Parameters
    ----------
    classifier : FingerprintClassifier
        A classifier.
    X : array-like
        Fingerprints.
    always : bool
        Whether also where separate fits are faster.
    """
    if type(classifier) is not FingerprintClassifier or not _has_plain_fit(classifier):
        return False
    if is_lazy(X):
        return False
    module = classifier.module
    if module is None:
        module = FingerprintMLP if np.ndim(X) == 2 else FingerprintCNN
    try:
        kind = torch.device(choose_device(classifier.device)).type
    except ValueError:
        return False
    if kind not in ("cpu", "cuda") or module not in (FingerprintCNN, FingerprintMLP):
        return False
    if always or kind == "cuda":
        return True
    n_inputs = np.shape(X)[1] * min(classifier.batch_size, len(X))
    return module is FingerprintMLP and np.ndim(X) == 2 and n_inputs <= _MOST_INPUTS


def _has_plain_fit(classifier):
    """Return whether a fit takes all epochs, in the same way as others."""
    random_state = classifier.random_state
    others = (
        classifier.early_stopping,
        classifier.lr_schedule == "plateau",
        classifier.augmenter is not None,
        classifier.callbacks,
        classifier.verbose,
        classifier.warm_start,
        classifier.fused is True,
        classifier.criterion is not torch.nn.CrossEntropyLoss,
        classifier.optimizer not in _ELEMENTWISE,
        not (random_state is None or isinstance(random_state, Integral)),
    )
    return not any(others) and all(
        name.startswith(("module__", "optimizer__"))
        and not name.startswith("optimizer__param_groups")
        for name in classifier._passed_parameters()
    )


def _records_of_each(X, y, groups, rows, n_classifiers) -> list[tuple[Any, ...]]:
    """Return records, labels and events for each classifier, once for equal rows."""
    if rows is None:
        return [(X, y, groups)] * n_classifiers
    taken: dict[int, tuple] = {}
    for one in rows:
        if id(one) not in taken:
            places: Any = np.asarray(one)
            taken[id(one)] = tuple(
                None if part is None else safe_indexing(part, places)
                for part in (X, y, groups)
            )
    return [taken[id(one)] for one in rows]


@dataclass
class _Fit:
    """A classifier whose network is ready to be trained."""

    number: int
    classifier: FingerprintClassifier
    before: dict[str, Any]
    network: FingerprintNet
    train: FingerprintDataset
    batches: BatchIterator

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the optimizer."""
        (group,) = self.network.optimizer_.param_groups
        return {name: value for name, value in group.items() if name != "params"}

    @property
    def key(self) -> tuple:
        """What networks that are trained together have in common."""
        X, classifier = self.train.X, self.classifier
        shape = X.shape[2:], X.dtype.str, len(classifier.classes_)
        return shape_key(classifier), shape, len(self.batches)

    def restore(self) -> None:
        """Leave the classifier as it was before."""
        vars(self.classifier).clear()
        vars(self.classifier).update(self.before)


def _prepare(number, classifier, X, y, groups):
    """Return a fit that is ready, None for what a fit of its own may raise for."""
    before = dict(vars(classifier))
    try:
        vars(classifier).pop("net_", None)
        checked = classifier._check_training(X, y, groups, None, classifier._encode)
        with plain_torch(classifier.device_):
            network, (train, _, sampler), _ = classifier._assemble(*checked, None)
            network.initialize()
        batches = BatchIterator(train, classifier.batch_size, sampler)
        fit = _Fit(number, classifier, before, network, train, batches)
        if len(batches.sampler) // len(batches) > 1:  # norms need two images
            return fit
    except Exception:
        pass
    vars(classifier).clear()
    vars(classifier).update(before)
    return None


def _train_in_stacks(fits):
    """Train fits of one key; yield the numbers of those that are done."""
    n_stacks = -(-len(fits) // MOST_TOGETHER)
    for some in np.array_split(np.arange(len(fits)), n_stacks):
        stack = sorted((fits[place] for place in some), key=lambda f: repr(f.settings))
        trained = _train_stack(stack) if len(stack) > 1 else [False]
        for fit, done in zip(stack, trained, strict=True):
            if done:
                fit.classifier._conclude(fit.network)
                yield fit.number
            else:
                fit.restore()


def _train_stack(fits):
    """Train the networks of fits; return which of them stayed finite."""
    try:
        with plain_torch(fits[0].classifier.device_):
            losses = StackTraining(fits).run()
    except (RuntimeError, MemoryError):  # such as too little memory for all of them
        return [False] * len(fits)
    return [
        bool(np.isfinite(values).all()) and _is_finite(fit.network.module_)
        for fit, values in zip(fits, losses.T, strict=True)
    ]


def _is_finite(module):
    """Return whether all weights are finite."""
    return all(bool(value.isfinite().all()) for value in module.state_dict().values())
