"""The scikit-learn classifier around the networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import (
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    clone,
)
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from .._compat import Interval, StrOptions
from .._parameters import (
    COUNT,
    NOT_NEGATIVE,
    POSITIVE,
    Quantity,
    ValidatedParameters,
    Where,
)
from .._utils.checks import check_option
from .._utils.torch_state import plain_torch
from ..preprocessing import WaveformAugmenter
from ._assembly import (
    assemble_network,
    export_weights,
    restore_network,
)
from ._class_codes import (
    check_same_classes,
    encode_among,
    encode_classes,
    find_classes,
)
from ._continuation import check_same_module, join_histories
from ._default_module import DEFAULT_MODULES
from ._hidden_features import count_hidden_features, hidden_features
from ._parameters import PassthroughParameters
from ._presets import PRESETS
from ._randomness import draw_seed, make_generators
from ._records import check_sample_weight, select_records
from ._threads import fast_training, has_loops, usable_threads
from ._training_sets import find_events, make_datasets, make_sampler, weigh_classes
from .data import (
    BatchIterator,
    FingerprintDataset,
    check_fingerprints,
    warn_of_waveforms,
    with_views,
)
from .device import choose_device
from .fingerprint_cnn import FingerprintCNN
from .group_valid_split import group_valid_split

if TYPE_CHECKING:
    from skorch import NeuralNetClassifier

_FACTORY = Where(
    lambda part: callable(part) and not isinstance(part, torch.nn.Module),
    "a class or a function that returns a new instance for every fit",
)


class FingerprintClassifier(
    ValidatedParameters,
    ClassNamePrefixFeaturesOutMixin,
    ClassifierMixin,
    TransformerMixin,
    PassthroughParameters,
):
    """Neural network for fingerprints, for all tools of scikit-learn.

    It holds a skorch network, a new one for every `fit`. Views of a record are unrolled
    only while it trains; probabilities are averaged over them.

    Parameters
    ----------
    module : class or callable, default=None
        A torch module that returns logits. None is `FingerprintMLP` for flat
        fingerprints and `FingerprintCNN` for others. Modules that take ``input_shape``
        or ``n_classes`` get them.
    criterion : class or callable, default=torch.nn.CrossEntropyLoss
        Loss.
    optimizer : class or callable, default=torch.optim.AdamW
        Optimizer.
    lr : float in (0, inf), default=1e-3
        Learning rate at the start.
    weight_decay : float in [0, inf), default=1e-2
        Weight decay of the optimizer.
    max_epochs : int in [1, inf), default=30
        Largest number of epochs.
    batch_size : int in [1, inf), default=64
        Largest number of views in a batch; batches are of nearly equal size.
    lr_schedule : {"cosine", "plateau"} or None, default="cosine"
        ``"cosine"`` falls to zero over `max_epochs`; ``"plateau"`` divides by ten when
        the validation loss (the training loss without early stopping) has not improved
        for three epochs.
    early_stopping : bool, default=False
        Use some of the events for validation only, stop when their loss no longer
        improves and restore the best weights.
    validation_fraction : float in (0, 1), default=0.2
        Fraction of the events of each class for early stopping.
    patience : int in [1, inf), default=10
        Epochs without improvement before an early stop.
    balance : {"weights", "views", "events"} or None, default=None
        How classes of unequal size are balanced: by weights of the loss, or by drawing
        equally many views of each class, again in each epoch. ``"events"`` draws
        classes with equal probability and, within a class, its events with equal
        probability, however many records they have; the notes give its scores on
        events held out.
    predict_views : {"mean", "first"}, default="mean"
        Average the probabilities over the views of a record, or take view 0 alone.
    augmenter : WaveformAugmenter, default=None
        Random changes of the records that the network is trained on, drawn again in
        every epoch; its parameters are ``augmenter__crop`` and so on. Records for
        validation or prediction are only cut about their middle.
    memory_limit : float in [0, inf], default=None
        Mebibytes that records may take, where X is an array of references. Records
        beyond the limit are read again in every epoch; None keeps all of them in
        memory.
    callbacks : list or tuple, default=None
        Further skorch callbacks; copies of them are used. An ``LRScheduler`` needs
        ``lr_schedule=None``.
    device : str, int or torch.device, default="auto"
        Torch device; ``"auto"`` is ``"cuda"`` if there is one and else ``"cpu"``.
    fused : bool or "auto", default="auto"
        Train the cycles of `FingerprintCNN` on a CPU in compiled loops, which takes
        about half the time. ``"auto"`` does so where numba is installed (extra
        ``fast``); True raises an ImportError elsewhere. See the notes.
    n_threads : int in [1, inf) or None, default=None
        Threads of a fit on a CPU. None is one thread in a worker of a search, and
        otherwise the threads of torch for `FingerprintCNN` in compiled loops, whose
        weights do not depend on them. It is one thread for all others, where another
        number rounds in another way.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, order, dropout and validation split. None takes a new seed
        from the system. Global generators are neither used nor changed.
    warm_start : bool, default=False
        Let `fit` go on with the fitted network, if there is one, instead of a new one.
        The classes and the parameters of the module must be the same; see the notes.
    verbose : int, default=0
        Show the epochs of training in a terminal or notebook if 1; print a table of
        them if larger.
    **kwargs : object
        Parameters of the parts, such as ``module__conv1_filter_size`` or
        ``optimizer__betas``, and of skorch, such as ``iterator_train``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    net_ : skorch.NeuralNetClassifier
        The trained network.
    history_ : dict of list
        Loss and accuracy of each epoch, also of the fits that this one goes on with.
    n_epochs_ : int
        Number of epochs trained, of all these fits.
    fingerprint_shape_ : tuple of int
        Shape of one fingerprint as the network takes it, after a crop.
    augmenter_ : WaveformAugmenter or None
        The augmenter of the fit.
    device_ : str
        Device of the network.
    class_weight_ : ndarray of shape (n_classes,) or None
        Weights of the classes in the loss, if ``balance="weights"``.
    n_features_in_ : int
        Number of features of flat fingerprints.

    See Also
    --------
    FingerprintCNN, FingerprintMLP : The default modules.
    skseisfp.ensemble.EventVoteClassifier : One prediction for all records of an event.

    Notes
    -----
    A fit with an integer `random_state` gives the same weights, bit by bit, in any
    thread or process of a machine: it draws from generators of its own and runs
    torch on one thread, or on more where `n_threads` asks for them. Searches gain
    their speed from ``n_jobs``. A module without a method ``set_generator`` uses
    torch's global generator while it trains, under a lock; the state of that generator
    is restored.

    Compiled loops take the same random numbers as the layers of torch and round in
    another way: after a step, output, loss and running moments agree to 5e-7 with
    those of torch where its images are channels first, and to 1e-4 where they are
    channels last, since its sums are in single precision there. The differences grow
    with the steps, as those between two machines do; ``fused=False`` gives the weights
    of an installation without numba. Predictions take the layers of torch.

    X may also be an object array of references, as `skseisfp.io.lazy_records` returns
    it: objects with a method ``read`` that returns a record of shape (n_features,) or
    (n_channels, n_samples). They are read while the network is trained; the network is
    the same as for an array of the records.

    Three axes are fingerprints of one plane, always. Flat fingerprints of views, of
    shape (n_records, n_views, n_features), need
    `skseisfp.ensemble.MultiViewClassifier` around this classifier.

    ``balance="views"`` follows [1]_, where classes are balanced by the number of their
    augmented fingerprints.

    ``balance="events"`` gives an event of one record the weight of an event of many. It
    raised the event AUC from 0.881 to 0.907 on development events, but lowered it from
    0.752 to 0.693 on events held out: events with one record, most of them with
    inferred labels, had 44 % of the weight of the earthquakes.

    Integers as `sample_weight` repeat records, and records of weight zero are left out:
    the network is, bit by bit, that of an X with these records. Records that occur
    more than once have no order, so that a training set with such records, by weights
    or in X itself, is put into an order of its contents; any other keeps its own, on
    which the network depends. An epoch is as long as the sum of integers: divide large
    ones by their mean. Weights that are not all integers multiply the losses of their
    records, divided by their mean, so that only their ratios count. Validation is
    weighted in the same way. `balance` evens out the sums of the weights of classes, or
    of events; the weights then count within a class, or within an event.

    With `warm_start`, and in `partial_fit`, the fitted weights are trained for
    `max_epochs` more epochs, by a new optimizer from the present `lr` on, and the
    history goes on. Seeds follow from that of the first fit and the number of epochs,
    so that a copy from a file goes on as the original does. Early stopping draws events
    for validation from the records it is given, of the same records the same ones as
    before. An event that was trained on before may come among others: its loss is too
    good, and only new events should be given.

    `transform` returns the input of the output layer as features, for another
    classifier after this one in a pipeline. Those of training records have seen the
    labels.

    Networks are trained and predict in float32. Another default dtype or device of
    torch, its inference mode and autocast have no effect on them.

    A pickle holds the weights as plain arrays. The unpickled network predicts as
    before; the state of its optimizer is not kept.

    References
    ----------
    .. [1] Silkin, K. Y. (2024). Russian Journal of Seismology, 6(3), 77-92.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.neural import FingerprintClassifier
    >>> X = np.zeros((12, 16, 16), dtype=np.uint8)
    >>> X[::2, :8] = 1
    >>> y = np.array(["earthquake", "blast"] * 6)
    >>> classifier = FingerprintClassifier(
    ...     module__conv1_filter_size=3, max_epochs=20, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict(X[:2])
    array(['earthquake', 'blast'], dtype='<U10')
    """

    _earlier_values = {"fused": False, "n_threads": 1, "warm_start": False}
    _parameter_constraints = {
        "module": [_FACTORY, None],
        "criterion": [_FACTORY],
        "optimizer": [_FACTORY],
        "lr": [POSITIVE],
        "weight_decay": [NOT_NEGATIVE],
        "max_epochs": [COUNT],
        "batch_size": [COUNT],
        "lr_schedule": [StrOptions({"cosine", "plateau"}), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [COUNT],
        "balance": [StrOptions({"weights", "views", "events"}), None],
        "predict_views": [StrOptions({"mean", "first"})],
        "augmenter": [WaveformAugmenter, None],
        "memory_limit": [Quantity(0, None, closed="both", unit="MiB"), None],
        "callbacks": [list, tuple, None],
        "device": [str, Integral, torch.device],
        "fused": ["boolean", StrOptions({"auto"})],
        "n_threads": [COUNT, None],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

    classes_: npt.NDArray
    net_: NeuralNetClassifier
    history_: dict[str, list[float]]
    n_epochs_: int
    fingerprint_shape_: tuple[int, ...]
    augmenter_: WaveformAugmenter | None
    device_: Any
    class_weight_: npt.NDArray | None
    n_features_in_: int

    __metadata_request__fit = {"groups": True}
    __metadata_request__partial_fit = {"groups": True}

    def __init__(
        self,
        module: Callable[..., torch.nn.Module] | None = None,
        *,
        criterion: Callable[..., Any] = torch.nn.CrossEntropyLoss,
        optimizer: Callable[..., Any] = torch.optim.AdamW,
        lr: float = 1e-3,
        weight_decay: float = 1e-2,
        max_epochs: int = 30,
        batch_size: int = 64,
        lr_schedule: str | None = "cosine",
        early_stopping: bool = False,
        validation_fraction: float = 0.2,
        patience: int = 10,
        balance: str | None = None,
        predict_views: str = "mean",
        augmenter: WaveformAugmenter | None = None,
        memory_limit: float | None = None,
        callbacks: Sequence[Any] | None = None,
        device: str | int | torch.device = "auto",
        fused: bool | str = "auto",
        n_threads: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        **kwargs: Any,
    ) -> None:
        self.module = module
        self.criterion = criterion
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr_schedule = lr_schedule
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.balance = balance
        self.predict_views = predict_views
        self.augmenter = augmenter
        self.memory_limit = memory_limit
        self.callbacks = callbacks
        self.device = device
        self.fused = fused
        self.n_threads = n_threads
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self._check_names(kwargs, TypeError)
        vars(self).update(kwargs)

    @classmethod
    def from_preset(cls, name: str, **overrides: Any) -> Self:
        """Return a classifier with settings that have a name.

        Parameters
        ----------
        name : {"two_plane_linear"}
            ``"two_plane_linear"``: a network that is close to a linear one, a hidden
            layer on two flat planes of signs, trained in small steps of gradient
            descent with momentum, with equal weights of all events. `fit` needs
            `groups`, or events as the index of `y`.
        **overrides : dict
            Parameters that differ from the preset.

        Returns
        -------
        FingerprintClassifier
            The classifier, not fitted.

        Raises
        ------
        ValueError
            If no preset has this name.

        Notes
        -----
        The settings of ``"two_plane_linear"`` were selected on development events,
        236 earthquakes and blasts, where they scored an event AUC of 0.92 at new
        stations. On 106 events held out they scored 0.70 [0.54, 0.84] there, below
        untuned extra trees on a 16 x 16 log-scalogram (0.82 [0.66, 0.95]). On another
        453 events the balanced accuracy by event was 0.80 [0.77, 0.84], of those
        trees 0.82 [0.78, 0.85]. For few events see
        `skseisfp.ensemble.MultiRepresentationClassifier`.
        """
        check_option("name", name, tuple(PRESETS))
        return cls(**{**PRESETS[name], **overrides})

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Train a new network, or the fitted one further if `warm_start` is set.

        Parameters
        ----------
        X : array-like of shape (n_records, n_features), (n_records, rows, columns) or \
                (n_records, n_views, n_channels, rows, columns)
            Fingerprints.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            The event of each record, which the validation split of early stopping and
            ``balance="events"`` need. None takes the index ``event_id`` of `y`, see
            `skseisfp.events`; ``"records"`` makes every record its own event.
        sample_weight : array-like of shape (n_records,), default=None
            Weight of each record, 0 or more, see the notes. None weighs all equally.

        Returns
        -------
        self
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data, a parameter or the architecture is not valid, before any
            training; if the loss or a weight is no longer finite. Of a parameter it is
            a TypeError, too.

        Warns
        -----
        UserWarning
            If X is for one of the default modules, without an augmenter, and its
            largest absolute value is above 1000 or below 0.001: it may hold waveforms.
        """
        if not self.warm_start:
            vars(self).pop("net_", None)
        return self._fit(X, y, groups, sample_weight, self._encode)

    def partial_fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        classes: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Train the fitted network further, such as on new events.

        Parameters
        ----------
        X : array-like
            Fingerprints, as in `fit`.
        y : array-like of shape (n_records,)
            Labels, of all classes or some of them.
        classes : array-like of shape (n_classes,), default=None
            All labels, in the first call where no `fit` came before it.
        groups : array-like of shape (n_records,), default=None
            The event of each record, as in `fit`.
        sample_weight : array-like of shape (n_records,), default=None
            Weight of each record, as in `fit`.

        Returns
        -------
        self
            The fitted classifier.

        Raises
        ------
        ValueError
            As `fit`; if a label is not one of the classes. The network is then what it
            was before.

        Notes
        -----
        It trains for `max_epochs` epochs, as `partial_fit` of skorch; ``max_epochs=1``
        makes it one pass over the records.
        """

        def encode(X, y, weights):
            known = self.classes_ if hasattr(self, "net_") else None
            self.classes_ = find_classes(classes, known)
            return encode_among(X, y, weights, self.classes_)

        return self._fit(X, y, groups, sample_weight, encode)

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array-like
            Fingerprints, as in `fit`; the number of views may differ.

        Returns
        -------
        ndarray of shape (n_records, n_classes)
            Probabilities, in the order of `classes_`.

        Raises
        ------
        ValueError
            If the fingerprints are not of the shape that the network was fitted on.
        """
        X, n_views = self._check_predicted(X)
        with plain_torch(self.device_):
            scores = self.net_.predict_proba(FingerprintDataset(X, n_views=n_views))
        scores = scores.reshape(len(X), n_views, -1).astype(np.float64).mean(axis=1)
        return scores / scores.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> npt.NDArray:
        """Return the most probable class of each record.

        Parameters
        ----------
        X : array-like
            Fingerprints, as in `fit`; the number of views may differ.

        Returns
        -------
        ndarray of shape (n_records,)
            Labels.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def transform(self, X: Any) -> npt.NDArray:
        """Return the input of the output layer, as features of the records.

        Parameters
        ----------
        X : array-like
            Fingerprints, as in `fit`; the number of views may differ.

        Returns
        -------
        ndarray of shape (n_records, n_hidden)
            Activations of the last hidden layer, averaged over the views that
            `predict_views` names; float64 where X is, or has no dtype, else float32.

        Raises
        ------
        ValueError
            If the layer that runs last is not a `torch.nn.Linear` with one output for
            each class, or X is not valid.
        """
        dtype = getattr(X, "dtype", np.float64)
        dtype = np.float64 if dtype == np.float64 else np.float32
        X, n_views = self._check_predicted(X)
        items = FingerprintDataset(X, n_views=n_views)
        with plain_torch(self.device_):
            features = hidden_features(self.net_, items, len(self.classes_))
        features = features.reshape(len(X), n_views, -1)
        return features.astype(dtype, copy=False).mean(axis=1)

    @property
    def _n_features_out(self):
        """Return the number of features that `transform` returns."""
        with plain_torch(self.device_):
            return count_hidden_features(
                self.net_, self.fingerprint_shape_, len(self.classes_)
            )

    def __sklearn_tags__(self) -> Tags:
        """Return the tags: fingerprints may have three axes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        assert tags.transformer_tags is not None
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether the last fit was completed."""
        return hasattr(self, "net_")

    def __getstate__(self) -> dict[str, Any]:
        """Return the state with the weights of the network as plain arrays."""
        state: Any = super().__getstate__()
        state = dict(state)
        if "net_" in state:
            state["net_"] = export_weights(self.net_)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the state, and the network from its weights."""
        super().__setstate__(state)
        if "net_" in state:
            on_cuda = torch.device(self.device_).type == "cuda"
            if on_cuda and not torch.cuda.is_available():
                self.device_ = "cpu"
            with plain_torch(self.device_):
                self.net_ = restore_network(self, state["net_"])

    def _digested_params(self):
        """Return the parameters, with None for threads that change no result.

        None is one thread wherever results depend on their number.
        """
        params = self.get_params(deep=False)
        in_loops = self.module is FingerprintCNN and has_loops(self.fused and "auto")
        if self.n_threads == 1 or in_loops:
            params["n_threads"] = None
        return params

    def _check_combinations(self):
        """Raise for parameters that no part of the network takes."""
        self._check_names(self._passed_parameters(), ValueError)
        if hasattr(self, "kwargs"):
            raise ValueError("kwargs is not a parameter; pass its content by name.")
        if self.fused is True:
            has_loops(True)

    def _fit(self, X, y, groups, sample_weight, encode):
        """Train; after an error everything is as it was before."""
        before = dict(vars(self))
        try:
            self._train(X, y, groups, sample_weight, encode)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise
        return self

    def _train(self, X, y, groups, sample_weight, encode):
        """Train a new network, or the fitted one further."""
        fitted = getattr(self, "net_", None)
        checked = self._check_training(X, y, groups, sample_weight, encode)
        fast = partial(
            fast_training,
            fused=self.fused,
            n_threads=self.n_threads,
            usable=usable_threads(),
        )
        with plain_torch(self.device_):
            network, data, start = self._assemble(*checked, fitted)
            network.train(*data, fast, start)
        self._conclude(network, fitted)

    def _check_training(self, X, y, groups, sample_weight, encode):
        """Return fingerprints with views, class numbers, events and weights."""
        self._validate_params()
        self._check_combinations()
        fitted = getattr(self, "net_", None)
        events = find_events(self, X, y, groups)
        X = check_fingerprints(self, X, reset=fitted is None)
        weights = check_sample_weight(sample_weight, len(X))
        codes = encode(X, y, weights)
        if self.augmenter is None and self.module in (None, *DEFAULT_MODULES):
            warn_of_waveforms(X)
        X = with_views(X)
        augmenter: Any = clone(self.augmenter, safe=False)
        self.augmenter_ = augmenter
        if fitted is None:
            self.fingerprint_shape_ = self._shape_in_network(X)
        self._check_shape(X)
        self.device_ = choose_device(self.device)
        return X, codes, events, weights

    def _assemble(self, X, codes, events, weights, fitted):
        """Return a network, what it is to be trained on, and weights to start from."""
        generators = self._make_generators(fitted)
        records = select_records(X, codes, events, weights)
        split = partial(
            group_valid_split,
            fraction=self.validation_fraction,
            random_state=generators.split,
        )
        train, valid = make_datasets(self, X, codes, events, records, split)
        self.class_weight_ = weigh_classes(self, train)
        network = assemble_network(self, generators)
        start = None
        if fitted is not None:
            check_same_module(fitted, network)
            start = fitted.module_.state_dict()
        sampler = make_sampler(self, train, events, generators.order)
        return network, (train, valid, sampler), start

    def _conclude(self, network, fitted=None):
        """Keep a trained network, and its history."""
        self._add_history(network, fitted)
        self.net_ = network.release()

    def _add_history(self, network, fitted):
        """Keep the history of a fit, after that of the fits that it goes on with."""
        history, n_epochs = network.tabulate_history(), len(network.history)
        if fitted is not None:
            history = join_histories(self.history_, self.n_epochs_, history, n_epochs)
            n_epochs += self.n_epochs_
        self.history_ = history
        self.n_epochs_ = n_epochs

    def _make_generators(self, fitted):
        """Return the generators, of the seed of the first fit if training goes on."""
        if fitted is None or not hasattr(self, "_seed"):
            self._seed = draw_seed(self.random_state)
        n_epochs = 0 if fitted is None else self.n_epochs_
        return make_generators(self._seed, self.device_, n_epochs=n_epochs)

    def _check_predicted(self, X):
        """Return fingerprints to predict, with views, and how many of these to take."""
        check_is_fitted(self)
        X = with_views(check_fingerprints(self, X, reset=False))
        self._check_shape(X)
        return X, 1 if self.predict_views == "first" else X.shape[1]

    def _check_shape(self, X):
        """Raise if fingerprints have not the shape that the network was fitted on."""
        if self._shape_in_network(X) != self.fingerprint_shape_:
            raise ValueError(
                f"X has fingerprints of shape {X.shape[2:]}; {type(self).__name__} was "
                f"fitted on fingerprints of shape {self.fingerprint_shape_}."
            )

    def _shape_in_network(self, X):
        """Return the shape of a fingerprint after the crop."""
        shape = X.shape[2:]
        return self.augmenter_.output_shape(shape) if self.augmenter_ else shape

    def _encode(self, X, y, weights):
        """Return class numbers, and keep the labels as `classes_`."""
        classes, codes = encode_classes(self, X, y, weights)
        if hasattr(self, "net_"):
            check_same_classes(classes, self.classes_)
        self.classes_ = classes
        return codes

    def _possible_components(self, part):
        """Return the classes or functions that may be a part of the network."""
        if part == "module":
            parts = DEFAULT_MODULES if self.module is None else (self.module,)
        elif part.startswith("iterator"):
            parts = (getattr(self, part, BatchIterator),)
        else:
            parts = (getattr(self, part),)
        return [component for component in parts if callable(component)]
