from pathlib import Path

import nibabel
import numpy as np
import pytest

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.nifti import read_nifti
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="nifti")
EACH_FILE = IngestionOptions(reader="nifti", case_pattern="(?P<patient>.+)")


@pytest.fixture
def read(tmp_path):
    def write(*names: str, options: IngestionOptions = OPTIONS) -> CohortIndex:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            if ".nii" in name and not Path(name).name.startswith("."):
                nibabel.save(nibabel.Nifti1Image(np.arange(8, dtype=np.uint8).reshape(2, 2, 2) // 4, np.eye(4)), tmp_path / name)
            else:
                (tmp_path / name).write_text("x")
        index = read_nifti(tmp_path, options)
        used = [path for case in index.cases for path in (case.image, *case.masks)]
        left_out = [*index.orphan_images, *index.orphan_masks, *index.strays, *(each.file for each in index.rejected)]
        assert sorted([*{*used}, *left_out, *index.metadata]) == sorted(map(Path, names)), "every file is one of them, once"
        return index

    return write


def pair(index: CohortIndex) -> dict[str, list[str]]:
    return {case.image.as_posix(): [mask.as_posix() for mask in case.masks] for case in index.cases}


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("imagesTr/a.nii.gz", "labelsTr/a.nii.gz"),
        ("imagesTr/a.nii", "labelsTr/a.nii.gz"),
        ("ImagesTr/a.nii", "labelstr/a.nii"),
        ("imagesTs/a.nii", "labelsTs/a.nii"),
        ("imagesVa/a.nii", "labelsVa/a.nii"),
        ("images/a.nii", "labels/a.nii"),
        ("image/a.nii", "mask/a.nii"),
        ("images/a.nii", "masks/a_mask.nii"),
        ("images/a.nii", "labels/a_seg.nii"),
        ("images/ward/a.nii", "masks/ward/a.nii"),
        ("Task01/imagesTr/a.nii", "Task01/labelsTr/a.nii"),
        ("images/a.nii", "images/a_seg.nii"),
        ("imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz"),
        ("imagesTr/a_0000.nii.gz", "labelsTr/a_0000.nii.gz"),
    ],
)
def test_a_segmentation_in_a_folder_of_labels_is_that_of_the_volume_of_its_name(read, image, mask):
    index = read(image, mask)
    assert pair(index) == {image: [mask]}
    assert index.cases[1].load_image().tolist() == index.cases[1].load_mask().astype(int).tolist()


@pytest.mark.parametrize("mask", ["labelsTs/a.nii", "ward/labelsTr/a.nii", "labelsTr/ward/a.nii", "labelsTr/a_0000.nii"])
def test_a_segmentation_of_another_folder_or_name_is_an_orphan(read, mask):
    index = read("imagesTr/a.nii", "imagesTr/b.nii", "labelsTr/b.nii", mask)
    assert pair(index) == {"imagesTr/b.nii": ["labelsTr/b.nii"]}
    assert index.orphan_masks == (Path(mask),)
    assert index.orphan_images == (Path("imagesTr/a.nii"),)


@pytest.mark.parametrize(
    ("name", "patient"),
    [("imagesTr/anna_3", "anna"), ("images/anna/3", "anna"), ("anna/images/3", "anna"), ("imagesTr/anna_3_0000", "anna")],
)
def test_the_folder_of_images_and_the_channel_are_no_part_of_the_name(read, name, patient):
    index = read(f"{name}.nii.gz", f"{name.replace('images', 'labels').removesuffix('_0000')}.nii.gz")
    assert {case.patient for case in index.cases} == {make_pseudonym(patient)}


def test_each_case_of_the_decathlon_is_a_patient_where_the_pattern_says_so(read):
    names = [f"{folder}Tr/BRATS_00{number}.nii.gz" for folder in ("images", "labels") for number in (1, 2, 3)]
    assert {case.patient for case in read(*names).cases} == {make_pseudonym("BRATS")}
    expected = {make_pseudonym(f"BRATS_00{number}") for number in (1, 2, 3)}
    assert {case.patient for case in read(*names, options=EACH_FILE).cases} == expected


