import numpy as np
import pytest

from tumourflow.curation.canonical import canonical_image, canonical_mask


@pytest.mark.parametrize("encoded", [np.eye(3, dtype=bool), np.eye(3, dtype=np.uint8), np.eye(3, dtype=np.uint8) * 255])
def test_masks_of_any_encoding_become_0_and_255(encoded):
    mask = canonical_mask(encoded)
    assert mask.dtype == np.uint8
    assert mask.tolist() == (np.eye(3, dtype=int) * 255).tolist()


def test_no_value_of_an_image_is_changed():
    pixels = np.array([[[0, 1, 65535]]], np.uint16)
    np.testing.assert_array_equal(canonical_image(pixels), pixels)


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.zeros((2, 2), np.float32), "8 or 16 bits"),
        (np.zeros((2, 2, 2), np.uint8), "1, 3 or 4 channels"),
        (np.zeros((0, 2), np.uint8), "height, width"),
    ],
)
def test_what_the_store_cannot_hold_is_refused(pixels, sentence):
    with pytest.raises(ValueError, match=sentence):
        canonical_image(pixels)
