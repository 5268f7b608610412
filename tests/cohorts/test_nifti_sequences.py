import gzip
import logging
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.nifti import read_nifti
from tumourflow.cohorts.nifti_sequences import group_sequences
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

AFFINE = np.diag([-1.0, -1, 1, 1])  # stored as it is shown: columns, rows and slices
BRATS = ("flair", "t1", "t1ce")


@pytest.fixture
def read(tmp_path) -> Callable[..., CohortIndex]:
    """Write volumes of 2 x 2 pixels and 2 slices, each with a value of its own, and read those that `sequences` names."""

    def write(*names: str, sequences=BRATS, volumes: dict[str, nibabel.Nifti1Image] | None = None, **options) -> CohortIndex:
        for number, name in enumerate(names):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            if ".nii" in name:
                drawn = "seg" in name or "label" in name
                values = np.full((2, 2, 2), 1 if drawn else 10 + number, np.uint8)
                values[0, 0] = 0
                nibabel.save((volumes or {}).get(name) or nibabel.Nifti1Image(values, AFFINE), tmp_path / name)
            else:
                (tmp_path / name).write_text("x")
        return read_nifti(tmp_path, IngestionOptions(reader="nifti", sequences=sequences, **options))

    return write


def account(index: CohortIndex) -> list[str]:
    used = {file for case in index.cases for file in case.files}
    kinds = (index.orphan_images, index.orphan_masks, index.metadata, index.strays, tuple(each.file for each in index.rejected))
    return sorted(file.as_posix() for kind in (tuple(used), *kinds) for file in kind)


def brats(patient: str, *words: str) -> list[str]:
    return [f"{patient}/{patient}_{word}.nii.gz" for word in words]


def test_volumes_are_grouped_by_what_stands_before_the_word_in_the_order_of_the_list():
    stems = ("ward/a_1-T1", "ward/a_1_flair", "ward/a_1_t2", "ward/a_2_t1", "t1", "ward_t1/b", "ward/a_3/t1")
    scans = group_sequences(Path("brains"), {stem: Path(f"{stem}.nii") for stem in stems}, ("flair", "t1"))
    assert {case: list(scan.items()) for case, scan in scans.items()} == {
        "ward/a_1": [("flair", Path("ward/a_1_flair.nii")), ("t1", Path("ward/a_1-T1.nii"))],
        "ward/a_2": [("t1", Path("ward/a_2_t1.nii"))],
        "ward/a_3": [("t1", Path("ward/a_3/t1.nii"))],
    }


