import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps
from upath import UPath

from tumourflow.imaging.picture_header import find_size
from tumourflow.imaging.png import encode_png
from tumourflow.imaging.read import MAX_PIXELS, MAX_SIDE, TooLargeError, decode_pixels, open_file, read_labels, read_pixels, require_size

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


COLOUR = np.stack([GREY, GREY + 1, GREY + 2], axis=-1)


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


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_bytes_of_a_file_are_read_as_the_file_is(tmp_path, shape, dtype):
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape).astype(dtype)
    content = encode_png(pixels)
    (tmp_path / "a.png").write_bytes(content)
    np.testing.assert_array_equal(decode_pixels(content, "a"), read_pixels(tmp_path / "a.png"))
    np.testing.assert_array_equal(decode_pixels(content, "a"), pixels)
    with pytest.raises((OSError, ValueError), match=r"truncated|cannot be decoded"):
        decode_pixels(content[:50], "a")


def test_several_pages_are_refused_rather_than_lost(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "a.tif", save_all=True, append_images=[Image.fromarray(GREY + 1)])
    with pytest.raises(ValueError, match=r"`a.tif` holds 2 pages"):
        read_pixels(tmp_path / "a.tif")


def png(width: int, height: int, colour_type: int = 0, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG that declares a size, whatever its pixels are."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    written = (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, width, height):
    (tmp_path / "bomb.png").write_bytes(png(width, height))
    tracemalloc.start()
    with pytest.raises(TooLargeError, match=rf"`bomb.png` declares {height} x {width} pixels, more than the {MAX_PIXELS}"):
        read_pixels(tmp_path / "bomb.png")
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_a_tiff_that_declares_terabytes_is_refused(tmp_path):
    path = save(tmp_path / "a.tif", GREY)
    bomb = path.read_bytes().replace(struct.pack("<HHII", 256, 4, 1, 4), struct.pack("<HHII", 256, 4, 1, 2**31 - 1))
    assert bomb != path.read_bytes()
    path.write_bytes(bomb.replace(struct.pack("<HHII", 257, 4, 1, 3), struct.pack("<HHII", 257, 4, 1, 2**31 - 1)))
    with pytest.raises(TooLargeError, match="declares"):
        read_pixels(path)


def test_a_bomb_in_a_text_of_a_png_is_refused(tmp_path):
    text = b"Comment\0\0" + zlib.compress(bytes(2**26), 9)
    (tmp_path / "a.png").write_bytes(png(4, 4, 0, (b"zTXt", text)))
    tracemalloc.start()
    with pytest.raises((OSError, ValueError)):
        read_pixels(tmp_path / "a.png")
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_as_many_pixels_as_are_allowed_pass():
    require_size((MAX_PIXELS // 8192, 8192), "a.png")
    with pytest.raises(TooLargeError, match=rf"`a\.png` declares .* more than the {MAX_PIXELS} that"):
        require_size((MAX_PIXELS // 8192, 8192, 2), "a.png")


def test_a_side_may_be_as_long_as_that_of_the_largest_square():
    require_size((1, MAX_SIDE), "a.png")
    with pytest.raises(TooLargeError, match=r"`a\.png` declares 1 x 16385 pixels, more than the 16384 a side"):
        require_size((1, MAX_SIDE + 1), "a.png")


def test_formats_that_start_programs_are_not_opened(tmp_path):
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\nshowpage\n")
    with pytest.raises(OSError, match="cannot identify"):
        read_pixels(tmp_path / "a.png")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(OSError, match=r"`a.png` is no regular file"):
        read_pixels(tmp_path / "a.png")


def test_a_link_in_a_circle_is_refused(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(OSError, match="symbolic links"):
        read_pixels(tmp_path / "a.png")


def test_files_of_an_object_store_are_read_like_those_of_a_disk():
    file = UPath("memory://test_read/a.png")
    file.write_bytes(encode_png(GREY))
    np.testing.assert_array_equal(read_pixels(file), GREY)
    with pytest.raises(OSError, match="absent"):
        open_file(file.with_name("absent.png"))


@pytest.mark.parametrize(
    ("palette", "labels"),
    [
        ([0, 0, 0, 255, 0, 0, 255, 255, 0], [0, 1, 2]),
        ([0, 0, 0, 1, 1, 1, 4, 4, 4], [0, 1, 4]),
    ],
    ids=["colours", "greys"],
)
@pytest.mark.parametrize("suffix", ["png", "tif", "gif", "bmp"])
def test_a_palette_of_colours_is_one_of_labels_and_one_of_greys_saves_room(tmp_path, suffix, palette, labels):
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8), mode="P")
    image.putpalette(palette)
    image.save(tmp_path / f"a.{suffix}")
    read = np.atleast_3d(read_labels(tmp_path / f"a.{suffix}"))
    assert (read == np.array([labels])[..., None]).all()


def test_what_has_no_palette_is_read_as_ever(tmp_path):
    np.testing.assert_array_equal(read_labels(save(tmp_path / "a.png", COLOUR)), COLOUR)
    np.testing.assert_array_equal(read_labels(save(tmp_path / "b.tif", GREY.astype(np.uint16) * 250)), GREY.astype(np.uint16) * 250)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_viewers_turn_it(tmp_path, suffix, orientation):
    grey = np.kron(np.array([[250, 0, 0], [0, 120, 0]], np.uint8), np.ones((8, 8), np.uint8))
    exif = Image.Exif()
    exif[274] = orientation
    file = save(tmp_path / f"a{suffix}", grey, exif=exif)
    with Image.open(save(tmp_path / "shown.png", read_pixels(save(tmp_path / f"plain{suffix}", grey)), exif=exif)) as image:
        shown = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read_pixels(file), shown)
    assert (read_pixels(file).shape == (24, 16)) == (orientation > 4)
    with Image.open(file) as image:
        assert find_size(image) == shown.shape


@pytest.mark.parametrize(
    ("pixels", "options", "reason"),
    [
        (np.zeros((3, 8, 9), np.uint16), {"photometric": "rgb", "planarconfig": "separate"}, "16 bits in separate planes"),
        (np.full((8, 9), -5, np.int8), {}, "signed values of 8 bits"),
        (
            np.zeros((8, 9, 4), np.uint8),
            {"photometric": "rgb", "extrasamples": ["unspecified"]},
            "one more channel",
        ),
    ],
)
def test_a_tiff_that_would_be_read_wrongly_is_refused(tmp_path, pixels, options, reason):
    tifffile.imwrite(tmp_path / "a.tif", pixels, **options)
    with pytest.raises(ValueError, match=f"`a.tif` has .*{reason}"):
        read_pixels(tmp_path / "a.tif")


def test_labels_in_a_jpeg_are_refused(tmp_path):
    file = save(tmp_path / "a_mask.jpg", np.zeros((8, 8), np.uint8))
    assert read_pixels(file).shape == (8, 8)
    with pytest.raises(ValueError, match="labels in a JPEG, which blurs them"):
        read_labels(file)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_deep_colours_are_turned_once(tmp_path, orientation, compression):
    deep = np.arange(2 * 3 * 3, dtype=np.uint16).reshape(2, 3, 3) * 3000
    tag = [(274, "H", 1, orientation, True)]
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", compression=compression, extratags=tag)
    expected = {1: deep, 3: deep[::-1, ::-1], 6: np.rot90(deep, -1), 8: np.rot90(deep)}[orientation]
    np.testing.assert_array_equal(read_pixels(tmp_path / "a.tif"), expected)


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_a_damaged_note_beside_the_pixels_is_no_reason_to_do_without_them(tmp_path, suffix):
    colours = np.zeros((8, 9, 3), np.uint8)
    np.testing.assert_array_equal(read_pixels(save(tmp_path / f"a{suffix}", colours, exif=b"Exif\0\0junk", lossless=True)), colours)


def test_a_further_channel_of_a_grey_tiff_is_not_dropped_without_a_word(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((8, 9, 2), np.uint8), photometric="minisblack", extrasamples=["unspecified"], planarconfig="contig"
    )
    with pytest.raises((ValueError, OSError)):
        read_pixels(tmp_path / "a.tif")
