"""The fully connected predecessor of the network of Silkin (2024)."""

import torch

from ..neural import FingerprintMLP
from ..preprocessing import AdaptiveHighpassFilter, FingerprintTransformer
from ..signal.windows import window_samples
from ._base import NetworkBaseline


class AfterTrovaMLP(NetworkBaseline):
    """Fully connected network on binary wavelet fingerprints, after Silkin.

    Parameters
    ----------
    sampling_rate : float, default=40.0
        Samples per second (Hz) of the records.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    hidden_sizes : tuple of int, default=(128, 32)
        Sizes of the hidden layers; ReLU and dropout follow each of them.
    hidden_dropout_p : float, default=0.5
        Probability to drop an element of a hidden layer.
    max_epochs : int, default=30
        Largest number of epochs.
    batch_size : int, default=64
        Largest number of records in a batch.
    lr : float, default=1e-3
        Learning rate.
    early_stopping : bool, default=False
        Keep events apart for validation, stop when their loss no longer improves and
        restore the best weights.
    n_jobs : int, default=None
        Number of threads that prepare the records.
    device : str, default="auto"
        Torch device of the network; ``"auto"`` is ``"cuda"`` if there is one and else
        ``"cpu"``.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, order, dropout, augmentation and validation split.

    Attributes
    ----------
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
    TrovaCNN : The convolutional network that came after it.

    Notes
    -----
    Built by description. [1]_ tells of a classical fully connected network on the same
    fingerprints of 64 x 64 for earthquakes and explosions, before the convolutional
    one: slightly better than the toss of a coin. Nothing else of it is published.

    Ours: the hidden layers of 128 and 32 and their dropout (528,610 parameters for one
    channel and two classes), Adam, batches and epochs, and one fingerprint of each
    record, filtered at its own cut-off. The window is cut after the filter.

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

    _module = FingerprintMLP
    _module_parameters = ("hidden_sizes", "hidden_dropout_p")
    _recipe = {**NetworkBaseline._recipe, "module__input_dropout_p": 0.0}

    def __init__(
        self,
        *,
        sampling_rate=40.0,
        window=None,
        hidden_sizes=(128, 32),
        hidden_dropout_p=0.5,
        max_epochs=30,
        batch_size=64,
        lr=1e-3,
        early_stopping=False,
        n_jobs=None,
        device="auto",
        random_state=None,
    ):
        super().__init__(
            sampling_rate=sampling_rate,
            window=window,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            early_stopping=early_stopping,
            n_jobs=n_jobs,
            device=device,
            random_state=random_state,
        )
        self.hidden_sizes = hidden_sizes
        self.hidden_dropout_p = hidden_dropout_p

    def _check_parameters(self, X):
        super()._check_parameters(X)
        # the network checks its own, and takes no memory there
        with torch.device("meta"):
            self._module(
                (1,),
                2,
                hidden_sizes=self.hidden_sizes,
                hidden_dropout_p=self.hidden_dropout_p,
            )

    def _represent(self, X):
        highpass = AdaptiveHighpassFilter(
            sampling_rate=self.sampling_rate, n_jobs=self.n_jobs
        )
        first, last = window_samples(self.window, X.shape[-1], self.sampling_rate)
        fingerprints = FingerprintTransformer.from_preset(
            "trova", sampling_rate=self.sampling_rate, n_jobs=self.n_jobs
        )
        return fingerprints.fit_transform(highpass.fit_transform(X)[..., first:last])