@pytest.mark.parametrize(
    ("names", "sequences", "images", "masks"),
    [
        (brats("p_1", "seg", "flair", "t1", "t1ce"), BRATS, brats("p_1", *BRATS), brats("p_1", "seg")),
        (brats("p_1", "flair", "t1", "t1ce", "mask"), ("t1ce", "flair", "t1"), brats("p_1", "t1ce", "flair", "t1"), brats("p_1", "mask")),
        (
            ["BraTS-GLI-1-000-t2f.nii", "BraTS-GLI-1-000-t1n.nii", "BraTS-GLI-1-000-t1c.nii", "BraTS-GLI-1-000-seg.nii"],
            ("t1n", "t1c", "t2f"),
            ["BraTS-GLI-1-000-t1n.nii", "BraTS-GLI-1-000-t1c.nii", "BraTS-GLI-1-000-t2f.nii"],
            ["BraTS-GLI-1-000-seg.nii"],
        ),
        (
            ["imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz", "imagesTr/a_0002.nii.gz", "labelsTr/a.nii.gz"],
            (2, 0, 1),
            ["imagesTr/a_0002.nii.gz", "imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz"],
            ["labelsTr/a.nii.gz"],
        ),
        (
            ["a/b/T1.nii", "a/b/flair.nii", "a/b/t1ce.nii", "a/b/seg.nii"],
            BRATS,
            ["a/b/flair.nii", "a/b/T1.nii", "a/b/t1ce.nii"],
            ["a/b/seg.nii"],
        ),
        (["a/flair.nii.gz", "a/t2.nii.gz", "a/mask.nii.gz"], ("flair",), ["a/flair.nii.gz"], ["a/mask.nii.gz"]),
        (["ImagesTr/a-FLAIR.nii", "labelstr/a_seg.nii"], ("flair",), ["ImagesTr/a-FLAIR.nii"], ["labelstr/a_seg.nii"]),
        (["a_flair.nii", "a_T1.nii", "a_t1Ce.nii", "a_t2.nii"], (*BRATS, "t2"), ["a_flair.nii", "a_T1.nii", "a_t1Ce.nii", "a_t2.nii"], []),
    ],
)
def test_sequences_in_files_of_their_own_are_the_channels_of_one_image(read, names, sequences, images, masks):
    index = read(*names, sequences=sequences)
    assert {case.images for case in index.cases} == {tuple(map(Path, images))}
    assert {case.masks for case in index.cases} == {tuple(map(Path, masks))}
    assert account(index) == sorted(names)
    values = [10 + names.index(image) for image in images]
    for case in index.cases:
        shown = case.load_image()
        assert shown[1, 1].tolist() == (values if len(values) > 1 else values[0])
        assert not shown[0, 0].any()
        assert not masks or case.load_mask().tolist() == [[False, True], [True, True]]


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("anna/anna_{}_{}.nii", "anna"),
        ("imagesTr/anna_{}_{}.nii", "anna"),
        ("BraTS20_Training_001/BraTS20_Training_{}-{}.nii", "BraTS20_Training_001"),
        ("anna/{}/{}.nii", "anna"),
    ],
)
def test_patient_and_order_are_read_from_the_name_without_the_word(read, name, patient):
    cases = read(*(name.format(number, word) for number in (10, 9) for word in BRATS)).cases
    assert [case.case_id for case in cases] == [f"{make_pseudonym(patient)}/{volume}-{n}" for volume in (1, 2) for n in (1, 2)]
    assert [case.image.name for case in cases] == [Path(name.format(number, "flair")).name for number in (9, 9, 10, 10)]


def test_a_pattern_is_matched_with_the_name_without_the_word(read):
    (case, _) = read(*(f"BRATS_001_{word}.nii" for word in BRATS), case_pattern="(?P<patient>BRATS_001)").cases
    assert case.patient == make_pseudonym("BRATS_001")


def test_each_sequence_has_a_window_of_its_own(read):
    """Values 0 to 7 are spread over 0 to 255 whatever they are multiplied with; 8 bits that mean brightness stay as they are."""
    steps = np.arange(8).reshape(2, 2, 2)
    stored = {"a_flair.nii": (steps * 1000).astype(np.int16), "a_t1.nii": steps / 7, "a_t1ce.nii": steps.astype(np.uint8)}
    volumes = {name: nibabel.Nifti1Image(values, AFFINE) for name, values in stored.items()}
    index = read(*stored, volumes=volumes, window="minmax")
    spread = np.rint(np.arange(8) / 7 * 255).reshape(2, 2, 2).astype(int)
    for place, case in enumerate(index.cases):
        shown = case.load_image()
        assert shown.dtype == np.uint8
        assert shown[..., 0].T.tolist() == shown[..., 1].T.tolist() == spread[..., place].tolist()
        assert shown[..., 2].T.tolist() == steps[..., place].tolist()


def test_a_value_that_is_no_number_in_any_sequence_comes_to_the_ledger(read):
    values = np.zeros((2, 2, 2), np.float32)
    values[0, 0, 1] = np.nan
    index = read("a_flair.nii", "a_t1.nii", "a_t1ce.nii", volumes={"a_t1.nii": nibabel.Nifti1Image(values, AFFINE)})
    first, second = (case.load_image() for case in index.cases)
    assert first.dtype == np.uint8
    assert np.isnan(second).sum() == 1


