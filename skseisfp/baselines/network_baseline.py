"""What the baselines that are networks have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import torch

from ..events import find_groups, warn_events_unknown
from ..neural import FingerprintClassifier
from ..neural.device import choose_device
from ..neural.parameter_counts import planned_parameters
from ..preprocessing import WaveformPreprocessor
from ..signal.waveform import RecordError, resampling_factors
from .waveform_baseline import WaveformBaseline

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    import numpy as np
    import numpy.typing as npt

# parameters that are those of the classifier that trains the network
_SHARED = (
    "max_epochs",
    "batch_size",
    "lr",
    "early_stopping",
    "device",
    "random_state",
    "verbose",
)


class NetworkBaseline(WaveformBaseline):
    """Base of the networks on waveforms, each with its own representation of them.

    Parameters
    ----------
    max_epochs : int in [1, inf), default=100
        Largest number of epochs.
    batch_size : int in [1, inf), default=128
        Largest number of records in a batch.
    lr : float in (0, inf), default=1e-3
        Learning rate.
    early_stopping : bool, default=False
        Hold events out for validation, stop when their loss no longer improves and
        restore the best weights.
    device : str, default="auto"
        Torch device of the network; ``"auto"`` is ``"cuda"`` if there is one and else
        ``"cpu"``.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, order, dropout, augmentation and validation split.

    Attributes
    ----------
    published : PublishedSystem
        What is published of the system, an attribute of the class.
    classes_ : ndarray of shape (n_classes,)
        Labels.
    net_ : FingerprintClassifier
        The trained network; it holds the history of training.
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    EventNetworkBaseline : Base of the networks on all stations of an event.
    WaveformBaseline : Base of all systems.
    published_systems : The table of the systems.

    Notes
    -----
    A subclass sets `published` and

    - ``_module``: the class of its network, a torch module that takes ``input_shape``
      and ``n_classes`` and returns logits;
    - ``_module_parameters``: names of own parameters that the network takes, too;
    - ``_recipe``: parameters of the `FingerprintClassifier` that are not parameters of
      the baseline, such as ``{**NetworkBaseline._recipe, "patience": 2}``;
    - ``_rate``: the published sampling rate in Hz;
    - ``_f_min``: the corner of the high-pass filter in Hz, or None;

    and gives ``_represent(X)``, which returns the input of the network for records of
    shape (n_records, n_channels, n_samples). ``_preprocess(X)`` returns them filtered,
    resampled, cut and scaled. Each record must be represented for itself, so that
    nothing leaks from one to another.

    What `WaveformBaseline` says of parameters and their documentation holds here, too.

    Examples
    --------
    >>> import numpy as np
    >>> from torch import nn
    >>> from skseisfp.baselines import NetworkBaseline, PublishedSystem
    >>> class DoeNet(nn.Module):
    ...     def __init__(self, input_shape, n_classes):
    ...         super().__init__()
    ...         dense = nn.Linear(int(np.prod(input_shape)), n_classes)
    ...         self.layers = nn.Sequential(nn.Flatten(), dense)
    ...
    ...     def forward(self, X, **kwargs):
    ...         return self.layers(X)
    >>> class AfterDoe2000(NetworkBaseline):
    ...     published = PublishedSystem(
    ...         paper="Doe",
    ...         year=2000,
    ...         task="earthquake or blast",
    ...         input="waveforms, 60 s",
    ...         exactness="by description",
    ...         source="abstract",
    ...         record_shape=(3, 6000),
    ...     )
    ...     _module = DoeNet
    ...
    ...     def _represent(self, X):
    ...         return self._preprocess(X, f_max=20.0)
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 500))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = AfterDoe2000(max_epochs=2, device="cpu", random_state=0)
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    net_: Any

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **WaveformBaseline._parameter_constraints,
        **{
            name: FingerprintClassifier._parameter_constraints[name] for name in _SHARED
        },
    }
    _fitted = "net_"
    _module: ClassVar[Callable[..., torch.nn.Module] | None] = None
    _module_parameters: ClassVar[tuple[str, ...]] = ()
    _recipe: ClassVar[dict[str, Any]] = {
        "optimizer": torch.optim.Adam,
        "weight_decay": 0.0,
        "lr_schedule": None,
    }
    _rate: ClassVar[float] = 100.0
    _f_min: ClassVar[float | None] = None

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        max_epochs: int = 100,
        batch_size: int = 128,
        lr: float = 1e-3,
        early_stopping: bool = False,
        n_jobs: int | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            sampling_rate=sampling_rate, window=window, n_jobs=n_jobs, verbose=verbose
        )
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.early_stopping = early_stopping
        self.device = device
        self.random_state = random_state

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, groups: npt.ArrayLike | None = None
    ) -> Self:
        """Train a fresh network on records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            The event of each record, for the validation split of early stopping. None
            takes the index ``event_id`` of `y`; where it is not there, either, the
            network is trained for `max_epochs`, with an `EventsUnknownWarning`.

        Returns
        -------
        self
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data or a parameter is not valid; if training diverges.
        """
        return self._fit(X, y, groups)

    def _fit(self, X, y: Any, groups, **times):
        """Train a fresh network on records."""
        vars(self).pop("net_", None)
        self._validate_params()
        events = find_groups(y, groups, X=X)
        inputs, classifier = self._prepare(self._check(X, reset=True), **times)
        if self.early_stopping and events is None:
            warn_events_unknown(
                f"{type(self).__name__} trains for max_epochs={self.max_epochs} epochs "
                "without early stopping"
            )
            classifier.set_params(
                **{
                    name: False
                    for name in classifier.get_params()
                    if name.rpartition("__")[2] == "early_stopping"
                }
            )
        self.net_ = classifier.fit(inputs, y, groups)
        self.classes_ = classifier.classes_
        return self

    def _prepare(self, X, **times):
        """Return the input of the network for checked records, and its classifier."""
        self._check_combinations(X)
        return self._represent(X, **times), self._make_network()

    def _check_combinations(self, X):
        """Raise if the device is not there, or the records lack window or band."""
        choose_device(self.device)
        if self._f_min is not None and self.sampling_rate <= 2 * self._f_min:
            raise ValueError(
                f"sampling_rate must be above {2 * self._f_min:g} Hz, since records "
                f"are high-pass filtered at {self._f_min:g} Hz; got "
                f"{self.sampling_rate!r}."
            )
        super()._check_combinations(X)

    def _make_network(self):
        """Return the classifier that trains the network, not fitted."""
        own = {name: getattr(self, name) for name in self._module_parameters}
        return FingerprintClassifier(
            self._module,
            augmenter=self._make_augmenter(),
            **{name: getattr(self, name) for name in _SHARED},
            **{f"module__{name}": value for name, value in own.items()},
            **self._recipe,
        )

    def _planned_parameters(self, input_shape, n_classes):
        """Return the number of weights of the network that a fit would train."""
        return planned_parameters(self._make_network(), input_shape, n_classes)

    def _make_augmenter(self):
        """Return the augmenter of the records in training, None for none."""

    def _preprocess(self, X, *, f_max=None, **settings):
        """Return records filtered, cut and scaled, at the published rate."""
        # records have nothing above nine tenths of their Nyquist frequency
        if f_max is not None and f_max > 0.45 * self.sampling_rate:
            f_max = None
        preprocessor = WaveformPreprocessor(
            sampling_rate=self.sampling_rate,
            target_rate=self._rate,
            window=self.window,
            f_min=self._f_min,
            f_max=f_max,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            **settings,
        )
        try:
            resampling_factors(self.sampling_rate, self._rate)
            return preprocessor.fit_transform(X)
        except RecordError as error:
            raise ValueError(
                f"sampling_rate={self.sampling_rate!r} cannot be brought to "
                f"{self._rate:g} Hz: {error}."
            ) from error
