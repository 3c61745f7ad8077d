import numpy as np
import pytest
import pywt
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skseisfp.signal import haar2d, haar_matrix, inverse_haar2d

SIZES = st.sampled_from([1, 2, 4, 8, 16, 32])
VALUES = st.floats(-1e3, 1e3, allow_subnormal=False)
FORMS = pytest.mark.parametrize("form", ["standard", "pyramid"])


@st.composite
def images(draw, dtype=np.float64):
    lead = draw(st.sampled_from([(), (1,), (3,), (2, 2)]))
    shape = (*lead, draw(SIZES), draw(SIZES))
    seed = draw(st.integers(0, 2**32 - 1))
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("n", [1, 2, 4, 64, 256])
def test_matrix_is_orthonormal(n):
    matrix = haar_matrix(n)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(n), atol=1e-13)


def test_rows_of_the_matrix_run_from_coarse_to_fine():
    expected = [[1, 1, 1, 1], [1, 1, -1, -1], [2**0.5, -(2**0.5), 0, 0]]
    expected.append([0, 0, 2**0.5, -(2**0.5)])
    np.testing.assert_allclose(haar_matrix(4), np.array(expected) / 2, atol=1e-15)


def test_shared_matrix_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        haar_matrix(4)[0, 0] = 0.0


@settings(deadline=None)
@given(images())
def test_standard_form_is_the_fully_separable_transform_of_pywt(image):
    flat = image.reshape(-1, *image.shape[-2:])
    expected = [pywt.fswavedecn(one, "haar").coeffs for one in flat]
    expected = np.reshape(expected, image.shape)
    np.testing.assert_allclose(haar2d(image), expected, atol=1e-12)


@settings(deadline=None)
@given(images())
def test_pyramid_is_wavedec2_of_each_image(image):
    flat = image.reshape(-1, *image.shape[-2:])
    expected = [
        pywt.coeffs_to_array(pywt.wavedec2(one, "haar", mode="periodization"))[0]
        for one in flat
    ]
    expected = np.reshape(expected, image.shape)
    np.testing.assert_allclose(haar2d(image, "pyramid"), expected, atol=1e-12)


@FORMS
@settings(deadline=None)
@given(image=images())
def test_energy_is_kept_and_the_inverse_is_exact(form, image):
    coefficients = haar2d(image, form)
    assert (coefficients**2).sum() == pytest.approx((image**2).sum())
    np.testing.assert_allclose(inverse_haar2d(coefficients, form), image, atol=1e-12)


@FORMS
def test_single_precision_is_kept(form):
    image = np.random.default_rng(0).random((5, 64, 64), dtype=np.float32)
    coefficients = haar2d(image, form)
    assert coefficients.dtype == np.float32
    np.testing.assert_allclose(
        coefficients, haar2d(image.astype(float), form), atol=2e-5
    )
    assert inverse_haar2d(coefficients, form).dtype == np.float32


@FORMS
def test_whole_numbers_are_transformed_as_floats(form):
    image = np.arange(16).reshape(4, 4)
    expected = haar2d(image.astype(float), form)
    np.testing.assert_array_equal(haar2d(image, form), expected)
    np.testing.assert_array_equal(haar2d(image.tolist(), form), expected)
    signs = np.sign(expected).astype(np.int8)
    np.testing.assert_allclose(
        inverse_haar2d(signs, form), inverse_haar2d(signs.astype(float), form)
    )


@FORMS
@given(value=VALUES)
def test_constant_image_has_only_a_mean(form, value):
    coefficients = haar2d(np.full((16, 16), value), form)
    assert coefficients[0, 0] == pytest.approx(16 * value)
    coefficients[0, 0] = 0.0
    np.testing.assert_allclose(coefficients, 0.0, atol=1e-10)


@given(arrays(float, 16, elements=VALUES))
def test_images_constant_along_an_axis_fill_one_line(profile):
    in_time = haar2d(np.repeat(profile[:, None], 32, axis=1))
    np.testing.assert_allclose(in_time[:, 1:], 0.0, atol=1e-9)
    in_frequency = haar2d(np.repeat(profile[None], 32, axis=0))
    np.testing.assert_allclose(in_frequency[1:], 0.0, atol=1e-9)


@given(images())
def test_reversed_time_reverses_each_level_and_its_sign(image):
    coefficients = haar2d(image)
    expected = coefficients.copy()
    start = 1
    while start < image.shape[-1]:
        level = slice(start, 2 * start)
        expected[..., level] = -coefficients[..., level][..., ::-1]
        start *= 2
    np.testing.assert_allclose(haar2d(image[..., ::-1]), expected, atol=1e-12)


@pytest.mark.parametrize("n", [0, 3, 12, -4])
def test_sizes_are_powers_of_two(n):
    with pytest.raises(ValueError, match=f"n must be a power of two; got {n}"):
        haar_matrix(n)


@FORMS
@pytest.mark.parametrize("transform", [haar2d, inverse_haar2d])
def test_images_of_other_sizes_raise(transform, form):
    with pytest.raises(ValueError, match="power of two; got 6"):
        transform(np.zeros((4, 6)), form)


@pytest.mark.parametrize("transform", [haar2d, inverse_haar2d])
def test_unknown_forms_raise(transform):
    with pytest.raises(ValueError, match="form must be one of 'standard', 'pyramid'"):
        transform(np.zeros((4, 4)), "nonstandard")
