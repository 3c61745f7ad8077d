"""Two convolutional networks, one after the other, after Yue et al. (2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn

from ...neural.layers import GeneratorDropout
from ...neural.parameter_counts import planned_parameters
from .._networks import WaveformNet, count_outputs, initialise, pad_to
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem
from ..two_step import TwoStepClassifier

if TYPE_CHECKING:
    import numpy as np

_FILTERS = (16, 32, 32, 64, 64)
_LEAST_SAMPLES = 3 ** len(_FILTERS)  # a pool of 3 after each convolution


class YueNet(WaveformNet):
    """Five convolutions and two fully connected layers."""

    def __init__(self, input_shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        n_inputs = input_shape[1]
        trunk = nn.Sequential()
        for n_filters in _FILTERS:
            convolution = nn.Conv1d(n_inputs, n_filters, 5, padding=2)
            trunk.extend([convolution, nn.ReLU(), nn.MaxPool1d(3)])
            n_inputs = n_filters
        self.layers = nn.Sequential(
            trunk,
            nn.Flatten(),
            GeneratorDropout(0.3),
            nn.Linear(count_outputs(trunk, input_shape[1:]), 64),
            nn.ReLU(),
            nn.Linear(64, n_classes),
        )
        initialise(self)


class AfterYue2023(NetworkBaseline):
    """Two networks on waveforms that decide one after the other, after Yue et al.

    The first distinguishes natural events from all others, the second the others from
    each other.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=100.0
        Samples per second (Hz) of the records; those of another rate are resampled to
        100 Hz.
    natural : label, default=None
        The class that the first network distinguishes from all others. None takes
        ``"earthquake"`` where it is among the labels, and else the first of them.
    max_epochs : int in [1, inf), default=100
        Largest number of epochs of each network.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    net_ : classifier
        Its `steps_` are the trained networks, of class FingerprintClassifier: the first
        has the classes False and True (natural), the second, where there are more than
        two classes, all others; its `first_` is the natural class.
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    Notes
    -----
    Built by description. According to [1]_, [2]_ has convolutional networks of seven
    layers in two steps, for natural earthquakes, blasts and collapses in Shandong.
    Which class is predicted in which step is not said there; natural events first is
    the most natural reading.

    Ours is all else: records of three channels at 100 Hz, high-pass at 1 Hz, each
    divided by its largest value; five convolutions of 5 samples with 16 to 64 filters
    and pools of 3, dropout of 0.3, layers of 64 and of the classes; Adam and its
    settings. The probability of a class of the second step is that of not being natural
    times the probability of the second network. For three channels of 60 s and three
    classes the two networks have 274,692 parameters. Records below 2.43 s are padded
    with zeros.

    Reported in [1]_ are 97.50 %, 91.35 % and, overall, 94.44 %; the split is unknown.

    References
    ----------
    .. [1] Zhou et al. (2025), Geofizika 42(2), doi:10.15233/gfz.2025.42.2

    .. [2] Yue et al. (2023), two-step convolutional neural network, as cited by [1]_

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import AfterYue2023
    >>> X = np.random.default_rng(0).standard_normal((9, 3, 1000))
    >>> y = np.array(["earthquake", "blast", "collapse"] * 3)
    >>> classifier = AfterYue2023(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (9, 3)
    >>> [step.classes_.tolist() for step in classifier.net_.steps_]
    [[False, True], ['blast', 'collapse']]
    """

    published = PublishedSystem(
        paper="Yue et al.",
        year=2023,
        task="earthquake, blast or collapse",
        input="waveforms",
        record_shape=(3, 6000),
        n_classes=3,
        exactness="by description",
        figure="97.50, 91.35 and 94.44 %",
        measured_on="events in Shandong",
        caveats=(
            "Input and layers are unknown; that natural events are distinguished from "
            "others first is a guess."
        ),
        source="as described by Zhou et al. (2025)",
    )
    _module = YueNet
    _f_min = 1.0
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "natural": "no_validation",  # it is one of the labels
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        natural: Any = None,
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
            sampling_rate=sampling_rate,
            window=window,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            early_stopping=early_stopping,
            n_jobs=n_jobs,
            verbose=verbose,
            device=device,
            random_state=random_state,
        )
        self.natural = natural

    def _make_network(self):
        return TwoStepClassifier(super()._make_network(), first=self.natural)

    def _planned_parameters(self, input_shape, n_classes):
        step = super()._make_network()
        outputs = TwoStepClassifier.outputs(n_classes)
        return sum(planned_parameters(step, input_shape, n) for n in outputs)

    def _represent(self, X):
        return pad_to(self._preprocess(X), [_LEAST_SAMPLES])
