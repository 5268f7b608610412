import base64

import cv2
import numpy as np
import pytest

from tumourflow.reports.pictures import make_picture


def decode(uri: str) -> np.ndarray:
    kind, data = uri.split(";base64,")
    assert kind == "data:image/jpeg"
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_UNCHANGED)


def test_sixteen_bits_are_brought_to_eight_through_a_window():
    image = np.linspace(1000, 3000, 64 * 64).reshape(64, 64).astype(np.uint16)
    picture = decode(make_picture(image, None).uri)
    assert picture.shape == (64, 64)
    assert picture.min() < 5
    assert picture.max() > 250


def test_of_sequences_the_lead_channel_is_shown_and_colours_as_they_are():
    image = np.zeros((16, 16, 3), np.uint8)
    image[:, 8:, 1] = 200  # on FLAIR alone
    grey, colours = decode(make_picture(image, None, "brain-flair3").uri), decode(make_picture(image, None, "breast-us").uri)
    assert grey.ndim == 2
    assert grey[:, :4].max() < 10
    assert grey[:, 12:].min() > 245
    blue, green, red = colours[8, 12]
    assert green == pytest.approx(200, abs=15)
    assert max(blue, red) < 30


def test_grey_that_is_stored_as_colours_is_shown_as_grey():
    image = np.arange(16 * 16, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert decode(make_picture(image, None, "breast-us").uri).ndim == 2


@pytest.mark.parametrize("shape", [(2000, 1000), (1000, 2000, 3), (3, 900)])
def test_large_images_are_shrunk_and_their_outline_still_fits(shape):
    mask = np.zeros(shape[:2], bool)
    mask[: shape[0] // 2, : shape[1] // 2] = True
    picture = make_picture(np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8), mask)
    assert max(decode(picture.uri).shape[:2]) == 384
    assert (picture.height, picture.width) == shape[:2]
    across = float(picture.outline.split("h")[1].split("v")[0]) * picture.scale
    assert across == pytest.approx(shape[1] / 2, abs=2 * picture.scale)


@pytest.mark.parametrize("mask", [None, np.zeros((8, 8), bool)])
def test_without_a_tumour_there_is_no_outline(mask):
    assert make_picture(np.zeros((8, 8), np.uint8), mask).outline == ""