def test_a_sequence_that_was_written_anew_is_read_anew(read, tmp_path):
    names = brats("p1", *BRATS)
    (case, _) = read(*names).cases
    assert case.load_image()[1, 1].tolist() == [10, 11, 12]
    nibabel.save(nibabel.Nifti1Image(np.full((2, 2, 2), 99, np.uint8), AFFINE), tmp_path / names[1])
    (case, _) = read_nifti(tmp_path, IngestionOptions(reader="nifti", sequences=BRATS)).cases
    assert case.load_image()[1, 1].tolist() == [10, 99, 12]


def test_sequences_that_nobody_named_are_set_aside_and_do_not_count_as_lost(read, caplog):
    names = [*brats("p1", *BRATS, "t2", "seg"), *brats("p2", *BRATS, "t2", "adc", "seg")]
    with caplog.at_level(logging.INFO):
        index = read(*names, "p1/p1_t2.json")
    assert sorted(map(str, index.metadata)) == ["p1/p1_t2.json", "p1/p1_t2.nii.gz", "p2/p2_adc.nii.gz", "p2/p2_t2.nii.gz"]
    assert account(index) == sorted([*names, "p1/p1_t2.json"])
    assert not (*index.rejected, *index.strays)
    assert "are not looked at: t2 (2 files), adc (1 files)." in caplog.text


def test_one_sequence_is_picked_out_of_several(read):
    index = read(*brats("p1", "t1", "flair", "seg"), *brats("p2", "t1", "flair", "seg"), sequences="flair")
    assert {case.images for case in index.cases} == {(Path(f"p{n}/p{n}_flair.nii.gz"),) for n in (1, 2)}
    assert {case.load_image().shape for case in index.cases} == {(2, 2)}
    assert len(index.metadata) == 2


def test_what_is_of_no_case_has_a_row(read):
    index = read(*brats("p1", *BRATS, "seg"), "p2/p2_t2.nii.gz", "p2/p2_seg.nii.gz", "atlas.nii", "p1/._p1_t1.nii.gz", "p1/p1.nii")
    strays = ("atlas.nii", "p1/p1.nii", "p2/p2_t2.nii.gz")
    assert [(each.file.as_posix(), each.finding) for each in index.rejected] == [(name, "stray") for name in strays]
    assert all("of no case: its name is not that of a sequence" in each.evidence for each in index.rejected)
    assert [file.as_posix() for file in index.orphan_masks] == ["p2/p2_seg.nii.gz"]
    assert [file.as_posix() for file in index.strays] == ["p1/._p1_t1.nii.gz"]


def test_a_case_without_a_segmentation_is_an_orphan_with_all_its_files(read):
    index = read(*brats("p1", *BRATS, "seg"), *brats("p2", *BRATS))
    assert [file.as_posix() for file in index.orphan_images] == brats("p2", *BRATS)


SHIFTED = nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), AFFINE + 9 * np.eye(4, k=3))
LONGER = nibabel.Nifti1Image(np.zeros((2, 2, 3), np.uint8), AFFINE)
COLOURED = nibabel.Nifti1Image(np.zeros((2, 2, 2, 3), np.uint8), AFFINE)


@pytest.mark.parametrize(
    ("broken", "finding", "evidence"),
    [
        (None, "incomplete", "t1 not found, only flair and t1ce"),
        (SHIFTED, "incomplete", "sequence flair and sequence t1 lie up to 9.0 mm apart: their affines differ"),
        (LONGER, "incomplete", "sequence flair 2 x 2 x 2, sequence t1 2 x 2 x 3"),
        (COLOURED, "incomplete", "sequence t1: 3 channels in a file, where each sequence has a file of its own"),
        (b"", "empty", "sequence t1: 0 bytes"),
        (gzip.compress(b"\0" * 1000, mtime=0), "undecodable", "sequence t1: no NIfTI file, whatever its suffix says"),
    ],
)
def test_a_case_that_cannot_be_joined_is_left_out_with_all_its_files(read, tmp_path, broken, finding, evidence):
    left_out = brats("p2", "flair", *([] if broken is None else ["t1"]), "t1ce", "seg")
    volumes = {"p2/p2_t1.nii.gz": broken} if isinstance(broken, nibabel.Nifti1Image) else {}
    names = [*brats("p1", *BRATS, "seg"), *left_out]
    read(*names, volumes=volumes)
    if isinstance(broken, bytes):
        (tmp_path / "p2/p2_t1.nii.gz").write_bytes(broken)
    index = read_nifti(tmp_path, IngestionOptions(reader="nifti", sequences=BRATS))
    assert {case.image.as_posix() for case in index.cases} == {"p1/p1_flair.nii.gz"}
    assert {each.file.as_posix(): (each.finding, each.evidence) for each in index.rejected} == dict.fromkeys(left_out, (finding, evidence))
    assert account(index) == sorted(names)


