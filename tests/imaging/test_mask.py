import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tumourflow.imaging.mask import MaskError, binarise

SQUARE = np.array([[0, 1, 1], [0, 1, 1]], bool)


@pytest.mark.parametrize(
    "encoded",
    [
        SQUARE,
        SQUARE.astype(np.uint8),
        SQUARE * np.uint8(255),
        SQUARE * np.uint16(65535),
        SQUARE + np.uint8(1),
        SQUARE * 1.0,
        np.dstack([SQUARE * np.uint8(255)] * 3),
        np.dstack([SQUARE * np.uint8(255), np.zeros((2, 3), np.uint8), np.zeros((2, 3), np.uint8)]),
    ],
    ids=["bool", "0/1", "0/255", "0/65535", "1/2", "float", "grey colours", "red"],
)
def test_every_encoding_of_two_values_gives_the_same_mask(encoded):
    mask = binarise(encoded)
    assert mask.dtype == np.bool_
    np.testing.assert_array_equal(mask, SQUARE)


@pytest.mark.parametrize(("value", "filled"), [(0, False), (1, True), (255, True)])
def test_one_value_alone_is_an_empty_or_a_full_mask(value, filled):
    assert (binarise(np.full((2, 2), value, np.uint8)) == filled).all()


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.array([[0, 3, 255]], np.uint8), "Received 3: 0, 3, 255. If they are labels, say in `ingestion.lesion_values` which"),
        (np.arange(9, dtype=np.uint8)[None], "Received 9: 0, 1, 2, 3, ..., 8. If they are labels"),
        (np.arange(37, dtype=np.uint8)[None], "Received 37: 0, 1, 2, 3, ..., 36. Was it stored as JPEG, or resized"),
        (
            np.array([[[0, 0, 0], [9, 0, 0], [0, 9, 0]]], np.uint8),
            "3 colours, .* If it has a palette of labels, say in `ingestion.lesion_values`",
        ),
        (np.full((2, 2), 17, np.uint8), "Received 1: 17"),
        (np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8), "2 colours"),
        (np.zeros((0, 2), np.uint8), "shape"),
        (np.array([[0.0, np.nan]]), "Received 2"),
    ],
)
def test_other_values_are_named(pixels, message):
    with pytest.raises(MaskError, match=message):
        binarise(pixels)


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)), st.sampled_from([np.uint8, np.uint16]))
def test_a_mask_with_both_values_survives_any_encoding(mask, dtype):
    mask = mask.copy()
    mask.flat[0] = False
    encoded = mask.astype(dtype) * dtype(np.iinfo(dtype).max)
    before = encoded.copy()
    np.testing.assert_array_equal(binarise(encoded), mask)
    np.testing.assert_array_equal(encoded, before)