def test_a_name_in_two_folders_of_images_is_one_patient_with_two_volumes(read):
    index = read("imagesTr/a.nii", "imagesTs/a.nii", "labelsTr/a.nii", "labelsTs/a.nii")
    assert pair(index) == {"imagesTr/a.nii": ["labelsTr/a.nii"], "imagesTs/a.nii": ["labelsTs/a.nii"]}
    assert [case.case_id for case in index.cases] == [f"{make_pseudonym('a')}/{volume}-{n}" for volume in (1, 2) for n in (1, 2)]


def test_further_channels_are_left_out_and_the_reason_names_the_first(read):
    index = read("imagesTr/a_0000.nii", "imagesTr/a_0001.nii", "labelsTr/a.nii", "imagesTs/b_0000.nii", "imagesTs/b_0001.nii")
    assert pair(index) == {"imagesTr/a_0000.nii": ["labelsTr/a.nii"]}
    assert [(each.file.as_posix(), each.finding) for each in index.rejected] == [
        ("imagesTr/a_0001.nii", "stray"),
        ("imagesTs/b_0001.nii", "stray"),
    ]
    assert {each.evidence for each in index.rejected} == {
        "a further channel: of nnU-Net's channels the first, `_0000`, is read, unless `ingestion.sequences` joins them"
    }
    assert index.orphan_images == (Path("imagesTs/b_0000.nii"),)


def test_numbers_of_four_digits_are_cases_where_each_has_a_segmentation(read):
    names = [f"{folder}/amos_000{number}.nii" for folder in ("images", "labels") for number in (0, 1)]
    index = read(*names, "images/amos_0002.nii")
    assert pair(index) == {image: [mask] for image, mask in zip(names[:2], names[2:], strict=True)}
    assert (index.orphan_images, index.rejected) == ((Path("images/amos_0002.nii"),), ())


def test_where_nobody_drew_folders_of_images_hold_volumes(read):
    assert pair(read("imagesTs/a_0000.nii", "imagesTs/a_0001.nii")) == {"imagesTs/a_0000.nii": [], "imagesTs/a_0001.nii": []}


def test_a_description_is_metadata_and_what_macs_write_is_not(read):
    hidden = ["._dataset.json", "imagesTr/._a.nii.gz", "labelsTr/._a.nii.gz"]
    index = read("dataset.json", "imagesTr/a.nii.gz", "labelsTr/a.nii.gz", *hidden)
    assert index.metadata == (Path("dataset.json"),)
    assert [path.as_posix() for path in index.strays] == hidden


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["imagesTr/a.nii.gz", "labelsTr/b.nii.gz"], "That of `imagesTr/a.nii.gz` should be `labelsTr/a.nii.gz`; found is `labelsTr/b"),
        (["imagesTs/a.nii", "labelsTr/b.nii"], "That of `imagesTs/a.nii` should be `labelsTs/a.nii`; found is `labelsTr/b.nii`"),
        (["a.nii", "labels/a.nii"], "That of `a.nii` should be `a_seg.nii`; found is `labels/a.nii`"),
        (["images/a.nii", "b_seg.nii"], "That of `images/a.nii` should be `images/a_seg.nii`; found is `b_seg.nii`"),
        (["images/a.nii", "labels/a.nii", "masks/a.nii"], "`labels/a.nii` and `masks/a.nii` .*Remove or rename one"),
        (["images/a.nii", "images/a_seg.nii", "masks/a.nii"], "Two files would be the segmentation of the same volume: "),
        (["anna/image.nii", "anna/mask.nii"], "`anna/mask.nii` .* would be taken for a volume. Call it `anna/image_seg.nii`"),
        (["anna/t1.nii", "anna/t2.nii", "anna/Label.nii"], "`anna/Label.nii` .* Call it as its volume plus `_seg`"),
        (["labelsTr/a.nii"], "another layout: .* holds `labelsTr/`.* or `imagesTr/` with `labelsTr/`"),
    ],
)
def test_folders_that_do_not_fit_are_told_in_a_sentence(read, names, message):
    with pytest.raises(UserError, match=message) as caught:
        read(*names)
    assert "\n" not in str(caught.value)
