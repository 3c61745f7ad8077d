"""The scikit-learn classifier around the networks."""

from numbers import Integral

import numpy as np
import torch
from sklearn.base import ClassifierMixin, clone
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from .._utils.checks import check_option, check_real
from .._utils.torch_sums import reproducible_sums
from .._utils.validation import check_classes, check_groups
from ..metrics.aggregation import has_event_index
from ..preprocessing import WaveformAugmenter
from ._assembly import assemble_network, export_weights, restore_network
from ._parameters import PassthroughParameters
from ._presets import PRESETS
from ._randomness import make_generators
from .data import (
    BalancedSampler,
    BatchIterator,
    EventSampler,
    FingerprintDataset,
    ShuffleSampler,
    check_fingerprints,
    with_views,
)
from .device import choose_device
from .fingerprint_cnn import FingerprintCNN
from .fingerprint_mlp import FingerprintMLP
from .group_valid_split import group_valid_split


class FingerprintClassifier(ClassifierMixin, PassthroughParameters):
    """Network for fingerprints, safe for scikit-learn's tools.

    It holds a skorch network, made again at every `fit`. Views of a record are unrolled
    only while it trains; probabilities are averaged over them.

    Parameters
    ----------
    module : class or callable, default=None
        A torch module that returns logits. None is `FingerprintMLP` for flat
        fingerprints and `FingerprintCNN` for others. ``input_shape`` and ``n_classes``
        are handed to modules that take them.
    criterion : class, default=torch.nn.CrossEntropyLoss
        Loss.
    optimizer : class, default=torch.optim.AdamW
        Optimizer.
    lr : float, default=1e-3
        Learning rate at the start.
    weight_decay : float, default=1e-2
        Weight decay of the optimizer.
    max_epochs : int, default=30
        Largest number of epochs.
    batch_size : int, default=64
        Largest number of views in a batch; batches are of nearly equal size.
    lr_schedule : {"cosine", "plateau"} or None, default="cosine"
        ``"cosine"`` falls to zero over `max_epochs`; ``"plateau"`` divides by ten when
        the validation loss (the training loss without early stopping) has not improved
        for three epochs.
    early_stopping : bool, default=False
        Keep events apart for validation, stop when their loss no longer improves and
        restore the best weights.
    validation_fraction : float, default=0.2
        Fraction of the events of each class for early stopping.
    patience : int, default=10
        Epochs without improvement before an early stop.
    balance : {"weights", "views", "events"} or None, default=None
        How classes of unequal size are made equal: by weights of the loss, or by
        drawing equally many views of each class, again in each epoch. ``"events"``
        draws classes alike and, within a class, its events alike, however many
        records they have; see the notes for what it did to events kept apart.
    predict_views : {"mean", "first"}, default="mean"
        Average the probabilities over the views of a record, or read view 0.
    augmenter : WaveformAugmenter, default=None
        Random changes of what the network is trained on, drawn again in every epoch;
        its parameters are ``augmenter__crop`` and so on. All else, for validation or
        prediction, is only cut about its middle.
    memory_limit : float, default=None
        Mebibytes that records may take, where X is an array of references. Records
        that have no place in it are read again in every epoch; None keeps all of them.
    callbacks : list, default=None
        Further skorch callbacks; copies of them are used.
    device : str, default="auto"
        Torch device; ``"auto"`` is ``"cuda"`` if there is one and else ``"cpu"``.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, order, dropout and validation split. None takes a new seed
        from the system. Global generators are neither used nor changed.
    verbose : int, default=0
        Print the progress of training if positive.
    **kwargs : object
        Parameters of the parts, such as ``module__conv1_filter_size`` or
        ``optimizer__betas``, and of skorch, such as ``iterator_train``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    net_ : skorch.NeuralNetClassifier
        The trained net.
    history_ : dict of list
        Loss and accuracy of each epoch.
    n_epochs_ : int
        Number of epochs trained.
    fingerprint_shape_ : tuple of int
        Shape of one fingerprint as the network takes it, after a crop.
    augmenter_ : WaveformAugmenter or None
        The augmenter of the fit.
    device_ : str
        Device of the net.
    class_weight_ : ndarray of shape (n_classes,) or None
        Weights of the classes in the loss, if ``balance="weights"``.
    n_features_in_ : int
        Number of features of flat fingerprints.

    See Also
    --------
    FingerprintCNN, FingerprintMLP : The default modules.
    skseisfp.ensemble.EventVoteClassifier : One event prediction for all records of an
    event.

    Notes
    -----
    A fit with an integer `random_state` gives the same weights, bit by bit, in any
    thread or process of a machine: it draws from generators of its own and runs
    torch on one thread. Searches gain their speed from ``n_jobs``. A module without
    a method ``set_generator`` borrows torch's global generator while it trains,
    under a lock; its state is put back.

    X may also be an object array of references, such as
    `skseisfp.io.lazy_records` makes them: anything with a method ``read``
    that returns a record of shape (n_features,) or (n_channels, n_samples). They are
    read while the network is trained, and the network is the same as if X were the
    array.

    Three axes are fingerprints of one plane, always. Flat fingerprints of views, of
    shape (n_records, n_views, n_features), go through
    `skseisfp.ensemble.MultiViewClassifier` around this classifier.

    ``balance="views"`` follows [1]_, where classes are equalised by the number of
    their augmented fingerprints.

    ``balance="events"`` gives an event of one record the weight of one of many. It
    raised the event AUC from 0.881 to 0.907 on development events, but lowered it from
    0.752 to 0.693 on events kept apart: events with one record, most of them with
    inferred labels, had got 44 % of the weight of the earthquakes.

    A pickle holds the weights as plain arrays. The network is made again from them and
    predicts; the state of its optimizer is not kept.

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

    def __init__(
        self,
        module=None,
        *,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        lr=1e-3,
        weight_decay=1e-2,
        max_epochs=30,
        batch_size=64,
        lr_schedule="cosine",
        early_stopping=False,
        validation_fraction=0.2,
        patience=10,
        balance=None,
        predict_views="mean",
        augmenter=None,
        memory_limit=None,
        callbacks=None,
        device="auto",
        random_state=None,
        verbose=0,
        **kwargs,
    ):
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
        self.random_state = random_state
        self.verbose = verbose
        self._check_names(kwargs, TypeError)
        vars(self).update(kwargs)

    @classmethod
    def from_preset(cls, name, **overrides):
        """Make a classifier with settings that are known by a name.

        Parameters
        ----------
        name : {"two_plane_linear"}
            ``"two_plane_linear"``: a network that is close to a linear one, a hidden
            layer on two flat planes of signs, trained in small steps by plain
            gradients, with all events alike. `fit` needs `groups`, or events as the
            index of `y`.
        **overrides : dict
            Parameters that differ from the preset.

        Returns
        -------
        FingerprintClassifier
            The classifier, not fitted.

        Raises
        ------
        ValueError
            If there is no preset of this name.

        Notes
        -----
        The settings of ``"two_plane_linear"`` were selected on development events,
        236 earthquakes and blasts, where they scored an event AUC of 0.92 at new
        stations. On 106 events kept apart they scored 0.70 [0.54, 0.84] there, below
        untuned extra trees on a 16 x 16 log-scalogram (0.82 [0.66, 0.95]). On another
        453 events the balanced accuracy by event was 0.80 [0.77, 0.84], of those
        trees 0.82 [0.78, 0.85]. For few events see
        `skseisfp.ensemble.MultiRepresentationClassifier`.
        """
        check_option("name", name, tuple(PRESETS))
        return cls(**{**PRESETS[name], **overrides})

    def fit(self, X, y, groups=None):
        """Train a fresh net.

        Parameters
        ----------
        X : array-like of shape (n_records, n_features), (n_records, rows, columns) or \
                (n_records, n_views, n_channels, rows, columns)
            Fingerprints.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            The event of each record, for the validation split of early stopping and
            for ``balance="events"``. None takes the index of `y` where it holds events,
            see :func:`skseisfp.metrics.make_event_scorer`, and else makes every record
            its own event, which ``balance="events"`` refuses.

        Returns
        -------
        self
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data, a parameter or the architecture is impossible, before any
            training; if training diverges.
        TypeError
            If `module`, `criterion` or `optimizer` is no class or function, or
            `augmenter` no augmenter.
        """
        vars(self).pop("net_", None)
        self._check_parameters()
        X = check_fingerprints(self, X, reset=True)
        groups = self._find_groups(y, groups)
        y = self._encode(y, X)
        groups = check_groups(groups, len(y))
        X = with_views(X)
        self.augmenter_ = clone(self.augmenter, safe=False)
        self.fingerprint_shape_ = self._shape_in_network(X)
        self.device_ = choose_device(self.device)
        generators = make_generators(self.random_state, self.device_)
        train, valid = self._split(X, y, groups, generators)
        self.class_weight_ = self._weigh_classes(train)
        net = assemble_network(self, generators)
        sampler = self._make_sampler(train, groups, generators.order)
        with reproducible_sums(self.device_):
            net.train(train, valid, sampler)
        self.history_ = net.tabulate_history()
        self.n_epochs_ = len(net.history)
        self.net_ = net.release()
        return self

    def predict_proba(self, X):
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
        check_is_fitted(self)
        X = with_views(check_fingerprints(self, X, reset=False))
        if self._shape_in_network(X) != self.fingerprint_shape_:
            raise ValueError(
                f"X has fingerprints of shape {X.shape[2:]}; {type(self).__name__} was "
                f"fitted on fingerprints of shape {self.fingerprint_shape_}."
            )
        n_views = 1 if self.predict_views == "first" else X.shape[1]
        with reproducible_sums(self.device_):
            scores = self.net_.predict_proba(FingerprintDataset(X, n_views=n_views))
        scores = scores.reshape(len(X), n_views, -1).astype(np.float64).mean(axis=1)
        return scores / scores.sum(axis=1, keepdims=True)

    def predict(self, X):
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

    def __sklearn_tags__(self):
        """Say that fingerprints of three axes are taken, too."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self):
        """Tell whether the last fit came to its end."""
        return hasattr(self, "net_")

    def __getstate__(self):
        """Return the state with the weights of the network as plain arrays."""
        state = dict(super().__getstate__())
        if "net_" in state:
            state["net_"] = export_weights(self.net_)
        return state

    def __setstate__(self, state):
        """Restore the state; the network is made again from its weights."""
        super().__setstate__(state)
        if "net_" in state:
            on_cuda = torch.device(self.device_).type == "cuda"
            if on_cuda and not torch.cuda.is_available():
                self.device_ = "cpu"
            self.net_ = restore_network(self, state["net_"])

    def _check_parameters(self):
        self._check_parts()
        self._check_names(self._passed_parameters(), ValueError)
        if hasattr(self, "kwargs"):
            raise ValueError("kwargs is no parameter; pass what is in it by name.")
        for name in ("max_epochs", "batch_size", "patience"):
            check_scalar(getattr(self, name), name, Integral, min_val=1)
        check_real("lr", self.lr, min_val=0, include_boundaries="neither")
        check_real("weight_decay", self.weight_decay, min_val=0)
        check_real(
            "validation_fraction",
            self.validation_fraction,
            min_val=0,
            max_val=1,
            include_boundaries="neither",
        )
        if self.memory_limit is not None:
            check_real("memory_limit", self.memory_limit, min_val=0)
        check_option("lr_schedule", self.lr_schedule, (None, "cosine", "plateau"))
        check_option("early_stopping", self.early_stopping, (False, True))
        check_option("balance", self.balance, (None, "weights", "views", "events"))
        check_option("predict_views", self.predict_views, ("mean", "first"))

    def _check_parts(self):
        """Refuse instances where a class is needed, and what is no augmenter."""
        for name in ("module", "criterion", "optimizer"):
            part = getattr(self, name)
            if name == "module" and part is None:
                continue
            if not callable(part) or isinstance(part, torch.nn.Module):
                raise TypeError(
                    f"{name} must be a class or a function that makes one, since "
                    f"every fit makes a fresh one; got {part!r}."
                )
        augmenter = self.augmenter
        if not (augmenter is None or isinstance(augmenter, WaveformAugmenter)):
            raise TypeError(
                f"augmenter must be a WaveformAugmenter or None; got {augmenter!r}."
            )

    def _shape_in_network(self, X):
        """Return the shape of a fingerprint after the crop."""
        shape = X.shape[2:]
        return self.augmenter_.output_shape(shape) if self.augmenter_ else shape

    def _encode(self, y, X):
        y = check_classes(self, X, y)
        encoder = LabelEncoder().fit(y)
        self.classes_ = encoder.classes_
        return encoder.transform(y).astype(np.int64)

    def _split(self, X, y, groups, generators):
        """Return the data sets of training and validation."""
        if not self.early_stopping:
            return FingerprintDataset(X, y), None
        train, valid = group_valid_split(
            y,
            groups,
            fraction=self.validation_fraction,
            random_state=generators.split,
        )
        n_views = 1 if self.predict_views == "first" else None
        return FingerprintDataset(X, y, train), FingerprintDataset(X, y, valid, n_views)

    def _find_groups(self, y, groups):
        """Return the events that were given, be it as the index of the labels."""
        if groups is None and has_event_index(y):
            return y.index
        if groups is None and self.balance == "events":
            raise ValueError(
                'balance="events" needs the event of every record: pass groups to fit '
                "(in a pipeline as fingerprintclassifier__groups, in cross-validation "
                "by metadata routing), or make them the index of y: "
                "pd.Series(y, index=pd.Index(event_id, name='event_id')). Other "
                'balances are "weights", "views" and None.'
            )
        return groups

    def _make_sampler(self, train, groups, generator):
        if self.balance == "events":
            return EventSampler(train, groups[train.records], generator)
        sampler = BalancedSampler if self.balance == "views" else ShuffleSampler
        return sampler(train, generator)

    def _weigh_classes(self, train):
        """Return weights that make up for the sizes of the classes, if asked to."""
        if self.balance != "weights":
            return None
        counts = np.bincount(train.y[train.records])
        return counts.sum() / (len(counts) * counts)

    def _possible_components(self, part):
        """Return what may be the module, criterion, ... of the net."""
        if part == "module":
            nets = (FingerprintCNN, FingerprintMLP)
            parts = nets if self.module is None else (self.module,)
        elif part.startswith("iterator"):
            parts = (getattr(self, part, BatchIterator),)
        else:
            parts = (getattr(self, part),)
        return [component for component in parts if callable(component)]
