from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tumourflow.cohorts.case import Note
from tumourflow.cohorts.paired import read_paired
from tumourflow.errors import UserError
from tumourflow.imaging.mask import binarise
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="paired")


def pair(stem: str, image: str = ".png", mask: str = ".png") -> tuple[str, str]:
    return f"images/{stem}{image}", f"masks/{stem}_mask{mask}"


@pytest.mark.parametrize(
    ("stem", "patient", "number"),
    [
        ("anna_3", "anna", 3),
        ("anna-10", "anna", 10),
        ("anna_left_3", "anna_left", 3),
        ("scan", "scan", 0),
        ("scan12", "scan12", 0),
        ("p1/4", "p1", 4),
        ("p1/img0012", "p1", 12),
        ("p_1/left_3", "p_1", 3),
        ("p1/day2/7", "p1", 7),
        ("p1/overview", "p1", 0),
    ],
)
def test_by_default_a_folder_or_the_name_before_a_number_is_the_patient(make_files, stem, patient, number):
    (case,) = read_paired(make_files(*pair(stem)), OPTIONS).cases
    assert (case.case_id, case.patient, case.slice, case.site) == (stem, patient, number, "")


def test_no_two_images_of_a_folder_are_two_patients(make_files):
    stems = ("p1/left_1", "p1/right_1", "p1/a", "p1/IMG0007")
    cases = read_paired(make_files(*(name for stem in stems for name in pair(stem))), OPTIONS).cases
    assert {case.patient for case in cases} == {"p1"}
    assert len({case.case_id for case in cases}) == 4


def test_a_pattern_of_ones_own_names_site_patient_and_slice(make_files):
    options = IngestionOptions(reader="paired", case_pattern=r"(?P<site>\w+)/(?P<patient>\w+?)_z(?P<slice>\d+)")
    (case,) = read_paired(make_files(*pair("ulm/p7_z012")), options).cases
    assert (case.site, case.patient, case.slice) == ("ulm", "p7", 12)


def test_cases_are_ordered_by_patient_and_slice_number(make_files):
    stems = ("b_1", "a_10", "a_9")
    cases = read_paired(make_files(*(name for stem in stems for name in pair(stem))), OPTIONS).cases
    assert [case.case_id for case in cases] == ["a_9", "a_10", "b_1"]


@pytest.mark.parametrize(("image", "mask"), [(".jpg", ".png"), (".TIF", ".PNG"), (".bmp", ".tif"), (".Jpg", ".bmp")])
def test_suffixes_of_image_and_mask_are_free(make_files, image, mask):
    (case,) = read_paired(make_files("README.md", *pair("anna_1", image, mask)), OPTIONS).cases
    assert case.image == Path(f"images/anna_1{image}")
    assert case.load_mask().tolist() == [[2, 2], [2, 2]]


def test_orphans_metadata_and_strays_are_told_apart(make_files):
    names = (
        *pair("a_1"),
        "images/a_2.png",
        "masks/a_3_mask.png",
        "masks/a_1.png",
        "notes.csv",
        "images/notes.csv",
        ".DS_Store",
        "more/a_1.png",
        "cover.png",
    )
    index = read_paired(make_files(*names), OPTIONS)
    assert [path.as_posix() for path in index.orphan_images] == ["images/a_2.png"]
    assert [path.as_posix() for path in index.orphan_masks] == ["masks/a_1.png", "masks/a_3_mask.png"]
    assert [path.as_posix() for path in index.metadata] == ["notes.csv"]
    assert {path.as_posix() for path in index.strays} == {"images/notes.csv", ".DS_Store", "more/a_1.png", "cover.png"}


def test_a_slice_number_too_long_for_a_table_rejects_image_and_mask(make_files):
    index = read_paired(make_files(*pair("anna_999999999"), *pair("anna_20240131120000123456789")), OPTIONS)
    assert [case.slice for case in index.cases] == [999_999_999]
    assert [(each.file.as_posix(), each.finding) for each in index.rejected] == [
        ("images/anna_20240131120000123456789.png", "stray"),
        ("masks/anna_20240131120000123456789_mask.png", "stray"),
    ]
    assert index.rejected[0].evidence == "`ingestion.case_pattern` takes 23 digits for the slice number, at most 18 are read"


def test_a_mask_with_an_alpha_channel_is_noted(make_files):
    root = make_files(*pair("a_1"), *pair("a_2"))
    colours = np.zeros((4, 4, 4), np.uint8)
    colours[..., 3], colours[1, 1, :3] = 255, 255
    Image.fromarray(colours).save(root / "masks/a_2_mask.png")
    plain, trap = (case.load_notes() for case in read_paired(root, OPTIONS).cases)
    assert plain == ()
    assert trap == (Note("alpha_trap", "a_2_mask.png: with its alpha channel 16 pixels instead of 1"),)


