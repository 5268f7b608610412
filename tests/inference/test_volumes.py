from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.inference.volumes import InputSlice, group_by_patient, number_files, sort_files

NAMES = st.lists(st.from_regex(r"([ab]/)?[a-c]{1,2}[_(]?[0-9]{0,2}\)?(_mask)?\.(png|tif|txt|mat|nii\.gz|dcm)", fullmatch=True), unique=True)


@pytest.mark.parametrize(
    "name", ["a_1_mask.tif", "x/benign (1)_mask_1.png", "mask.png", "anna_seg.nii.gz", "ANNA-Segmentation.NII", "1_Mask.PNG"]
)
def test_masks_are_known_by_their_names(name):
    forms, passed_over = sort_files([Path(name)])
    assert not forms
    assert [(each.status, each.reason) for each in passed_over] == [("refused", "A mask by its name, no image.")]


@pytest.mark.parametrize("name", ["labelsTr/BRATS_001.nii.gz", "a/masks/3.png", "Labels/b/1.nii"])
def test_masks_are_known_by_their_folders(name):
    forms, (passed_over,) = sort_files([Path(name), Path("imagesTr/BRATS_001.nii.gz"), Path("labels/IM0001.dcm")])
    assert forms == {"nifti": [Path("imagesTr/BRATS_001.nii.gz")], "dicom": [Path("labels/IM0001.dcm")]}
    assert (passed_over.status, passed_over.reason) == ("refused", "A mask by the name of its folder, no image.")


@pytest.mark.parametrize(("name", "form"), [("masked.png", "picture"), ("a.MAT", "mat"), ("a.nii", "nifti"), ("IM0001", "dicom")])
def test_forms_are_known_by_suffixes(name, form):
    assert sort_files([Path(name)]) == ({form: [Path(name)]}, [])


@pytest.mark.parametrize(("suffix", "longest"), [(".png", 246), (".mat", 246), (".nii", 240), (".dcm", 240), ("", 240)])
def test_a_name_so_long_that_its_mask_could_have_none_is_passed_over(suffix, longest):
    fits, long = (
        Path("ü" * ((length - len(suffix)) // 2) + "x" * ((length - len(suffix)) % 2) + suffix) for length in (longest, longest + 1)
    )
    assert len(fits.name.encode()) == longest
    forms, (passed_over,) = sort_files([fits, long])
    assert list(forms.values()) == [[fits]]
    told = f"Its name has {longest + 1} bytes, and a mask of it could have no name: shorten it to {longest}."
    assert (passed_over.status, passed_over.reason) == ("unreadable", told)


def test_no_two_images_share_a_mask():
    alone = [InputSlice(name, 0, None, list) for name in ("a#1.png", "a-1.png", "a#1.dcm", "IM-1-2", "IM-1#2", "x.dcm")]
    frames = [
        InputSlice(f"{name}#{frame}", frame, None, list, frame)
        for name in ("IM-1", "y.dcm", "a#1.nii.gz", "IM-1-2-3")
        for frame in range(4)
    ]
    assert len({each.mask for each in (*alone, *frames)}) == len(alone) + len(frames)
    assert [each.mask for each in (alone[0], frames[2], frames[5], frames[8])] == [
        "a#1.png_mask.png",
        "IM-1.2_mask.png",
        "y.dcm-1_mask.png",
        "a#1.nii.gz-0_mask.png",
    ]
    assert {each.file for each in frames} == {"IM-1", "y.dcm", "a#1.nii.gz", "IM-1-2-3"}


@settings(max_examples=40, deadline=None)
@given(NAMES)
def test_every_file_is_sorted_once(names):
    files = [Path(name) for name in names]
    forms, passed_over = sort_files(files)
    sorted_files = [file for group in forms.values() for file in group]
    assert sorted([*map(str, sorted_files), *(each.source for each in passed_over)]) == sorted(map(str, files))


@settings(max_examples=40, deadline=None)
@given(NAMES)
def test_every_file_has_one_patient_and_numbers_are_their_own(names):
    groups = group_by_patient([Path(name) for name in names])
    assert sorted(str(file) for _, group in groups for file in group) == sorted(str(Path(name)) for name in names)
    for _, group in groups:
        numbers = number_files(group)
        assert len(set(numbers)) == len(group)
        assert numbers == sorted(numbers)


def test_slices_are_in_the_order_of_their_numbers():
    files = [Path(f"anna/benign ({number}).png") for number in (10, 9, 100)]
    ((_, slices),) = group_by_patient(files)
    assert number_files(slices) == [9, 10, 100]
