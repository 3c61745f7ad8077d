"""The threads of a fit: results do not depend on them, and torch gets its own back."""

import threading

import pytest
import torch
from joblib import Parallel, delayed
from skorch.callbacks import Callback
from small_classifiers import Module, make_classifier, make_fingerprints, same_weights

from skseisfp._utils.digest import digest
from skseisfp.neural import FingerprintClassifier, FingerprintCNN
from skseisfp.neural._threads import usable_threads
from skseisfp.sweep._threads import single_thread


@pytest.fixture(autouse=True)
def two_threads():
    outside = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(outside)


class Watcher(Callback):
    """Note the threads of torch, and how many run, while a batch is trained."""

    seen = []

    def on_batch_end(self, net, **kwargs):
        names = [thread.name for thread in threading.enumerate()]
        self.seen.append((torch.get_num_threads(), sum("Pool" in one for one in names)))


class Fault(Callback):
    def on_batch_end(self, net, **kwargs):
        raise OSError("the disk is full")


@pytest.fixture
def seen(monkeypatch):
    monkeypatch.setattr(Watcher, "seen", [])
    return Watcher.seen


def fit(n_records=60, **params):
    X, y = make_fingerprints(n_records, shape=(64, 64))
    return make_classifier(max_epochs=2, batch_size=64, **params).fit(X, y)


def test_weights_are_the_same_for_every_number_of_threads():
    one = fit(n_threads=1)
    for n_threads in (2, 3, None):
        assert same_weights(fit(n_threads=n_threads), one)


def test_compiled_loops_take_the_threads_of_torch(seen):
    fit(callbacks=[Watcher])
    assert {(torch_threads, ran > 0) for torch_threads, ran in seen} == {(1, True)}
    seen.clear()
    fit(callbacks=[Watcher], n_threads=1)
    assert set(seen) == {(1, 0)}
    assert not [one for one in threading.enumerate() if "Pool" in one.name]


@pytest.mark.parametrize(("n_threads", "inside"), [(None, 1), (1, 1), (2, 2)])
@pytest.mark.parametrize("params", [{"fused": False}, {"module": Module}])
def test_layers_of_torch_take_one_thread_unless_told(params, n_threads, inside, seen):
    X, y = make_fingerprints()
    FingerprintClassifier(
        callbacks=[Watcher], n_threads=n_threads, device="cpu", max_epochs=1, **params
    ).fit(X, y).predict(X)
    assert set(seen) == {(inside, 0)}
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("params", [{}, {"module": FingerprintCNN}])
def test_a_number_that_changes_no_bit_counts_in_no_digest(params):
    def digest_of(n_threads, **others):
        settings = {**params, **others}
        return digest(FingerprintClassifier(n_threads=n_threads, **settings))

    assert digest_of(1) == digest_of(None)
    assert digest_of(1, fused=False) == digest_of(None, fused=False)
    assert digest_of(2, fused=False) != digest_of(None, fused=False)
    assert digest_of(2, fused=False) != digest_of(3, fused=False)
    # without a module flat fingerprints take the layers of torch
    assert (digest_of(2) == digest_of(None)) == bool(params)
    assert digest_of(None) != digest_of(None, fused=False)


def test_the_default_is_one_thread_in_the_layers_of_torch():
    assert same_weights(fit(fused=False), fit(fused=False, n_threads=1))


@pytest.mark.parametrize("params", [{}, {"fused": False, "n_threads": 3}])
def test_an_error_gives_the_threads_back(params):
    with pytest.raises(OSError, match="full"):
        fit(callbacks=[Fault], **params)
    assert torch.get_num_threads() == 2
    assert not [one for one in threading.enumerate() if "Pool" in one.name]


def test_a_fit_beside_others_takes_one_thread(monkeypatch):
    monkeypatch.setattr("skseisfp.neural._threads._processors", lambda: 8)
    assert usable_threads() == 2
    torch.set_num_threads(16)
    assert usable_threads() == 8
    with single_thread():
        assert usable_threads() == 1
    jobs = [delayed(usable_threads)() for _ in range(2)]
    assert Parallel(n_jobs=1)(jobs) == [8, 8]
    assert Parallel(n_jobs=2, backend="threading")(jobs) == [1, 1]
    monkeypatch.setattr("skseisfp.neural._threads.parent_process", object)
    assert usable_threads() == 1  # in a child process, as those of loky


def test_fits_of_several_threads_do_not_disturb_each_other():
    expected = fit(n_threads=1)
    jobs = [delayed(fit)(n_threads=2) for _ in range(3)]
    for one in Parallel(n_jobs=3, backend="threading")(jobs):
        assert same_weights(one, expected)
    assert torch.get_num_threads() == 2
