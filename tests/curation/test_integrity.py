import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PIL import Image

from tumourflow.cohorts.case import Note
from tumourflow.cohorts.loaders import adapt_case
from tumourflow.cohorts.masks import note_masks, unite_masks
from tumourflow.curation.integrity import inspect_case
from tumourflow.imaging.content import content_key
from tumourflow.imaging.read import TooLargeError, read_pixels
from tumourflow.imaging.thumbnail import make_thumbnail
from tumourflow.options import IngestionOptions

CHOSEN = IngestionOptions(reader="paired", lesion_values=(1, 3))


def test_a_sound_case_is_measured(write_case, tissue, square):
    facts = inspect_case(write_case("a", tissue, square))
    expected = {"height": 8, "width": 8, "channels": 1, "dtype": "uint8", "brightest": 189.0, "tumour_pixels": 6, "mask_height": 8}
    assert {name: facts[name] for name in expected} == expected
    assert (facts["image_error"], facts["mask_error"], facts["mask_values"], facts["constant"]) == ("", "", "", False)


def test_keys_are_those_of_the_canonical_pixels(write_case, tissue, square):
    """A mask of 0 and 1 and one of 0 and 255 are the same mask."""
    facts = inspect_case(write_case("a", tissue, square // 255))
    assert (facts["image_key"], facts["mask_key"]) == (content_key(tissue), content_key(square))


def test_every_case_gives_the_same_columns(write_case, tissue, square):
    sound, broken = inspect_case(write_case("a", tissue, square)), inspect_case(write_case("b", b"", b""))
    assert list(sound) == list(broken)


def test_a_truncated_file_is_a_fact(write_case, tmp_path, tissue, square):
    case = write_case("a", np.tile(tissue, (8, 8)), np.tile(square, (8, 8)))
    whole = (tmp_path / case.image).read_bytes()
    (tmp_path / case.image).write_bytes(whole[: len(whole) // 2])
    assert inspect_case(case)["image_error"]


def test_an_error_names_no_folder_of_this_machine(write_case, tmp_path, square):
    facts = inspect_case(write_case("a", b"no image", square))
    assert str(tmp_path) not in str(facts["image_error"])
    assert facts["image_error"] == "cannot identify image file"  # the ledger has its name


def test_a_mask_of_three_values_is_a_fact(write_case, tissue, square):
    square[0, 0] = 100
    facts = inspect_case(write_case("a", tissue, square))
    assert "100" in str(facts["mask_values"])
    assert facts["mask_error"] == ""


@pytest.mark.parametrize("part", ["load_image", "load_mask"])
def test_nan_in_image_or_mask_is_a_fact(write_case, tissue, square, part):
    case = replace(write_case("a", tissue, square), **{part: lambda: np.array([[np.nan, 1.0]])})
    assert inspect_case(case)["finite"] is False


@pytest.mark.parametrize(("value", "finite", "told"), [(np.nan, False, ""), (1.5, True, "values from 0 to 1.5: export")])
def test_a_float_tiff_is_told_by_its_values(tmp_path, write_case, tissue, square, value, finite, told):
    pixels = np.zeros((8, 8), np.float32)
    pixels[3, 3] = value
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    facts = inspect_case(replace(write_case("a", tissue, square), load_image=partial(read_pixels, tmp_path / "a.tif")))
    assert (facts["finite"], facts["image_error"]) == (finite, "")
    assert str(facts["float_range"]).startswith(told)
    assert bool(facts["float_range"]) == finite


def test_a_mask_of_floats_is_a_mask(tmp_path, write_case, tissue, square):
    Image.fromarray((square / 255).astype(np.float32)).save(tmp_path / "m.tif")
    facts = inspect_case(replace(write_case("a", tissue, square), load_mask=partial(read_pixels, tmp_path / "m.tif")))
    assert (facts["tumour_pixels"], facts["mask_key"]) == (6, content_key(square))


def test_a_cohort_without_masks_has_none_to_complain_about(write_case, tissue, square):
    case = replace(write_case("a", tissue, square), masks=(), load_mask=None)
    facts = inspect_case(case)
    assert (facts["mask_key"], facts["tumour_pixels"], facts["mask_error"]) == ("", 0, "")


def test_a_constant_image_is_noticed(write_case, square):
    assert inspect_case(write_case("a", np.full((8, 8), 7, np.uint8), square))["constant"] is True


def test_equal_channels_are_paired_but_empty_ones_tell_nothing(write_case, tissue, square):
    def pairs(*planes):
        return inspect_case(replace(write_case("a", tissue, square), load_image=lambda: np.dstack(planes)))["equal_channels"]

    assert pairs(tissue, tissue, tissue.T) == "0=1"
    assert pairs(tissue, tissue, tissue) == "0=1 0=2 1=2"
    assert pairs(tissue, tissue * 0, tissue * 0) == ""


def test_channels_without_anything_in_them_are_named_where_others_have_something(write_case, tissue, square):
    def flat(*planes):
        return inspect_case(replace(write_case("a", tissue, square), load_image=lambda: np.dstack(planes)))["flat_channels"]

    assert flat(tissue, tissue * 0 + 1, tissue) == "1"
    assert flat(tissue * 0, tissue, tissue * 0) == "0 2"
    assert flat(tissue, tissue, tissue) == flat(tissue * 0, tissue * 0 + 1, tissue * 0) == flat(tissue) == ""


def test_the_brightest_value_of_each_channel_is_told_where_there_are_several(write_case, tissue, square):
    def maxima(pixels):
        return inspect_case(replace(write_case("a", tissue, square), load_image=lambda: pixels))["channel_maxima"]

    assert maxima(np.dstack([tissue, tissue // 2, tissue * 0])) == f"{tissue.max()} {tissue.max() // 2} 0"
    assert maxima(tissue) == ""


def test_the_thumbnail_is_kept_as_bytes(write_case, tissue, square):
    facts = inspect_case(write_case("a", tissue, square))
    assert facts["thumbnail"] == make_thumbnail(tissue).tobytes()
    assert inspect_case(write_case("b", b"", square))["thumbnail"] == b""


def test_what_the_reader_knows_is_noted(write_case, tissue, square):
    case = replace(write_case("a", tissue, square), load_notes=lambda: (Note("alpha_trap", "RGBA"),))
    assert json.loads(inspect_case(case)["notes"]) == [["alpha_trap", "RGBA"]]


def test_notes_that_cannot_be_read_are_a_fact(write_case, tissue, square):
    def fail():
        msg = "no border"
        raise KeyError(msg)

    assert "no border" in inspect_case(replace(write_case("a", tissue, square), load_notes=fail))["image_error"]


@pytest.mark.parametrize(("error", "too_large"), [(TooLargeError("x"), True), (MemoryError(), True), (RuntimeError("x"), False)])
@pytest.mark.parametrize("part", ["load_image", "load_mask"])
def test_whatever_a_decoder_raises_is_a_fact(write_case, tissue, square, part, error, too_large):
    def fail():
        raise error

    facts = inspect_case(replace(write_case("a", tissue, square), **{part: fail}))
    assert facts[part.replace("load", "").strip("_") + "_error"] == (str(error) or "MemoryError")
    assert facts["too_large"] is too_large


@pytest.mark.parametrize("place", [0, 1])
def test_marks_are_looked_for_in_slices_and_single_images(write_case, square, place):
    image = np.full((80, 80), 60, np.uint8)
    for row, column in ((20, 20), (60, 60)):
        image[row - 8 : row + 9, column] = image[row, column - 8 : column + 9] = 230
    case = replace(write_case("a", image, np.kron(square, np.ones((10, 10), np.uint8))), slice=place)
    assert json.loads(inspect_case(case)["notes"]) == [["marks", "calipers"]]


def test_colours_among_labels_are_no_damage(write_case, tissue, square):
    coloured = adapt_case(write_case("a", tissue, np.dstack([square, square, square * 0])), CHOSEN)
    facts = inspect_case(coloured)
    assert (facts["mask_error"], str(facts["mask_values"])[-15:]) == ("", "has no colours.")


def test_masks_of_two_sizes_are_no_damage(write_case, tmp_path, tissue, square):
    case = write_case("a", tissue, square)
    Image.fromarray(square[:4]).save(tmp_path / "b.png")
    files = (tmp_path / case.masks[0], tmp_path / "b.png")
    facts = inspect_case(replace(case, load_mask=partial(unite_masks, files), load_notes=partial(note_masks, files)))
    assert (facts["mask_error"], facts["mask_values"]) == ("", "")
    assert [finding for finding, _ in json.loads(facts["notes"])] == ["several_masks", "size_mismatch"]


@pytest.mark.parametrize(("labels", "told"), [((0, 255), "255"), ((0, 2, 4), "2 4"), ((0, 1, 4), ""), ((0, 0), "")])
def test_labels_are_listed_where_none_was_chosen(write_case, tissue, labels, told):
    mask = np.resize(np.array(labels, np.uint8), (8, 8))
    assert inspect_case(adapt_case(write_case("a", tissue, mask), CHOSEN))["labels"] == told
    assert inspect_case(write_case("a", tissue, np.minimum(mask, 1)))["labels"] == ""
