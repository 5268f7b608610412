import gzip
import os

import nibabel
import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.packing import PackedCases
from tumourflow.cohorts.phantoms import write
from tumourflow.cohorts.readers import READERS, read_cohort
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions, PhantomOptions

TINY = PhantomOptions(patients=3, slices=3, size=32)
READER = {name: IngestionOptions(reader=name) for name in READERS}
JOINED = {"sequences": IngestionOptions(reader="nifti", sequences=("flair", "t1", "t1ce"))}

ODD = "a\udcff"
"""A name with a byte that is no text, as the file system gives it."""
LONG = "20240131120000123456789"
"""More digits than tables hold."""

KAGGLE_NAMES = st.sampled_from(
    [
        *(f"{home}p{p}/p{p}_{n}{mask}.tif" for home in ("", "kaggle_3m/") for p in (1, 2) for n in (2, 10) for mask in ("", "_mask")),
        *(f"p1/p1_{LONG}.tif", f"p1/p1_{LONG}_mask.tif", f"{ODD}/{ODD}_1.tif", f"{ODD}/{ODD}_1_mask.tif"),
        *(
            "data.csv",
            "README.md",
            "kaggle_3m/data.csv",
            ".DS_Store",
            "p1/.hidden",
            "p1/p2_1.tif",
            "p1/deep/p1_1.tif",
            "p1/p1_1.TIF",
            "x.zip",
        ),
    ]
)
PAIRED_NAMES = st.sampled_from(
    [
        *(f"images/{stem}.png" for stem in ("a_1", "a_2", "b/1", "b/2", "a_1_mask", f"a_{LONG}", f"{ODD}_1")),
        *(f"masks/{stem}.tif" for stem in ("a_1_mask", "a_2_mask", "b/1_mask", "b/2", "a_1_mask_mask", "c_mask")),
        *(f"masks/{stem}_mask.png" for stem in (f"a_{LONG}", f"{ODD}_1")),
        *("images/.DS_Store", "masks/notes.txt", "notes.txt", "other/a_1.png", "a_1.png"),
    ]
)
BUSI_NAMES = st.sampled_from(
    [
        *(f"{home}benign/benign ({n}){mask}.png" for home in ("", "all/") for n in (1, 2) for mask in ("", "_mask", "_mask_1")),
        *(
            "benign/malignant (1).png",
            "normal/normal (1).PNG",
            "normal/normal (1)_mask.png",
            "benign.png",
            f"benign/{ODD}.png",
            ".DS_Store",
            "benign/x/benign (1).png",
        ),
    ]
)
CLASS_NAMES = st.sampled_from(
    [
        *(
            "yes/1.png",
            "yes/1.jpg",
            "yes/a/1.png",
            "yes/.1.png",
            "no/1.png",
            "no/notes.txt",
            "yes.csv",
            "1.png",
            "all/yes/1.png",
            "all/no/1.png",
        ),
        *("all/notes.md", "yes/no/1.png", "train/1.png", ".DS_Store", "yes/1.zip", f"yes/{ODD}.png"),
    ]
)
# The content of the table comes with its name.
TABLES = [
    "path\na.png\n",
    "path,mask\na.png,m.png;n.png\nb.png,m.png\n../x.png,n.png\n",
    "path,patient\na.png,anna\nb.png,\nc/a.png,anna\n",
    "path,label\n",
]
MANIFEST_NAMES = st.sampled_from(
    ["manifest.csv", *(f"{stem}.png" for stem in ("a", "b", "m", "n", "c/a", "c/b", ODD)), "notes.csv", "c/manifest.csv"]
)
DICOM_NAMES = st.sampled_from(
    [f"{folder}{name}" for folder in ("", "a/") for name in ("1.dcm", "2", "3.dcm", "DICOMDIR", "x.png", "4.ima", f"{ODD}.dcm")]
)
NIFTI_NAMES = st.sampled_from(
    [f"{stem}.nii{packed}" for stem in ("a_1", "a_1_mask", "a_1_seg", "b/2", "b/2_mask", ".a", f"{ODD}_{LONG}") for packed in ("", ".gz")]
)
SEQUENCE_NAMES = st.sampled_from(
    [
        *(f"{case}_{word}.nii" for case in ("a", "b/b_1", ODD) for word in ("t1", "FLAIR", "t1ce", "t2", "seg")),
        *("a-seg.nii", "a-T1.nii", "a.nii", "b/b_1_t1.json", "b/.b_1_t1.nii", "imagesTr/c_t1.nii", "labelsTr/c.nii"),
    ]
)
NIFTI_FOLDERS = st.sampled_from(
    [f"{folder}/{stem}.nii" for folder in ("imagesTr", "labelsTr", "imagesTs") for stem in ("a", "a_0000", "a_0001", "a_seg", "._a", "b")]
)


