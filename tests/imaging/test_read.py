from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tumourflow.imaging.read import binarise, read_pixels

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
COLOUR = np.stack([GREY, GREY + 1, GREY + 2], axis=-1)
SQUARE = np.array([[0, 1, 1], [0, 1, 1]], bool)


def save(path: Path, pixels: np.ndarray, **options: object) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_eight_bits_come_back_as_they_were_stored(tmp_path, suffix, pixels):
    read = read_pixels(save(tmp_path / f"a.{suffix}", pixels))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, pixels)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_come_back_as_they_were_stored(tmp_path, suffix):
    read = read_pixels(save(tmp_path / f"a.{suffix}", GREY.astype(np.uint16) * 250))
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, GREY.astype(np.uint16) * 250)


def test_colours_of_sixteen_bits_keep_their_low_bytes_and_their_order(tmp_path):
    pixels = COLOUR.astype(np.uint16) * 200 + 7
    cv2.imwrite(str(tmp_path / "a.png"), pixels[..., ::-1])
    read = read_pixels(tmp_path / "a.png")
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, pixels)


def test_alpha_is_dropped(tmp_path):
    for pixels in (COLOUR, GREY[..., None]):
        opaque = np.full((*GREY.shape, 1), 255, np.uint8)
        read = read_pixels(save(tmp_path / "a.png", np.concatenate([pixels, opaque], axis=-1)))
        np.testing.assert_array_equal(read, pixels.squeeze())


def test_a_palette_becomes_its_colours_and_its_transparency_is_dropped(tmp_path):
    indexed = Image.fromarray(SQUARE.astype(np.uint8), mode=None)
    indexed.putpalette([10, 20, 30, 40, 50, 60])
    indexed.save(tmp_path / "a.png", transparency=bytes([0, 255]))
    np.testing.assert_array_equal(read_pixels(tmp_path / "a.png"), np.where(SQUARE[..., None], [40, 50, 60], [10, 20, 30]))


def test_bits_become_black_and_white(tmp_path):
    np.testing.assert_array_equal(read_pixels(save(tmp_path / "a.png", SQUARE)), SQUARE * 255)


def test_the_content_decides_not_the_suffix(tmp_path):
    save(tmp_path / "a.jpg", GREY, format="PNG")
    np.testing.assert_array_equal(read_pixels(tmp_path / "a.jpg"), GREY)


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"II*\0\x08\0\0\0\xff\xff\0\0"])
def test_what_is_no_image_is_refused(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises((OSError, ValueError)):
        read_pixels(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "bmp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_refused(tmp_path, suffix, share):
    path = save(tmp_path / f"a.{suffix}", np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises((OSError, ValueError)):
        read_pixels(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(OSError, match="absent"):
        read_pixels(tmp_path / "absent.png")


def test_several_pages_are_refused_rather_than_lost(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "a.tif", save_all=True, append_images=[Image.fromarray(GREY + 1)])
    with pytest.raises(ValueError, match=r"`a.tif` holds 2 pages"):
        read_pixels(tmp_path / "a.tif")


def test_values_that_sixteen_bits_cannot_hold_are_refused(tmp_path):
    with pytest.raises(ValueError, match="from -1 to 0"):
        read_pixels(save(tmp_path / "b.tif", np.array([[-1, 0]], np.int32)))


def test_floating_point_values_come_back_as_they_were_stored(tmp_path):
    pixels = np.where(SQUARE, np.float32(0.25), np.float32(np.nan))
    read = read_pixels(save(tmp_path / "a.tif", pixels))
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, pixels)


def test_small_values_in_thirty_two_bits_are_read(tmp_path):
    read = read_pixels(save(tmp_path / "a.tif", GREY.astype(np.int32)))
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, GREY)


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
        (np.array([[0, 3, 255]], np.uint8), "Received 3: 0, 3, 255"),
        (np.arange(9, dtype=np.uint8)[None], "Received 9: 0, 1, 2, 3, ..., 8"),
        (np.full((2, 2), 17, np.uint8), "Received 1: 17"),
        (np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8), "2 colours"),
        (np.zeros((0, 2), np.uint8), "shape"),
        (np.array([[0.0, np.nan]]), "Received 2"),
    ],
)
def test_other_values_are_named(pixels, message):
    with pytest.raises(ValueError, match=message):
        binarise(pixels)


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)), st.sampled_from([np.uint8, np.uint16]))
def test_a_mask_with_both_values_survives_any_encoding(mask, dtype):
    mask = mask.copy()
    mask.flat[0] = False
    encoded = mask.astype(dtype) * dtype(np.iinfo(dtype).max)
    before = encoded.copy()
    np.testing.assert_array_equal(binarise(encoded), mask)
    np.testing.assert_array_equal(encoded, before)
