from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK

from tumourflow.cohorts.persons import hash_person
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.cohorts.shown import DEFAULT_WINDOW
from tumourflow.imaging.dicom_person import Person
from tumourflow.inference.concealed import conceal_volume
from tumourflow.inference.gather import gather_volumes
from tumourflow.inference.masks import encode_masks
from tumourflow.inference.place import open_input
from tumourflow.inference.reading import Inspected, read_volumes
from tumourflow.inference.volumes import InputSlice, InputVolume


def inspect(folder):
    """Bright pixels are tumour, but on the first slice, which nobody looked at."""
    (volume,) = gather_volumes(open_input(str(folder))).volumes
    images = next(read_volumes([volume], "synchronous", DEFAULT_WINDOW)).images
    rows = [{"source": each.source, "reason": "", "segmentation_model": "x-segmentation v1"} for each in volume.slices]
    return Inspected(volume, rows, {place: image > 128 for place, image in images.items() if place})


@pytest.fixture
def nifti(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (5, 6, 3)).astype(np.uint8)
    (tmp_path / "in/ward").mkdir(parents=True)
    nibabel.save(nibabel.Nifti1Image(values, np.diag([-1, 1, 2, 1])), tmp_path / "in/ward/anna.nii.gz")
    return tmp_path


def test_a_volume_has_a_png_a_slice_and_a_mask_that_lies_on_it(nifti):
    inspected = inspect(nifti / "in")
    files = encode_masks(inspected)
    assert sorted(files) == ["ward/anna.nii.gz-1_mask.png", "ward/anna.nii.gz-2_mask.png", "ward/anna_mask.nii.gz"]
    assert [row.get("mask", "") for row in inspected.rows] == ["", "ward/anna.nii.gz-1_mask.png", "ward/anna.nii.gz-2_mask.png"]
    (nifti / "mask.nii.gz").write_bytes(files["ward/anna_mask.nii.gz"])
    made, source = (SimpleITK.ReadImage(str(path)) for path in (nifti / "mask.nii.gz", nifti / "in/ward/anna.nii.gz"))
    values = SimpleITK.GetArrayFromImage(source) > 128
    values[0] = False
    assert np.array_equal(SimpleITK.GetArrayFromImage(made) > 0, values)
    assert made.GetOrigin() == source.GetOrigin()


def test_a_source_that_is_gone_leaves_the_png_and_says_why(nifti):
    inspected = inspect(nifti / "in")
    (nifti / "in/ward/anna.nii.gz").write_bytes(b"overwritten")
    files = encode_masks(inspected)
    assert all(name.endswith(".png") for name in files)
    assert [row["reason"] for row in inspected.rows][1:] == [
        "The masks are PNG alone, for the NIfTI header cannot be read (BadGzipFile)."
    ] * 2


def test_volumes_whose_names_differ_in_the_letters_of_the_suffix_share_no_mask(nifti):
    (nifti / "in/ward/anna.nii.gz").rename(nifti / "in/ward/anna#1.NII.GZ")
    files = encode_masks(inspect(nifti / "in"))
    assert sorted(files) == ["ward/anna#1.NII.GZ-1_mask.png", "ward/anna#1.NII.GZ-2_mask.png", "ward/anna#1_mask.NII.GZ"]
    assert files["ward/anna#1_mask.NII.GZ"][:2] == b"\x1f\x8b"  # gzip


@pytest.mark.parametrize("persons", [frozenset(), hash_person(Person(names=("Anna",)))])
def test_a_series_is_found_again_whatever_its_names_hold(tmp_path, monkeypatch, persons):
    shown = [make_pseudonym(name) if persons else name for name in ("anna#0", "anna#1")]
    asked = []
    monkeypatch.setattr("tumourflow.inference.masks.encode_dicom_seg", lambda *given: asked.extend(given[1]) or b"")
    slices = tuple(InputSlice(f"anna#{number}.dcm", number, None, list) for number in range(2))
    volume = InputVolume("p", "dicom", tmp_path, tuple(Path(each.source) for each in slices), slices, "")
    volume = conceal_volume(volume, persons)
    rows = [{"reason": "", "segmentation_model": "x-segmentation v1"} for _ in slices]
    files = encode_masks(Inspected(volume, rows, dict.fromkeys(range(2), np.ones((2, 2), bool))))
    assert list(files) == [f"{shown[0]}.dcm_mask.png", f"{shown[1]}.dcm_mask.png", f"{shown[0]}.dcm_seg.dcm"]
    assert asked == [tmp_path / "anna#0.dcm", tmp_path / "anna#1.dcm"]


def test_pictures_have_a_png_each(write_images):
    inspected = inspect(write_images("anna/1.png", "anna/2.png", grey=True))
    assert list(encode_masks(inspected)) == ["anna/2.png_mask.png"]
