"""What the baselines that are networks on all stations of an event have in common."""

from __future__ import annotations

import numpy as np

from .network_baseline import NetworkBaseline


class EventNetworkBaseline(NetworkBaseline):
    """Base of the networks on events, rows with one more axis for the stations.

    Records without this axis count as events of one station. A missing station is
    zeros, or masked in a masked array.

    See Also
    --------
    NetworkBaseline : Base of the networks on records; it says what a subclass gives.
    skseisfp.preprocessing.stack_stations : Makes the rows of events.

    Notes
    -----
    Here ``_represent(X)`` takes events of shape (n_events, n_stations, n_channels,
    n_samples).

    Examples
    --------
    >>> import numpy as np
    >>> from torch import nn
    >>> from skseisfp.baselines import EventNetworkBaseline, PublishedSystem
    >>> class DoeNet(nn.Module):
    ...     def __init__(self, input_shape, n_classes):
    ...         super().__init__()
    ...         self.layers = nn.Linear(input_shape[-1], n_classes)
    ...
    ...     def forward(self, X, **kwargs):
    ...         return self.layers(X.abs().mean(dim=(1, 2)))
    >>> class AfterDoe2000(EventNetworkBaseline):
    ...     published = PublishedSystem(
    ...         paper="Doe",
    ...         year=2000,
    ...         task="earthquake or blast",
    ...         input="waveforms of all stations, 60 s",
    ...         exactness="by description",
    ...         source="abstract",
    ...         record_shape=(5, 3, 6000),
    ...     )
    ...     _module = DoeNet
    ...
    ...     def _represent(self, X):
    ...         return self._preprocess(X)[:, None]
    >>> X = np.random.default_rng(0).standard_normal((6, 5, 3, 500))
    >>> y = np.array(["earthquake", "blast"] * 3)
    >>> classifier = AfterDoe2000(max_epochs=2, device="cpu", random_state=0)
    >>> classifier.fit(X, y).predict_proba(X).shape
    (6, 2)
    """

    _max_ndim = 4

    def _check(self, X, *, reset):
        """Return events with axes of stations and of channels, gaps filled by zeros."""
        if np.ma.isMaskedArray(X):
            X = np.ma.filled(X, 0)
        X = super()._check(X, reset=reset)
        return X[:, None] if X.ndim == 3 else X
