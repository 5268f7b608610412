import re
from pathlib import Path

import pytest

from tumourflow.cohorts.kaggle_3m import read_kaggle_3m
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="kaggle_3m")
PATIENT = "TCGA_CS_4941_19960909"


def pair(patient: str, number: int) -> tuple[str, str]:
    return f"{patient}/{patient}_{number}.tif", f"{patient}/{patient}_{number}_mask.tif"


def test_slices_are_ordered_by_number_not_by_text(make_files):
    root = make_files(*pair(PATIENT, 10), *pair(PATIENT, 9), *pair(PATIENT, 2))
    cases = read_kaggle_3m(root, OPTIONS).cases
    assert [case.slice for case in cases] == [2, 9, 10]
    assert [case.case_id for case in cases] == [f"{PATIENT}/{number}" for number in (2, 9, 10)]


def test_a_case_names_patient_site_and_files(make_files):
    image, mask = pair(PATIENT, 1)
    (case,) = read_kaggle_3m(make_files(image, mask), OPTIONS).cases
    assert (case.patient, case.site, case.label) == (PATIENT, "CS", "")
    assert (case.image, case.masks) == (Path(image), (Path(mask),))


def test_image_and_mask_are_read_from_their_own_files(make_files):
    (case,) = read_kaggle_3m(make_files("README.md", *pair(PATIENT, 1)), OPTIONS).cases
    assert case.load_image().tolist() == [[1, 1], [1, 1]]
    assert case.load_mask().tolist() == [[2, 2], [2, 2]]


def test_a_name_without_site_has_none(make_files):
    (case,) = read_kaggle_3m(make_files(*pair("anna", 1)), OPTIONS).cases
    assert (case.patient, case.site) == ("anna", "")


def test_orphans_metadata_and_strays_are_told_apart(make_files):
    other = "TCGA_DU_1_2"
    root = make_files(
        *pair(PATIENT, 1),
        f"{PATIENT}/{PATIENT}_2.tif",
        f"{PATIENT}/{PATIENT}_3_mask.tif",
        "data.csv",
        "README.md",
        ".DS_Store",
        f"{PATIENT}/.DS_Store",
        f"{PATIENT}/data.csv",
        f"{PATIENT}/{other}_1.tif",
        f"{PATIENT}/{PATIENT}.tif",
        f"{PATIENT}/deep/{PATIENT}_4.tif",
    )
    index = read_kaggle_3m(root, OPTIONS)
    assert index.orphan_images == (Path(f"{PATIENT}/{PATIENT}_2.tif"),)
    assert index.orphan_masks == (Path(f"{PATIENT}/{PATIENT}_3_mask.tif"),)
    assert index.metadata == (Path("README.md"), Path("data.csv"))
    strays = {
        ".DS_Store",
        f"{PATIENT}/.DS_Store",
        f"{PATIENT}/data.csv",
        f"{PATIENT}/{other}_1.tif",
        f"{PATIENT}/{PATIENT}.tif",
        f"{PATIENT}/deep/{PATIENT}_4.tif",
    }
    assert {path.as_posix() for path in index.strays} == strays


def test_a_number_too_long_for_a_table_is_none_of_the_layout(make_files):
    index = read_kaggle_3m(make_files(*pair(PATIENT, 999_999_999), *pair(PATIENT, 9_999_999_999)), OPTIONS)
    assert [case.slice for case in index.cases] == [999_999_999]
    assert [path.name for path in index.strays] == [f"{PATIENT}_9999999999.tif", f"{PATIENT}_9999999999_mask.tif"]


def test_the_folder_above_is_as_good(make_files):
    names = [f"kaggle_3m/{name}" for name in pair(PATIENT, 1)]
    index = read_kaggle_3m(make_files(*names, "kaggle_3m/data.csv", "notes.txt"), OPTIONS)
    assert [case.image.as_posix() for case in index.cases] == names[:1]
    assert index.cases[0].load_image().shape == (2, 2)
    assert index.metadata == (Path("kaggle_3m/data.csv"),)
    assert index.strays == (Path("notes.txt"),)


def refuse(root: Path, *words: str) -> None:
    with pytest.raises(UserError, match=".*".join(re.escape(word) for word in (str(root), *words))) as caught:
        read_kaggle_3m(root, OPTIONS)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"does not exist: .*absent"):
        read_kaggle_3m(tmp_path / "absent", OPTIONS)


def test_an_empty_folder_is_named(tmp_path):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UserError, match="is empty"):
        read_kaggle_3m(tmp_path, OPTIONS)


def test_an_archive_is_no_folder(tmp_path):
    archive = tmp_path / "archive.zip"
    archive.write_bytes(b"PK")
    with pytest.raises(UserError, match=r"is no folder: .*unpack"):
        read_kaggle_3m(archive, OPTIONS)


def test_another_layout_is_told_with_what_was_found(make_files):
    refuse(make_files("images/a.png", "masks/a_mask.png"), "holds `images/`, `masks/`", "<patient>_<n>.tif")


def test_the_folder_of_one_patient_points_one_up(make_files):
    root = make_files(*pair(PATIENT, 1)) / PATIENT
    refuse(root, "Name the folder above it", str(root.parent))


def test_two_copies_of_the_cohort_are_not_mixed(make_files):
    names = [f"{home}/{name}" for home in ("kaggle_3m", "again/kaggle_3m") for name in pair(PATIENT, 1)]
    with pytest.raises(UserError, match="holds 2 folders of this layout: `again/kaggle_3m` and `kaggle_3m`"):
        read_kaggle_3m(make_files(*names), OPTIONS)


def test_images_none_of_which_has_a_mask_are_no_cohort(make_files):
    refuse(make_files(pair(PATIENT, 1)[0], pair(PATIENT, 2)[0]), "2 images, 0 masks")


def test_two_spellings_of_one_slice_number_are_refused(make_files):
    padded = (f"{PATIENT}/{PATIENT}_01.tif", f"{PATIENT}/{PATIENT}_01_mask.tif")
    with pytest.raises(UserError, match=f"Two images are slice 1 of patient `{PATIENT}`"):
        read_kaggle_3m(make_files(*pair(PATIENT, 1), *padded), OPTIONS)
