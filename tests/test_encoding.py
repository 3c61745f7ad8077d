import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from skseisfp.signal import (
    decode,
    encode,
    get_encoding,
    pack_fingerprints,
    select_top_k,
    unpack_fingerprints,
)
from skseisfp.signal.encoding import ENCODINGS, check_encoding

SIGNS = arrays(
    np.int8,
    array_shapes(min_dims=3, max_dims=4, max_side=6),
    elements=st.integers(-1, 1),
)
# few distinct magnitudes, so that ties, zeros and gaps are frequent
COEFFICIENTS = arrays(
    st.sampled_from([np.float32, np.float64]),
    array_shapes(min_dims=3, max_dims=4, min_side=2, max_side=5),
    elements=st.sampled_from([0.0, -1.0, 1.0, 0.5, -2.0, 3.0, np.nan]),
)


def select_by_sorting(image, k):
    """Oracle: stable sort by falling magnitude, one image."""
    flat = image.ravel()
    magnitude = np.nan_to_num(np.abs(flat))
    magnitude[0] = 0.0
    signs = np.zeros(flat.shape, dtype=np.int8)
    for place in np.argsort(-magnitude, kind="stable")[:k]:
        if magnitude[place] > 0:
            signs[place] = np.sign(flat[place])
    return signs.reshape(image.shape)


@given(COEFFICIENTS, st.data())
def test_the_largest_are_selected_in_a_stable_order(coefficients, data):
    rows, columns = coefficients.shape[-2:]
    k = data.draw(st.integers(1, rows * columns))
    signs = select_top_k(coefficients, k)
    assert signs.dtype == np.int8
    flat = coefficients.reshape(-1, rows, columns)
    expected = [select_by_sorting(image, k) for image in flat]
    np.testing.assert_array_equal(signs.reshape(flat.shape), expected)


