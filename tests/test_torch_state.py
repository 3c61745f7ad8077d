"""What a caller sets for all of torch has no effect on networks."""

import pickle
from contextlib import contextmanager
from threading import Barrier, Thread

import numpy as np
import pytest
import torch
from small_classifiers import make_classifier, make_fingerprints, same_weights

from skseisfp._utils.torch_state import plain_torch


@contextmanager
def default_dtype():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


STATES = {
    "default dtype": default_dtype,
    "default device": lambda: torch.device("meta"),
    "inference mode": torch.inference_mode,
    "no gradients": torch.no_grad,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
}


@pytest.fixture(scope="module")
def expected():
    X, y = make_fingerprints()
    classifier = make_classifier(balance="weights").fit(X, y)
    return classifier, classifier.predict_proba(X), classifier.transform(X)


@pytest.mark.parametrize("name", STATES)
def test_fits_and_predictions_are_the_same(name, expected):
    X, y = make_fingerprints()
    plain, scores, features = expected
    with STATES[name]():
        classifier = make_classifier(balance="weights").fit(X, y)
        again = pickle.loads(pickle.dumps(classifier))
        for one in (classifier, again, plain):
            np.testing.assert_array_equal(one.predict_proba(X), scores)
            np.testing.assert_array_equal(one.transform(X), features)
        assert classifier._n_features_out == features.shape[1]
    assert same_weights(classifier, plain)
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(X), scores)


@pytest.mark.parametrize("name", STATES)
def test_the_state_is_as_before(name):
    with STATES[name]():
        before = state()
        with plain_torch("cpu"):
            assert state()[:4] == (torch.float32, "cpu", False, False)
        assert state() == before
    assert state()[:4] == (torch.float32, "cpu", False, False)


def state():
    return (
        torch.get_default_dtype(),
        torch.get_default_device().type,
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.is_grad_enabled(),
    )


def test_the_last_thread_restores_the_dtype():
    both, seen = Barrier(2), []

    def work(first):
        with plain_torch("cpu"):
            both.wait(10)
            if not first:
                both.wait(10)
                seen.append(torch.get_default_dtype())
        if first:
            both.wait(10)

    with default_dtype():
        threads = [Thread(target=work, args=(first,)) for first in (True, False)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [torch.float32]
        assert torch.get_default_dtype() == torch.float64