def classes(index: CohortIndex) -> list[str]:
    cases = [path for case in index.cases for path in case.files]
    rejected = [each.file for each in index.rejected]
    return [path.as_posix() for path in (*cases, *index.orphan_images, *index.orphan_masks, *index.metadata, *index.strays, *rejected)]


NAMES = {
    "kaggle_3m": KAGGLE_NAMES,
    "paired": PAIRED_NAMES,
    "busi": BUSI_NAMES,
    "classes": CLASS_NAMES,
    "manifest": MANIFEST_NAMES,
    "dicom": DICOM_NAMES,
    "nifti": st.one_of(NIFTI_NAMES, NIFTI_FOLDERS),
    "sequences": SEQUENCE_NAMES,
}


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """What a file of a name may hold, good or not; one possibility for those of which only the name is looked at."""
    home = tmp_path_factory.mktemp("contents")
    nibabel.save(nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4)), home / "a.nii")
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID, dataset.SOPClassUID = pydicom.uid.ExplicitVRLittleEndian, pydicom.uid.CTImageStorage
    dataset.PatientID, dataset.Rows, dataset.Columns, dataset.BitsAllocated, dataset.BitsStored = "anna", 1, 2, 8, 8
    dataset.PixelRepresentation, dataset.PixelData = 0, b"ab"
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.MediaStorageSOPClassUID, dataset.file_meta.MediaStorageSOPInstanceUID = (
        dataset.SOPClassUID,
        pydicom.uid.generate_uid(),
    )
    dataset.save_as(home / "a.dcm", enforce_file_format=True)
    nifti, dicom = (home / "a.nii").read_bytes(), (home / "a.dcm").read_bytes()

    def find(name):
        if name.endswith("manifest.csv"):
            return [table.encode() for table in TABLES]
        if ".nii" in name:
            return [nifti, gzip.compress(nifti), nifti[:100], b""]
        return [dicom, dicom, dicom[:300], b""] if (not name.endswith((".png", ".tif")) and "." not in name) or ".dcm" in name else [b""]

    return find


@pytest.mark.parametrize(("reader", "names"), NAMES.items())
def test_every_file_is_exactly_one_of_image_mask_orphan_metadata_stray_or_rejected(reader, names, tmp_path_factory, contents):
    read_at_all = []

    @settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.differing_executors])
    @given(st.sets(names, min_size=1), st.randoms(use_true_random=False))
    def holds(chosen, random):
        root = tmp_path_factory.mktemp("cohort")
        for name in sorted(chosen):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(random.choice(contents(name)))
        try:
            index = read_cohort(root, (READER | JOINED)[reader], TINY)
        except UserError:
            return
        read_at_all.append(chosen)
        # A mask may be that of several images, and a table may name files that are not there.
        there = [name for name in classes(index) if (root / name).is_file()]
        assert sorted(there if reader not in {"manifest", "nifti", "sequences"} else set(there)) == sorted(chosen)
        kinds = (index.orphan_images, index.orphan_masks, index.metadata, index.strays, [each.file for each in index.rejected])
        used = {path for case in index.cases for path in case.files}
        assert sum(map(len, (*kinds, used))) == len(used.union(*kinds))
        assert list(PackedCases(index.cases)) == list(index.cases)

    holds()
    assert read_at_all


