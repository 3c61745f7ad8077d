"""Fixtures shared by the tests."""

import matplotlib
import pytest
import sklearn

SAMPLING_RATE = 20.0


@pytest.fixture
def pyplot():
    """Pyplot that draws to memory; its figures are closed after the test."""
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@pytest.fixture
def routing():
    """Metadata routing is on during the test."""
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture(scope="session")
def seismograms():
    """32 records of 16 events of two classes; writing on them is an error."""
    from skseisfp.datasets import make_seismograms

    bunch = make_seismograms(
        32,
        classes=("earthquake", "quarry_blast"),
        records_per_event=2,
        sampling_rate=SAMPLING_RATE,
        duration=70,
        random_state=1,
    )
    bunch.data.flags.writeable = False
    return bunch


@pytest.fixture(scope="session")
def three_steps():
    """Make the pipeline of views, prints and a net, all small, with other parameters.

    Parameters named `memory` or `step__name` change it, and so do whole steps.
    """
    from sklearn.pipeline import Pipeline

    from skseisfp import (
        FilterAugmenter,
        FingerprintClassifier,
        FingerprintTransformer,
    )

    def make(**params):
        pipeline = Pipeline(
            [
                ("augment", FilterAugmenter(sampling_rate=SAMPLING_RATE)),
                (
                    "fingerprint",
                    FingerprintTransformer(
                        sampling_rate=SAMPLING_RATE, shape=(16, 16), n_coefficients=40
                    ),
                ),
                (
                    "classifier",
                    FingerprintClassifier(
                        max_epochs=2,
                        lr=5e-3,
                        module__conv1_n_filters=4,
                        module__conv2_n_filters=4,
                        device="cpu",
                        random_state=1,
                    ),
                ),
            ]
        )
        return pipeline.set_params(**params)

    return make
