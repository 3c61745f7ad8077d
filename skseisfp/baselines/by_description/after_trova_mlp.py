"""The fully connected predecessor of the network of Silkin (2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._parameters import DROPOUT
from ...neural import FingerprintMLP
from ...preprocessing import AdaptiveHighpassFilter, FingerprintTransformer
from .._constraints import COUNTS
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

if TYPE_CHECKING:
    import numpy as np


class AfterTrovaMLP(NetworkBaseline):
    """Fully connected network on binary wavelet fingerprints, after Silkin.

    Parameters
    ----------
    hidden_sizes : tuple of int, default=(128, 32)
        Sizes of the hidden layers; ReLU and dropout follow each of them.
    hidden_dropout_p : float in [0, 1), default=0.5
        Probability to drop an element of a hidden layer.

    See Also
    --------
    TrovaCNN : The convolutional network that came after it.

    Notes
    -----
    Built by description. [1]_ mentions a classical fully connected network on the same
    fingerprints of 64 x 64 for earthquakes and explosions, before the convolutional
    one: slightly better than the toss of a coin. Nothing else of it is published.

    Ours: the hidden layers of 128 and 32 and their dropout (528,610 parameters for one
    channel and two classes), Adam, batches and epochs, and one fingerprint per record,
    filtered at its own cut-off. The window is cut after the filter.

    References
    ----------
    .. [1] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import AfterTrovaMLP
    >>> X = np.random.default_rng(0).standard_normal((8, 1200))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = AfterTrovaMLP(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    published = PublishedSystem(
        paper="Silkin",
        year=2024,
        task="earthquake or explosion",
        input="binary wavelet fingerprints",
        record_shape=(1, 1200),
        exactness="by description",
        figure="slightly better than the toss of a coin",
        caveats="Sizes and training are not published.",
        source="paper",
    )
    _module = FingerprintMLP
    _module_parameters = ("hidden_sizes", "hidden_dropout_p")
    _recipe = {**NetworkBaseline._recipe, "module__input_dropout_p": 0.0}
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "hidden_sizes": [COUNTS],
        "hidden_dropout_p": [DROPOUT],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 40.0,
        window: tuple[float, float] | None = None,
        hidden_sizes: tuple[int, ...] = (128, 32),
        hidden_dropout_p: float = 0.5,
        max_epochs: int = 30,
        batch_size: int = 64,
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
        self.hidden_sizes = hidden_sizes
        self.hidden_dropout_p = hidden_dropout_p

    def _represent(self, X):
        highpass = AdaptiveHighpassFilter(
            sampling_rate=self.sampling_rate, n_jobs=self.n_jobs, verbose=self.verbose
        )
        fingerprints = FingerprintTransformer.from_preset(
            "trova",
            sampling_rate=self.sampling_rate,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        return fingerprints.fit_transform(self._cut(highpass.fit_transform(X)))