@pytest.mark.parametrize(("reader", "name"), [("dicom", "1.dcm"), ("nifti", "a.nii"), ("classes", "no/1.png")])
def test_layouts_whose_values_need_a_window_say_so(reader, name, tmp_path, contents):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(contents(name)[0])
    options = IngestionOptions(reader=reader, window="minmax", bits=16)
    assert read_cohort(tmp_path, options, TINY).window == (None if reader == "classes" else options)


def test_phantoms_are_written_where_there_is_nothing(tmp_path):
    index = read_cohort(tmp_path / "01_raw" / "phantoms", READER["phantoms"], TINY)
    assert len({case.patient for case in index.cases}) == 3
    assert {case.site for case in index.cases} <= {"CS", "DU", "FG", "HT"}
    assert len(index.orphan_images) == 1
    assert len(index.orphan_masks) == 1
    assert index.strays == ()
    assert [path.name for path in (tmp_path / "01_raw").iterdir()] == ["phantoms"]


def test_an_empty_folder_is_nothing(tmp_path):
    (tmp_path / "01_raw" / "phantoms").mkdir(parents=True)
    assert read_cohort(tmp_path / "01_raw" / "phantoms", READER["phantoms"], TINY).cases


@pytest.mark.parametrize("made", [False, True])
def test_a_mistyped_path_is_not_filled_with_phantoms(tmp_path, made):
    root = tmp_path / "data" / "kagle_3m"
    if made:
        root.mkdir(parents=True)
    state = "is empty" if made else "does not exist"
    with pytest.raises(UserError, match=rf"`raw_root` {state}: .*kagle_3m.* name the cohort with --env, or leave raw_root out"):
        read_cohort(root, READER["phantoms"], TINY)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    assert root.exists() == made


def test_phantoms_of_the_same_recipe_are_read_and_others_neither_read_nor_overwritten(tmp_path, monkeypatch):
    root = tmp_path / "01_raw" / "phantoms"
    first = read_cohort(root, READER["phantoms"], TINY)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert list(read_cohort(root, READER["phantoms"], TINY).cases) == list(first.cases)
    with pytest.raises(
        UserError, match=r"phantoms was written otherwise .*\(patients 3 instead of 5\): delete this folder .* or choose"
    ) as caught:
        read_cohort(root, READER["phantoms"], TINY.model_copy(update={"patients": 5}))
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(write, "GENERATOR", write.GENERATOR + 1)
    with pytest.raises(UserError, match=rf"generator {write.GENERATOR - 1} instead of {write.GENERATOR}\)"):
        read_cohort(root, READER["phantoms"], TINY)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_phantoms_that_tell_no_generator_are_of_an_earlier_one(tmp_path):
    root = tmp_path / "01_raw" / "phantoms"
    read_cohort(root, READER["phantoms"], TINY)
    text = (root / "README.md").read_text()
    (root / "README.md").write_text(text.replace(f'"generator": {write.GENERATOR}, ', ""))
    with pytest.raises(UserError, match="generator unknown instead of"):
        read_cohort(root, READER["phantoms"], TINY)


def test_a_cohort_that_is_no_phantom_is_read_wherever_it_lies(tmp_path):
    for name in ("p1_1.tif", "p1_1_mask.tif"):
        (tmp_path / "p1").mkdir(exist_ok=True)
        (tmp_path / "p1" / name).touch()
    assert [case.case_id for case in read_cohort(tmp_path, READER["phantoms"], TINY).cases] == ["p1/1"]


def test_no_other_reader_writes(tmp_path):
    for reader in sorted(READERS.keys() - {"phantoms"}):
        with pytest.raises(UserError, match="does not exist"):
            read_cohort(tmp_path / "absent", READER[reader], TINY)
    assert not any(tmp_path.iterdir())


def test_a_linked_folder_is_read_and_a_circle_ends(tmp_path):
    real = tmp_path / "real" / "p1"
    real.mkdir(parents=True)
    for name in ("p1_1.tif", "p1_1_mask.tif"):
        (real / name).touch()
    (tmp_path / "root").mkdir()
    os.symlink(real, tmp_path / "root" / "p1")
    os.symlink(tmp_path / "root", real / "up")
    assert [case.case_id for case in read_cohort(tmp_path / "root", READER["kaggle_3m"], TINY).cases] == ["p1/1"]
