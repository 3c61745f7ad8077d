import numpy as np
import pytest

from skseisfp._utils.recordwise import is_recordwise
from skseisfp.preprocessing import WaveformImageTransformer


def test_every_sample_is_on_the_curve():
    X = np.random.default_rng(0).standard_normal((3, 1000))
    image = WaveformImageTransformer(shape=(65, 50)).fit_transform(X)
    assert image.dtype == np.uint8
    assert set(np.unique(image)) == {0, 1}
    centred = X - X.mean(axis=1, keepdims=True)
    centred /= np.abs(centred).max(axis=1, keepdims=True)
    rows = np.rint((centred + 1) * 32).astype(int)
    columns = (np.arange(1000) * 50 / 999).astype(int).clip(max=49)
    for record in range(3):
        assert image[record, rows[record], columns].all()


def test_columns_are_filled_and_connected():
    X = np.cumsum(np.random.default_rng(0).standard_normal((5, 40)), axis=1)
    image = WaveformImageTransformer(shape=(33, 100)).fit_transform(X)
    assert image.any(axis=1).all()
    steps = np.diff(image.astype(int), axis=1, prepend=0, append=0)
    assert (np.count_nonzero(steps > 0, axis=1) == 1).all()
    assert (image[:, :, 1:] & image[:, :, :-1]).any(axis=1).all()


def test_gain_offset_and_axes_do_not_matter():
    X = np.random.default_rng(0).standard_normal((2, 4, 3, 300))
    transformer = WaveformImageTransformer(shape=(16, 24), batch_size=1, n_jobs=2)
    images = transformer.fit_transform(X)
    assert images.shape == (2, 4, 3, 16, 24)
    np.testing.assert_array_equal(transformer.fit_transform(4 * X), images)
    one = transformer.fit_transform(X[1, 2, [0]])
    np.testing.assert_array_equal(one[0], images[1, 2, 0])
    assert is_recordwise(transformer)


def test_a_constant_is_a_line():
    image = WaveformImageTransformer(shape=(5, 7)).fit_transform(np.full((1, 20), 3.0))
    assert image.sum() == 7
    assert image[0, 2].all()


@pytest.mark.parametrize("shape", [(0, 3), 224, (2.0, 3), (3, 224, 224)])
def test_invalid_shapes(shape):
    with pytest.raises(ValueError, match="shape must be two integers"):
        WaveformImageTransformer(shape=shape).transform(np.zeros((2, 60)))
