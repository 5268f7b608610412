import gzip
from itertools import permutations, product

import nibabel
import numpy as np
import pytest
import SimpleITK

from tumourflow.cohorts.nifti import read_nifti
from tumourflow.imaging.damage import DamageError
from tumourflow.imaging.nifti_mask import encode_nifti_mask
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="nifti", window="fixed", window_low=0, window_high=255)
COUNT = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
TILTED = nibabel.affines.from_matvec(nibabel.eulerangles.euler2mat(0.2, -0.1, 0.3) @ np.diag([0.5, 0.25, 4]), [-7, 3, 11])
ORDERS = [codes for axes in permutations(("RL", "AP", "SI")) for codes in product(*axes)]
"""All 48 ways to store a volume."""


def save(path, values=COUNT, codes=("R", "A", "S"), affine=TILTED):
    image = nibabel.Nifti1Image(values, affine)
    turn = nibabel.orientations.ornt_transform(nibabel.io_orientation(affine), nibabel.orientations.axcodes2ornt(codes))
    nibabel.save(image.as_reoriented(turn), path)
    return path


def write_nifti_mask(masks, source, target):
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(encode_nifti_mask(masks, source, compressed=target.suffix == ".gz"))


def segment(folder):
    """Masks of the slices as they are shown: bright pixels that are not in rows or columns."""
    return [np.isin(case.load_image() if case.load_image().ndim == 2 else case.load_image()[..., 0], (5, 17, 18, 23)) for case in folder]


def slices(path):
    return [case for case in read_nifti(path.parent, OPTIONS).cases if case.image.name == path.name]


@pytest.mark.parametrize("codes", ORDERS, ids="".join)
def test_the_mask_lies_on_its_pixels_whatever_the_order_of_the_volume(tmp_path, codes):
    suffix = ".nii" if codes[0] in "RAS" else ".nii.gz"
    source, target = save(tmp_path / f"a{suffix}", codes=codes), tmp_path / f"out/b{suffix}"
    write_nifti_mask(segment(slices(source)), source, target)
    volume, mask = nibabel.load(source), nibabel.load(target)
    assert np.array_equal(np.asarray(mask.dataobj), np.isin(np.asarray(volume.dataobj), (5, 17, 18, 23)))
    assert mask.get_data_dtype() == np.uint8
    assert np.array_equal(mask.affine, volume.affine)
    seen, made = SimpleITK.ReadImage(str(source)), SimpleITK.ReadImage(str(target))
    assert np.array_equal(SimpleITK.GetArrayFromImage(made), np.isin(SimpleITK.GetArrayFromImage(seen), (5, 17, 18, 23)))
    for place in ("GetOrigin", "GetSpacing", "GetDirection", "GetSize"):
        assert getattr(made, place)() == getattr(seen, place)()


def test_the_reader_finds_the_mask_where_it_was_drawn(tmp_path):
    source = save(tmp_path / "a.nii.gz", codes=("I", "R", "P"))
    drawn = segment(slices(source))
    write_nifti_mask(drawn, source, tmp_path / "a_mask.nii.gz")
    cases = slices(source)
    assert [case.load_mask().tolist() for case in cases] == [mask.tolist() for mask in drawn]
    assert any(mask.any() for mask in drawn)


@pytest.mark.parametrize("codes", [(0, 0), (1, 0), (0, 1), (2, 3)])
def test_every_way_to_say_where_a_volume_lies_is_kept(tmp_path, codes):
    image = nibabel.Nifti1Image(COUNT, TILTED)
    image.set_qform(TILTED, codes[0])
    image.set_sform(TILTED if codes[1] else None, codes[1])
    nibabel.save(image, tmp_path / "a.nii")
    write_nifti_mask([np.zeros((3, 2), bool)] * 4, tmp_path / "a.nii", tmp_path / "b.nii")
    read, made = nibabel.load(tmp_path / "a.nii"), nibabel.load(tmp_path / "b.nii")
    assert np.array_equal(made.affine, read.affine)
    assert (int(made.header["qform_code"]), int(made.header["sform_code"])) == codes
    assert made.header.get_zooms() == read.header.get_zooms()
    assert not np.asarray(made.dataobj).any()


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_sequences_of_one_patient_have_one_mask(tmp_path, kind):
    nibabel.save(kind(np.stack([COUNT] * 3, axis=-1), TILTED), tmp_path / "a.nii")
    write_nifti_mask(segment(slices(tmp_path / "a.nii")), tmp_path / "a.nii", tmp_path / "out/b.nii")
    made = nibabel.load(tmp_path / "out/b.nii")
    assert isinstance(made, kind)
    assert np.array_equal(np.asarray(made.dataobj), np.isin(COUNT, (5, 17, 18, 23)))


@pytest.mark.parametrize("masks", [[], [(3, 2)] * 3, [(3, 2)] * 5, [(3, 2)] * 3 + [(2, 3)]])
def test_masks_of_another_volume_are_refused(tmp_path, masks):
    source = save(tmp_path / "a.nii", affine=np.eye(4))
    with pytest.raises(ValueError, match="4 slices of 3 x 2 pixels"):
        encode_nifti_mask((np.zeros(shape, bool) for shape in masks), source)


def test_a_source_that_broke_meanwhile_is_told_without_its_words(tmp_path):
    (tmp_path / "a.nii").write_bytes(b"Zwickelmann" * 100)
    with pytest.raises(DamageError, match="no NIfTI file"):
        write_nifti_mask([], tmp_path / "a.nii", tmp_path / "b.nii")


def test_the_same_masks_are_the_same_bytes(tmp_path):
    source = save(tmp_path / "a.nii")
    assert encode_nifti_mask(segment(slices(source)), source) == encode_nifti_mask(segment(slices(source)), source)


def test_nothing_that_the_source_says_of_a_person_is_taken_over(tmp_path):
    image = nibabel.Nifti1Image(COUNT, TILTED)
    image.header["db_name"] = image.header["aux_file"] = image.header["descrip"] = image.header["intent_name"] = b"Zwickelmann"
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"Zwickelmann"))
    nibabel.save(image, tmp_path / "a.nii.gz")
    write_nifti_mask([np.zeros((3, 2), bool)] * 4, tmp_path / "a.nii.gz", tmp_path / "b.nii.gz")
    assert b"Zwickelmann" in gzip.decompress((tmp_path / "a.nii.gz").read_bytes())
    assert b"Zwick" not in gzip.decompress((tmp_path / "b.nii.gz").read_bytes())