def test_a_name_that_does_not_match_is_named_with_the_parameter(make_files):
    options = IngestionOptions(reader="paired", case_pattern=r"(?P<patient>p\d+)_(?P<slice>\d+)")
    with pytest.raises(UserError, match=r"`images/other.png` .* `ingestion.case_pattern`"):
        read_paired(make_files(*pair("p1_1"), *pair("other")), options)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "no regular expression"),
        (r"\w+", "no group `patient`"),
        ("(?P<patient>a?)(?P<slice>.*)", "no number"),
        ("(?P<patient>x?).*", "no patient"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused(make_files, pattern, message):
    with pytest.raises(UserError, match=message):
        read_paired(make_files(*pair("anna")), IngestionOptions(reader="paired", case_pattern=pattern))


@pytest.mark.parametrize(
    "names", [("images/a.png", "images/a.jpg", "masks/a_mask.png"), ("images/a.png", "masks/a_mask.png", "masks/a_mask.tif")]
)
def test_two_files_of_one_stem_are_refused(make_files, names):
    with pytest.raises(UserError, match="Two files would be the same"):
        read_paired(make_files(*names), OPTIONS)


def test_masks_of_other_names_are_told_with_the_name_expected(make_files):
    with pytest.raises(UserError, match=r"`images/a.png` should be `masks/a_mask.png`; found is `masks/a.png`"):
        read_paired(make_files("images/a.png", "masks/a.png"), OPTIONS)


def test_another_layout_is_told_with_what_was_found(make_files):
    with pytest.raises(UserError, match=r"another layout: .* holds `a/`\. It should hold `images/` and `masks/`"):
        read_paired(make_files("a/a_1.tif", "a/a_1_mask.tif"), OPTIONS)


@pytest.mark.parametrize(
    ("names", "advised"),
    [
        (("imagesTr/a_0000.png", "labelsTr/a.png"), True),
        (("images/a.png", "labels/a.png"), True),
        (("masks/a.png", "pictures/a.png"), False),
        (("a/1.png",), False),
    ],
)
def test_who_has_folders_such_as_nnunets_is_told_how_to_go_on(make_files, names, advised):
    with pytest.raises(UserError, match="another layout") as caught:
        read_paired(make_files(*names), OPTIONS)
    for words in ("NIfTI volumes (nifti)", "call them `images/` and `masks/`", "list the pairs in a table (manifest)."):
        assert (words in str(caught.value)) == advised


def test_webp_and_gif_are_pictures_too(tmp_path):
    grey = np.arange(48, dtype=np.uint8).reshape(6, 8) * 4
    for folder, name, pixels in (("images", "anna_1.webp", np.stack([grey] * 3, axis=-1)), ("masks", "anna_1_mask.gif", (grey > 90) * 255)):
        (tmp_path / folder).mkdir()
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / folder / name, lossless=True)
    index = read_paired(tmp_path, OPTIONS)
    (case,) = index.cases
    assert not index.strays
    np.testing.assert_array_equal(case.load_image()[..., 0], grey)
    np.testing.assert_array_equal(binarise(case.load_mask()), grey > 90)


def test_a_line_break_in_a_folders_name_stops_nothing(make_files):
    assert len(read_paired(make_files(*pair("anna_1"), *pair("an\nna/x\ny")), OPTIONS).cases) == 2


def test_a_turned_picture_is_noted(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    for folder, name, more in (("images", "anna_1.jpg", {"exif": exif}), ("masks", "anna_1_mask.png", {})):
        (tmp_path / folder).mkdir()
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / folder / name, **more)
    (case,) = read_paired(tmp_path, OPTIONS).cases
    assert case.load_notes() == (Note("turned", "orientation 6 of EXIF"),)


def test_an_accent_stored_otherwise_in_the_masks_name_makes_no_difference(make_files):
    root = make_files("images/j\u00f6rg_1.png", "masks/jo\u0308rg_1_mask.png", "images/anna_1.png", "masks/anna_1_mask.png")
    index = read_paired(root, OPTIONS)
    assert [(case.case_id, case.masks[0].name) for case in index.cases] == [
        ("anna_1", "anna_1_mask.png"),
        ("j\u00f6rg_1", "jo\u0308rg_1_mask.png"),
    ]
    assert not index.orphan_images + index.orphan_masks


def test_a_mask_that_has_its_image_is_not_that_of_another_form_of_the_name(make_files):
    root = make_files("images/j\u00f6rg_1.png", "images/jo\u0308rg_1.png", "masks/jo\u0308rg_1_mask.png")
    index = read_paired(root, OPTIONS)
    assert [case.case_id for case in index.cases] == ["jo\u0308rg_1"]
    assert [path.name for path in index.orphan_images] == ["j\u00f6rg_1.png"]
