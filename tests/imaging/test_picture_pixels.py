from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from tumourflow.imaging.picture_pixels import convert_pixels

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


COLOUR = np.stack([GREY, GREY + 1, GREY + 2], axis=-1)


SQUARE = np.array([[0, 1, 1], [0, 1, 1]], bool)


def save(path: Path, pixels: np.ndarray, **options: object) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def convert(path: Path) -> np.ndarray:
    with path.open("rb") as file, Image.open(file) as image:
        return convert_pixels(image, file, path.name)


def test_colours_of_sixteen_bits_keep_their_low_bytes_and_their_order(tmp_path):
    pixels = COLOUR.astype(np.uint16) * 200 + 7
    cv2.imwrite(str(tmp_path / "a.png"), pixels[..., ::-1])
    read = convert(tmp_path / "a.png")
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, pixels)


def test_alpha_is_dropped(tmp_path):
    for pixels in (COLOUR, GREY[..., None]):
        opaque = np.full((*GREY.shape, 1), 255, np.uint8)
        read = convert(save(tmp_path / "a.png", np.concatenate([pixels, opaque], axis=-1)))
        np.testing.assert_array_equal(read, pixels.squeeze())


def test_a_palette_becomes_its_colours_and_its_transparency_is_dropped(tmp_path):
    indexed = Image.fromarray(SQUARE.astype(np.uint8), mode=None)
    indexed.putpalette([10, 20, 30, 40, 50, 60])
    indexed.save(tmp_path / "a.png", transparency=bytes([0, 255]))
    np.testing.assert_array_equal(convert(tmp_path / "a.png"), np.where(SQUARE[..., None], [40, 50, 60], [10, 20, 30]))


def test_bits_become_black_and_white(tmp_path):
    np.testing.assert_array_equal(convert(save(tmp_path / "a.png", SQUARE)), SQUARE * 255)


def test_values_that_sixteen_bits_cannot_hold_are_refused(tmp_path):
    with pytest.raises(ValueError, match="from -1 to 0"):
        convert(save(tmp_path / "b.tif", np.array([[-1, 0]], np.int32)))


def test_floating_point_values_come_back_as_they_were_stored(tmp_path):
    pixels = np.where(SQUARE, np.float32(0.25), np.float32(np.nan))
    read = convert(save(tmp_path / "a.tif", pixels))
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, pixels)


def test_small_values_in_thirty_two_bits_are_read(tmp_path):
    read = convert(save(tmp_path / "a.tif", GREY.astype(np.int32)))
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, GREY)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_where_zero_is_white_grey_values_are_inverted(tmp_path, dtype):
    grey = np.arange(72, dtype=dtype).reshape(8, 9)
    tifffile.imwrite(tmp_path / "a.tif", np.iinfo(dtype).max - grey, photometric="miniswhite")
    np.testing.assert_array_equal(convert(tmp_path / "a.tif"), grey)