def test_a_segmentation_that_lies_elsewhere_takes_all_sequences_along(read):
    index = read(*brats("p1", *BRATS, "seg"), *brats("p2", *BRATS, "seg"), volumes={"p2/p2_seg.nii.gz": SHIFTED})
    assert {(each.file.as_posix(), each.finding) for each in index.rejected} == {(n, "size_mismatch") for n in brats("p2", *BRATS, "seg")}
    assert index.rejected[0].evidence.startswith("sequence flair and segmentation lie")


def test_values_that_end_early_in_one_sequence_are_an_error_of_its_slices(read, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 2), np.uint8)
    volumes = {f"a_{word}.nii.gz": nibabel.Nifti1Image(noise, AFFINE) for word in BRATS}
    cases = read(*volumes, volumes=volumes).cases
    packed = (tmp_path / "a_t1ce.nii.gz").read_bytes()
    (tmp_path / "a_t1ce.nii.gz").write_bytes(packed[: len(packed) // 2])
    for case in cases:
        with pytest.raises(ValueError, match="NIfTI values cannot be read"):
            case.load_image()


@pytest.mark.parametrize(
    ("names", "sequences", "message"),
    [
        (["a_T1w.nii", "b_T1w.nii", "b_bold.nii"], ("t1",), r"is t1, but no volume in .* called t1: .* stands `T1w`, `bold`. Name what is"),
        ([*brats("p", "t1", "t1c"), "p/p_t2.nii"], ("t1", "t1ce", "flair"), r"called t1ce or flair: .* stands `t1`, `t1c`, `t2`\."),
        (["a.nii"], ("t1",), "no name has a `_` or `-` with a word behind it"),
        (["a/T1w.nii", "b/T1w.nii"], ("t1",), "at the ends of the names stands `T1w`"),
        (["a_t1.nii", "a_t1.nii.gz"], ("t1",), "Two files would be the same volume"),
        (["a_t1.nii", "a-T1.nii"], ("t1",), r"the sequence t1 of the same case: `a-T1.nii` and `a_t1.nii` in .*Remove or rename one"),
        (["a_t1.nii", "a-label.nii"], ("t1",), r"`a-label.nii` in .* the segmentation of `a`.* Call it `a_seg`"),
        (
            ["a/a_t1.nii", "a/mask.nii"],
            ("t1",),
            r"That of `a/a` should be `a/a_seg`; found is `a/mask.nii`\. Rename them, or move them elsewhere\.$",
        ),
        (["a_t1.nii", "a_t1_seg.nii"], ("t1",), r"That of `a` should be `a_seg`; found is `a_t1_seg.nii`"),
        (["imagesTr/a_0000.nii", "labelsTr/b.nii"], (0,), "That of `imagesTr/a` should be `labelsTr/a`; found is `labelsTr/b.nii`"),
    ],
)
def test_names_that_do_not_fit_are_told_in_a_sentence(read, names, sequences, message):
    with pytest.raises(UserError, match=message) as caught:
        read(*names, sequences=sequences)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("names", [("b/b_flair.nii", "b/b_t1.nii", "b/b_seg.nii"), ("b/flair.nii", "b/t1.nii", "b/seg.nii")])
def test_where_nobody_named_sequences_the_sentence_says_that_they_can_be(read, names):
    with pytest.raises(UserError, match=r"Sequences of a case \(flair, t1\) can be listed as `ingestion.sequences`\."):
        read(*names, sequences=())
