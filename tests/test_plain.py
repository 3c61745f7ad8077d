import numpy as np
import pytest
from sklearn.svm import SVC

from skseisfp import FingerprintTransformer
from skseisfp._utils.plain import plain, plain_repr
from skseisfp.sweep import ExperimentPlan


def test_scalars_of_numpy_become_those_of_python():
    assert type(plain(np.float64(0.5))) is float
    assert type(plain(np.bool_(True))) is bool
    array = np.arange(2)
    assert plain(array) is array


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({0: np.float64(1.5), "a": [np.int64(2)]}, "{0: 1.5, 'a': [2]}"),
        ((np.float32(0.5), {np.int8(1)}), "(0.5, {1})"),
        (SVC(C=2), "SVC(C=2)"),
    ],
)
def test_containers_show_pythons_scalars(value, expected):
    assert plain_repr(value) == expected


def test_messages_show_pythons_scalars():
    with pytest.raises(ValueError, match=r"f_min must be .*; got -1\.0\."):
        FingerprintTransformer(sampling_rate=40, f_min=np.float64(-1)).fit([[0.0] * 99])
    plan = ExperimentPlan({"x": np.array([0.1, 1.0])}, fixed={"y": np.float64(2)})
    assert "np." not in repr(plan)
