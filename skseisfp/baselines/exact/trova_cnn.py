"""The network on fingerprints of Silkin (2024)."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING

import torch

from ..._compat import Options
from ..._utils.checks import check_option
from ...neural import FingerprintCNN
from ...preprocessing import FilterAugmenter, FingerprintTransformer
from ..network_baseline import NetworkBaseline
from ..published_system import PublishedSystem

if TYPE_CHECKING:
    import numpy as np


class TrovaNet(FingerprintCNN):
    """The two cycles of the paper, with one stride for both pools."""

    def __init__(
        self, input_shape: tuple[int, ...], n_classes: int, *, pool_stride: int = 1
    ) -> None:
        check_option("pool_stride", pool_stride, (1, 2))
        super().__init__(
            input_shape,
            n_classes,
            pool1_stride=pool_stride,
            pool2_stride=pool_stride,
        )

    @staticmethod
    def accepts_parameter(name: str) -> bool:
        """Return whether a name is that of the one parameter."""
        return name == "pool_stride"


class TrovaCNN(NetworkBaseline):
    """The network of two cycles on binary wavelet fingerprints, after Silkin.

    Parameters
    ----------
    pool_stride : {1, 2}, default=1
        Step of both pools. 1 follows from the rules of the paper, 2 has a twelfth of
        the parameters.

    See Also
    --------
    skseisfp.neural.FingerprintClassifier : Any network on any fingerprints.

    Notes
    -----
    The system of [1]_ at the optimum of its experiments: each record filtered at its
    own cut-off and at four shifted ones, classes equalised by the number of their
    fingerprints, scalograms of 64 x 64, the presence of the largest Haar coefficients,
    and two cycles of convolution, batch normalisation, ReLU, dropout and average
    pooling. For one channel and three classes it has 678,219 parameters with a
    `pool_stride` of 1 and 54,435 with 2.

    Not published, and ours: the number of coefficients, wavelet, optimizer (AdamW with
    a falling learning rate), batches and epochs. The window is cut after the filter.

    The 94.8 % of the paper (quarry blast, earthquake, mine blast) are 163 of 172
    fingerprints, the best of 384 trials on the same 172, and if these were drawn after
    augmentation, fingerprints of one record are on both sides.

    References
    ----------
    .. [1] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import TrovaCNN
    >>> X = np.random.default_rng(0).standard_normal((8, 1200))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = TrovaCNN(
    ...     pool_stride=2, max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    published = PublishedSystem(
        paper="Silkin",
        year=2024,
        task="earthquake, quarry blast or mine blast",
        input="binary wavelet fingerprints",
        record_shape=(1, 1200),
        n_classes=3,
        published_parameters=678_219,
        exactness="exact",
        figure="accuracy 94.8 % (163 of 172 fingerprints)",
        measured_on="716 regional records, augmented to 1,718 fingerprints",
        split="a tenth of the augmented fingerprints; events may be on both sides",
        caveats=(
            "172 is a tenth of the augmented fingerprints: if it was drawn after the "
            "augmentation, fingerprints of one record are on both sides. Best of 384 "
            "trials scored on the same fingerprints. Strides and the second pool are "
            "not published; with a stride of 2 it has 54,435 parameters."
        ),
        source="paper",
    )
    _module = TrovaNet
    _module_parameters = ("pool_stride",)
    # the optimizer and schedule of `FingerprintClassifier` by default
    _recipe = {
        "optimizer": torch.optim.AdamW,
        "weight_decay": 1e-2,
        "balance": "views",
    }
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "pool_stride": [Options(Integral, {1, 2})],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 40.0,
        window: tuple[float, float] | None = None,
        pool_stride: int = 1,
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
        self.pool_stride = pool_stride

    def _represent(self, X):
        augmenter = FilterAugmenter(
            sampling_rate=self.sampling_rate, n_jobs=self.n_jobs, verbose=self.verbose
        )
        fingerprints = FingerprintTransformer.from_preset(
            "trova",
            sampling_rate=self.sampling_rate,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        return fingerprints.fit_transform(self._cut(augmenter.fit_transform(X)))
