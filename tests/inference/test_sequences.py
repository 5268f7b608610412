from pathlib import Path

import nibabel
import numpy as np
import pytest

from tumourflow.cohorts.shown import DEFAULT_WINDOW
from tumourflow.inference.gather import gather_volumes
from tumourflow.inference.models import Chosen
from tumourflow.inference.place import open_input
from tumourflow.inference.sequences import find_joining, join_files

FLAIR, T1CE, BREAST = "brain-flair3", "brain-t1ce", "breast-us"
WORDS = ("t1", "flair", "t1ce")
BESIDE = "Not one of the sequences that are joined (t1, flair, t1ce), or a second file of one."


@pytest.fixture
def gather(tmp_path):
    """Write volumes of 2 x 2 pixels and 3 slices and gather them; a name behind `!` is that of a volume that lies elsewhere."""

    def write(*names: str, sequences=WORDS):
        for number, name in enumerate(names):
            file = tmp_path / "in" / name.removeprefix("!")
            file.parent.mkdir(parents=True, exist_ok=True)
            affine = np.diag([-1.0, -1, 1, 1]) + (9 * np.eye(4, k=3) if name.startswith("!") else 0)
            nibabel.save(nibabel.Nifti1Image(np.full((2, 2, 3), number, np.uint8), affine), file)
        return gather_volumes(open_input(str(tmp_path / "in")), sequences)

    return write


def name_all(folder: str, *words: str) -> list[str]:
    return [f"{folder}/{folder}_{word}.nii.gz" for word in words]


def test_the_sequences_of_a_case_are_one_volume_and_others_of_it_are_passed_over(gather):
    found = gather(
        *name_all("p1", "t1ce", "t1", "flair", "t2", "seg"),
        "p1/atlas.nii",
        "imagesTs/p2-T1.nii",
        "imagesTs/p2-flair.nii",
        "imagesTs/p2-t1Ce.nii",
    )
    files = {volume.patient: [file.as_posix() for file in volume.files] for volume in found.volumes if len(volume.files) > 1}
    assert files == {"p1": name_all("p1", *WORDS), "p2": ["imagesTs/p2-T1.nii", "imagesTs/p2-flair.nii", "imagesTs/p2-t1Ce.nii"]}
    assert [volume.files for volume in found.volumes if len(volume.files) == 1] == [(Path("p1/atlas.nii"),)]
    reasons = {each.source: (each.status, each.reason) for each in found.passed_over}
    assert reasons == {
        "p1/p1_seg.nii.gz": ("refused", "A mask by its name, no image."),
        "p1/p1_t2.nii.gz": ("refused", BESIDE),
    }
    first = next(volume for volume in found.volumes if volume.patient == "p1" and len(volume.files) > 1).slices[1]
    assert (first.source, first.mask) == ("p1/p1_t1.nii.gz#1", "p1/p1_t1.nii.gz-1_mask.png")
    assert first.load(DEFAULT_WINDOW)[0, 0].tolist() == [1, 2, 0], "as many as files were written before"


def test_a_second_file_of_a_sequence_is_passed_over(gather):
    found = gather(*name_all("p1", *WORDS), "p1/p1_t1.nii")
    assert [volume.files[0] for volume in found.volumes] == [Path("p1/p1_t1.nii")]
    assert [(each.source, each.reason) for each in found.passed_over] == [("p1/p1_t1.nii.gz", BESIDE)]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (name_all("p1", "t1", "flair"), "T1ce not found, only t1 and flair."),
        (
            [*name_all("p1", "t1", "t1ce"), "!p1/p1_flair.nii.gz"],
            "Sequence t1 and sequence flair lie up to 9.0 mm apart: their affines differ.",
        ),
    ],
)
def test_a_case_that_cannot_be_joined_is_passed_over_with_the_reason(gather, names, reason):
    found = gather(*names, "other.nii")
    assert [volume.patient for volume in found.volumes] == ["other"]
    assert {(each.source, each.status, each.reason) for each in found.passed_over} == {
        (name.removeprefix("!"), "unreadable", reason) for name in names
    }


def test_one_of_the_sequences_is_looked_at_by_itself(gather):
    found = gather(*name_all("p1", "t1ce", "t2"))
    assert [volume.files for volume in found.volumes] == [(Path(name),) for name in name_all("p1", "t1ce", "t2")]
    assert not found.passed_over


def test_a_model_of_one_sequence_picks_it_out(gather):
    found = gather(*name_all("p1", "t1ce", "t2"), sequences=("t1ce",))
    assert [volume.files for volume in found.volumes] == [(Path("p1/p1_t1ce.nii.gz"),)]
    assert [each.source for each in found.passed_over] == ["p1/p1_t2.nii.gz"]


def test_without_sequences_every_file_is_a_volume():
    files = [Path(name) for name in name_all("p1", *WORDS)]
    assert join_files(files, ()) == ([{"": file} for file in files], [])


@pytest.mark.parametrize(
    ("modality", "joined"),
    [
        (None, "b-segmentation v1"),
        ("brain", "b-segmentation v1"),
        (FLAIR, "b-segmentation v1"),
        (T1CE, "c-segmentation v1"),
        ("breast", None),
    ],
)
def test_the_model_of_most_channels_says_what_is_joined(at_hand, modality, joined):
    models = {
        ("segmentation", T1CE): at_hand("c-segmentation v1", T1CE, sequences=["t1ce"]),
        ("detection", FLAIR): at_hand("a-classification v1", FLAIR, "detection", sequences=["T1w"]),
        ("segmentation", FLAIR): at_hand("b-segmentation v1", sequences=list(WORDS)),
        ("segmentation", BREAST): at_hand("busi-segmentation v1", BREAST),
    }
    found = find_joining(Chosen(None, models), modality)
    assert (found.label if found else None) == joined


def test_models_that_note_no_sequences_join_nothing(at_hand):
    assert find_joining(Chosen(None, {("segmentation", FLAIR): at_hand("a-segmentation v1")}), None) is None
