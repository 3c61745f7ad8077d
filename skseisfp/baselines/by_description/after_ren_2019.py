"""Bagged trees on physics features, after Ren et al. (2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.ensemble import BaggingClassifier
from sklearn.tree import DecisionTreeClassifier

from ..._parameters import COUNT
from ..features import FeatureBaseline, FillMissing
from ..published_system import PublishedSystem

if TYPE_CHECKING:
    import numpy as np


class AfterRen2019(FeatureBaseline):
    """Bagged trees on features of records, after Ren et al.

    Parameters
    ----------
    n_estimators : int in [1, inf), default=100
        Number of trees.
    n_jobs : int, default=None
        Number of threads that compute the features, and of processes that grow trees.
    random_state : int, RandomState instance or None, default=None
        Seed of the trees and of their records.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    classifier_ : Pipeline
        Features that no training record has become zero; then the trees.
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    skseisfp.preprocessing.PhysicsFeatures : The features.

    Notes
    -----
    By description: [1]_ cites a bagging ensemble on features of waveforms, with 80 % of
    earthquakes, 91.3 % of blasts and 86.62 % of all recognised. Its features, trees and
    data are not known to us; a later paper of 2020 is said to select four features by
    hand.

    Ours: all of `PhysicsFeatures` but those of the event that stand in for features of
    phases; trees of full depth; a missing value goes to the side of each split that
    fits the training records better.

    With metadata routing, ``set_fit_request(p_arrival=True, s_arrival=True)`` and the
    same of ``predict``, ``predict_proba`` and ``score`` pass the arrivals on.

    References
    ----------
    .. [1] Zhou et al. (2025), Geofizika 42(2), doi:10.15233/gfz.2025.42.2

    Examples
    --------
    >>> from skseisfp.baselines import AfterRen2019
    >>> from skseisfp.datasets import make_seismograms
    >>> bunch = make_seismograms(30, random_state=0)
    >>> classifier = AfterRen2019(sampling_rate=40, n_estimators=5, random_state=0)
    >>> classifier.fit(bunch.data, bunch.target).predict_proba(bunch.data).shape
    (30, 3)
    """

    published = PublishedSystem(
        paper="Ren T. et al.",
        year=2019,
        task="earthquake or blast",
        input="features",
        exactness="by description",
        figure="accuracy 86.62 % (earthquakes 80 %, blasts 91.3 %)",
        caveats="Features are unknown.",
        source="as described by Zhou et al. (2025)",
    )
    _parameter_constraints = {
        **FeatureBaseline._parameter_constraints,
        "n_estimators": [COUNT],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        sampling_rate: float = 100.0,
        window: tuple[float, float] | None = None,
        p_arrival: float | None = None,
        s_arrival: float | None = None,
        vp_vs: float | None = None,
        f_min: float | None = 0.5,
        scaling: str | None = "record",
        n_estimators: int = 100,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            sampling_rate=sampling_rate,
            window=window,
            p_arrival=p_arrival,
            s_arrival=s_arrival,
            vp_vs=vp_vs,
            f_min=f_min,
            scaling=scaling,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.n_estimators = n_estimators
        self.random_state = random_state

    def _make_steps(self):
        classifier = BaggingClassifier(
            DecisionTreeClassifier(),
            n_estimators=self.n_estimators,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )
        return FillMissing(), classifier