@given(st.integers(0, 2**32 - 1), st.integers(1, 63), st.integers(1, 63))
def test_exactly_k_are_kept_and_sets_are_nested(seed, k, other):
    coefficients = np.random.default_rng(seed).standard_normal((3, 8, 8))
    signs = select_top_k(coefficients, k)
    assert (np.count_nonzero(signs, axis=(1, 2)) == k).all()
    assert (signs[:, 0, 0] == 0).all()
    fewer, more = (select_top_k(coefficients, n) for n in sorted([k, other]))
    np.testing.assert_array_equal(fewer, np.where(fewer != 0, more, 0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_errors_are_not_selected(dtype):
    image = np.full((4, 4), np.finfo(dtype).eps, dtype=dtype)
    image[0, 0], image[2, 1] = 4.0, -0.5
    signs = select_top_k(image[None], 10)
    assert np.count_nonzero(signs) == 1
    assert signs[0, 2, 1] == -1


def test_selection_leaves_the_coefficients_as_they_are():
    coefficients = np.random.default_rng(0).standard_normal((2, 8, 8))
    copy = coefficients.copy()
    select_top_k(coefficients, 5)
    np.testing.assert_array_equal(coefficients, copy)


@pytest.mark.parametrize("k", [0, -1, 17])
def test_numbers_that_cannot_be_kept_raise(k):
    with pytest.raises(ValueError, match=f"k must be from 1 to 16; got {k}"):
        select_top_k(np.ones((2, 4, 4)), k)


@given(SIGNS)
def test_every_encoding_is_as_documented(signs):
    shape = signs.shape
    np.testing.assert_array_equal(encode(signs, "signed")[..., 0, :, :], signs)
    presence = encode(signs, "presence")[..., 0, :, :]
    np.testing.assert_array_equal(presence, signs != 0)
    positive = encode(signs, "positive")[..., 0, :, :]
    np.testing.assert_array_equal(positive, signs > 0)
    planes = encode(signs, "two_channel")
    assert planes.shape == (*shape[:-2], 2, *shape[-2:])
    assert not (planes[..., 0, :, :] & planes[..., 1, :, :]).any()
    union = planes[..., 0, :, :] | planes[..., 1, :, :]
    np.testing.assert_array_equal(union, presence)
    interleaved = encode(signs, "interleaved")
    assert interleaved.shape == (*shape[:-2], 1, 2 * shape[-2], shape[-1])
    np.testing.assert_array_equal(interleaved[..., 0, 0::2, :], positive)
    np.testing.assert_array_equal(interleaved[..., 0, 1::2, :], signs < 0)


@given(SIGNS, st.sampled_from(list(ENCODINGS)))
def test_decoding_inverts_encoding_as_far_as_possible(signs, encoding):
    encoded = encode(signs, encoding)
    assert encoded.dtype == (np.int8 if encoding == "signed" else np.uint8)
    decoded = decode(encoded, encoding)
    assert decoded.dtype == np.int8
    expected = {"presence": np.abs(signs), "positive": np.maximum(signs, 0)}
    np.testing.assert_array_equal(decoded, expected.get(encoding, signs))


@pytest.mark.parametrize("name", ENCODINGS)
def test_names_and_instances_are_the_same_encodings(name):
    signs = np.array([[0, 1, -1, 0], [1, 0, 0, -1]], dtype=np.int8)
    encoding = get_encoding(name)
    assert get_encoding(encoding) is encoding
    assert type(encoding)() == encoding
    assert hash(type(encoding)()) == hash(encoding)
    assert [other for other in ENCODINGS.values() if other == encoding] == [encoding]
    check_encoding(encoding, (2, 4))
    np.testing.assert_array_equal(encode(signs, encoding), encode(signs, name))
    planes = encode(signs, name)
    np.testing.assert_array_equal(decode(planes, encoding), decode(planes, name))


@given(SIGNS, st.sampled_from(list(ENCODINGS)), st.floats(0.1, 10))
def test_built_in_encodings_do_not_depend_on_magnitudes(signs, name, factor):
    np.testing.assert_array_equal(encode(factor * signs, name), encode(signs, name))


@pytest.mark.parametrize("function", [encode, decode, get_encoding])
def test_unknown_encodings_raise(function):
    arguments = () if function is get_encoding else (np.zeros((1, 4, 4), np.int8),)
    with pytest.raises(ValueError, match="encoding must be one of 'presence'"):
        function(*arguments, "binary")


@given(SIGNS, st.booleans())
def test_packing_is_inverted(signs, signed):
    fingerprints = signs if signed else np.abs(signs).astype(np.uint8)
    packed = pack_fingerprints(fingerprints)
    n_bits = fingerprints[0].size * (2 if signed else 1)
    assert packed.shape == (len(fingerprints), -(-n_bits // 8))
    unpacked = unpack_fingerprints(packed, fingerprints.shape[1:], signed=signed)
    assert unpacked.dtype == fingerprints.dtype
    np.testing.assert_array_equal(unpacked, fingerprints)


def test_a_binary_fingerprint_takes_512_bytes():
    fingerprints = np.zeros((2, 64, 64), dtype=np.uint8)
    assert pack_fingerprints(fingerprints).shape == (2, 512)
    assert pack_fingerprints(fingerprints.astype(np.int8)).shape == (2, 1024)


def test_no_fingerprints_can_be_packed():
    packed = pack_fingerprints(np.zeros((0, 64, 64), dtype=np.uint8))
    assert packed.shape == (0, 512)
    assert unpack_fingerprints(packed).shape == (0, 64, 64)


@pytest.mark.parametrize(
    ("fingerprints", "message"),
    [
        (np.zeros((1, 8)), "fingerprints must be uint8 or int8; got float64"),
        (np.full((1, 8), 2, np.uint8), "values from 0 to 1; got 2 to 2"),
        (np.full((1, 8), -2, np.int8), "values from -1 to 1; got -2 to -2"),
    ],
)
def test_other_values_cannot_be_packed(fingerprints, message):
    with pytest.raises(ValueError, match=message):
        pack_fingerprints(fingerprints)


@pytest.mark.parametrize("shape", [(2, 511), (512,)])
def test_bytes_must_fit_the_shape(shape):
    with pytest.raises(ValueError, match="take 512 bytes each; got an array of shape"):
        unpack_fingerprints(np.zeros(shape, dtype=np.uint8))
