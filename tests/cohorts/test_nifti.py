import gzip
import logging
import pickle
import struct
import tracemalloc
from pathlib import Path

import nibabel
import numpy as np
import pytest

from tumourflow.cohorts.nifti import read_nifti
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="nifti")
FIXED = IngestionOptions(reader="nifti", window="fixed", window_low=0, window_high=255)
RAS = np.diag([0.5, 0.25, 4, 1])
COUNT = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.fixture
def save(tmp_path):
    def write(name: str, values=COUNT, affine=RAS, slope: float | None = None, intercept: float = 0) -> Path:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        nibabel.save(nibabel.Nifti1Image(np.asarray(values), affine), tmp_path / name)
        if slope is not None:  # nibabel itself would divide the values
            with (tmp_path / name).open("r+b") as file:
                file.seek(112)
                file.write(struct.pack("<ff", slope, intercept))
        return tmp_path

    return write


@pytest.mark.parametrize("name", ["anna_1.nii", "anna_1.nii.gz"])
def test_a_volume_is_cut_upwards_and_shown_with_the_right_on_the_left(save, name):
    cases = pickle.loads(pickle.dumps(read_nifti(save(name), OPTIONS).cases))
    patient = make_pseudonym("anna")
    assert [case.case_id for case in cases] == [f"{patient}/1-{n}" for n in (1, 2, 3, 4)]
    assert [case.slice for case in cases] == [1, 2, 3, 4]
    # Columns run from the patient's right (large x is left: RAS counts to the right) and rows from the front.
    assert cases[0].load_image().tolist() == COUNT[::-1, ::-1, 0].T.tolist()
    assert cases[3].load_image().tolist() == COUNT[::-1, ::-1, 3].T.tolist()
    assert {(case.patient, case.spacing, case.load_mask, case.masks) for case in cases} == {(patient, (0.25, 0.5), None, ())}


def test_the_way_a_volume_is_stored_makes_no_difference(save, tmp_path):
    save("a/1.nii")
    stored = nibabel.load(tmp_path / "a/1.nii")
    for number, codes in enumerate((("L", "P", "S"), ("A", "L", "I"), ("P", "R", "I")), start=2):
        turn = nibabel.orientations.ornt_transform(nibabel.io_orientation(stored.affine), nibabel.orientations.axcodes2ornt(codes))
        nibabel.save(stored.as_reoriented(turn), tmp_path / f"a/{number}.nii")
    cases = read_nifti(tmp_path, OPTIONS).cases
    assert len(cases) == 16
    for place in range(4):
        shown = [cases[4 * volume + place].load_image().tolist() for volume in range(4)]
        assert shown == shown[:1] * 4


@pytest.mark.parametrize(("codes", "shape"), [(("R", "S", "A"), (4, 2)), (("A", "S", "R"), (4, 3)), (("R", "A", "S"), (3, 2))])
def test_slices_lie_along_the_third_axis_as_it_was_stored(save, tmp_path, codes, shape):
    save("a.nii")
    stored = nibabel.load(tmp_path / "a.nii")
    turn = nibabel.orientations.ornt_transform(nibabel.io_orientation(stored.affine), nibabel.orientations.axcodes2ornt(codes))
    nibabel.save(stored.as_reoriented(turn), tmp_path / "a.nii")
    assert {case.load_image().shape for case in read_nifti(tmp_path, OPTIONS).cases} == {shape}


@pytest.mark.parametrize(("codes", "found"), [("RAS", [[], [17], [], []]), ("ASR", [[17], []]), ("RIA", [[], [17], []])])
def test_a_mask_stored_otherwise_still_lies_on_its_tumour(tmp_path, codes, found):
    """The pixel of 17 is the second of four upwards, the first of two from the right, and the second of three from the back."""
    for name, values, axes in (("a.nii", COUNT, codes), ("a_mask.nii.gz", (COUNT == 17).astype(np.uint8), "PIR")):
        turn = nibabel.orientations.ornt_transform(nibabel.io_orientation(RAS), nibabel.orientations.axcodes2ornt(axes))
        nibabel.save(nibabel.Nifti1Image(values, RAS).as_reoriented(turn), tmp_path / name)
    index = read_nifti(tmp_path, OPTIONS)
    assert [(case.load_image()[case.load_mask()]).tolist() for case in index.cases] == found
    assert {case.masks for case in index.cases} == {(Path("a_mask.nii.gz"),)}


@pytest.mark.parametrize("window", ["percentile", "minmax"])
def test_the_window_is_that_of_the_volume_after_slope_and_intercept(save, window):
    values = np.array([[[0, 500, 1000, 2000]]], np.int16)
    options = IngestionOptions(reader="nifti", window=window, window_low=0, window_high=100)
    root = save("a.nii", values, slope=2, intercept=-5)
    cases = read_nifti(root, options).cases
    assert [case.load_image().item() for case in cases] == [0, 64, 128, 255]
    fixed = IngestionOptions(reader="nifti", window="fixed", window_low=-5, window_high=1995)
    assert [case.load_image().item() for case in read_nifti(root, fixed).cases] == [0, 128, 255, 255]


def test_values_that_fit_are_kept_as_they_are(save):
    assert read_nifti(save("a.nii"), OPTIONS).cases[2].load_image().dtype == np.uint8
    wide = IngestionOptions(reader="nifti", bits=16)
    (case, *_) = read_nifti(save("a.nii", COUNT.astype(np.uint16) * 1000), wide).cases
    assert case.load_image().max() == 20000
    assert case.load_image().dtype == np.uint16


def test_four_volumes_in_a_file_are_channels_each_with_a_window_of_its_own(save):
    values = np.stack([COUNT.astype(np.float32) * factor for factor in (1, 10, 100, 1000)], axis=-1)
    image = read_nifti(save("a.nii", values), IngestionOptions(reader="nifti", window="minmax")).cases[0].load_image()
    assert image.shape == (3, 2, 4)
    assert all(np.array_equal(image[..., 0], image[..., channel]) for channel in (1, 2, 3))


def test_a_slice_with_nan_comes_as_it_is_for_the_ledger(save):
    values = COUNT.astype(np.float32)
    values[0, 0, 0] = np.nan
    cases = read_nifti(save("a.nii", values), FIXED).cases
    assert np.isnan(cases[0].load_image()).any()
    assert cases[1].load_image().dtype == np.uint8


def test_patients_come_from_the_path_and_their_volumes_are_numbered_through(save):
    for name in ("anna_10.nii", "anna_9.nii", "anna_11.nii", "ward/bert/t1.nii"):
        root = save(name)
    options = IngestionOptions(reader="nifti", case_pattern=r"(?:(?P<site>\w+)/)?(?P<patient>[a-z]+)(?:_(?P<slice>\d+)|/.*)")
    cases = read_nifti(root, options).cases
    anna = [case for case in cases if case.patient == make_pseudonym("anna")]
    assert [case.slice for case in anna] == list(range(1, 13))
    assert [case.image.name for case in anna] == ["anna_9.nii"] * 4 + ["anna_10.nii"] * 4 + ["anna_11.nii"] * 4
    assert {case.site for case in cases if case not in anna} == {"ward"}


def test_labels_are_refused_in_the_whole_volume_unless_chosen(save):
    labels = np.zeros((2, 3, 4), np.uint8)
    labels[0, 0, 1], labels[0, 0, 2] = 1, 4
    save("a.nii")
    root = save("a_seg.nii", labels)
    for case in read_nifti(root, OPTIONS).cases:
        with pytest.raises(ValueError, match="Received 3: 0, 1, 4"):
            case.load_mask()
    chosen = IngestionOptions(reader="nifti", lesion_values=(4,))
    from tumourflow.cohorts.readers import read_cohort
    from tumourflow.options import PhantomOptions

    assert [int(case.load_mask().sum()) for case in read_cohort(root, chosen, PhantomOptions()).cases] == [0, 0, 1, 0]


def test_orphans_and_strays_are_told_apart(save):
    for name in ("a.nii", "a_seg.nii", "b_mask.nii.gz", "c_seg.nii"):
        root = save(name)
    for name in ("notes.doc", "._a.nii"):
        (root / name).write_text("x")
    index = read_nifti(root, OPTIONS)
    assert [path.name for path in index.orphan_masks] == ["b_mask.nii.gz", "c_seg.nii"]
    assert [path.name for path in index.strays] == ["._a.nii", "notes.doc"]
    assert {case.image.name for case in index.cases} == {"a.nii"}
    assert index.has_patients


def test_where_no_volume_has_a_segmentation_none_lacks_it(save):
    for name in ("a.nii", "b.nii.gz"):
        root = save(name)
    index = read_nifti(root, OPTIONS)
    assert {case.image.name for case in index.cases} == {"a.nii", "b.nii.gz"}
    assert not index.orphan_images


def test_what_programs_write_beside_volumes_is_metadata(save):
    for name in ("scans/a.nii.gz", "scans/a_seg.nii.gz"):
        root = save(name)
    notes = ("participants.tsv", "scans/a.bval", "scans/a.bvec", "scans/a.json", "scans/a_seg.json")
    for name in (*notes, "scans/b.json"):
        (root / name).write_text("x")
    index = read_nifti(root, OPTIONS)
    assert tuple(path.as_posix() for path in index.metadata) == notes
    assert [path.name for path in index.strays] == ["b.json"], "it stands beside no volume"


def test_segmentations_none_of_which_is_that_of_a_volume_stop_the_run(save):
    for name in ("b/b_flair.nii", "b/b_t1.nii", "b/b_seg.nii"):
        root = save(name)
    with pytest.raises(UserError, match=r"That of `b/b_flair.nii` should be `b/b_flair_seg.nii`; found is `b/b_seg.nii`"):
        read_nifti(root, OPTIONS)


@pytest.mark.parametrize(
    "name", ["a-label.nii.gz", "a_labels.nii", "a_segmentation.nii.gz", "a_seg-label.nii.gz", "a-mask.nii", "a_seg_1.nii"]
)
def test_a_segmentation_of_another_name_is_not_taken_for_a_volume(save, name):
    for each in ("a.nii.gz", "b.nii.gz", name):
        root = save(each)
    with pytest.raises(UserError, match=f"`{name}` in .* were the segmentation of `a.nii.gz`.*Call it `a_seg.nii.gz`"):
        read_nifti(root, OPTIONS)


def test_a_sequence_is_a_volume_of_its_own(save):
    for name in ("a.nii.gz", "a_t1.nii.gz", "a_2.nii.gz", "segment.nii.gz", "a_label_lane.nii.gz"):
        root = save(name)
    assert len({case.image for case in read_nifti(root, OPTIONS).cases}) == 5


def test_a_volume_that_lacks_the_segmentation_others_have_is_an_orphan(save):
    for name in ("a_1.nii", "a_1_seg.nii.gz", "a_2.nii", "b.nii.gz"):
        root = save(name)
    (root / "b.nii.gz").write_bytes(b"broken, but an orphan all the same")
    index = read_nifti(root, OPTIONS)
    assert {case.image.name for case in index.cases} == {"a_1.nii"}
    assert [path.name for path in index.orphan_images] == ["a_2.nii", "b.nii.gz"]
    assert not index.orphan_masks + index.strays + index.rejected


def test_a_file_whose_name_is_no_text_has_a_patient_too(save):
    root = save("anna\udcff_1.nii.gz")
    (case, *_) = read_nifti(root, OPTIONS).cases
    assert (case.patient, case.image.name) == (make_pseudonym("anna\udcff"), "anna\udcff_1.nii.gz")
    assert case.patient != make_pseudonym("anna")


@pytest.mark.parametrize(
    ("mask", "affine", "evidence"),
    [
        (COUNT[:, :, :3], RAS, "volume 3 x 2 x 4, segmentation 3 x 2 x 3"),
        (COUNT, RAS + np.eye(4)[:, [3]] * 0 + np.array([[0, 0, 0, 9]] + [[0] * 4] * 3), "9.0 mm apart"),
        (COUNT, np.diag([-0.5, 0.25, 4, 1]), "mm apart"),
    ],
)
def test_a_mask_that_lies_elsewhere_is_rejected_with_its_volume(save, mask, affine, evidence):
    save("good_1.nii")
    save("a.nii")
    index = read_nifti(save("a_mask.nii", mask, affine), OPTIONS)
    assert [(each.file.name, each.finding) for each in index.rejected] == [("a.nii", "size_mismatch"), ("a_mask.nii", "size_mismatch")]
    assert evidence in index.rejected[0].evidence


@pytest.mark.parametrize(("shift", "together"), [(0.12, True), (0.13, False)])
def test_a_mask_may_lie_half_a_pixel_away(save, shift, together):
    """A pixel is .25 mm wide at its narrower side."""
    save("a.nii")
    index = read_nifti(save("a_mask.nii", COUNT, RAS + shift * np.eye(4, k=3)), OPTIONS)
    assert (len(index.cases), len(index.rejected)) == ((4, 0) if together else (0, 2))


def header(**fields) -> bytes:
    raw = nibabel.Nifti1Header()
    raw.set_data_shape((2, 2, 2))
    for name, value in fields.items():
        raw[name] = value
    raw["magic"], raw["vox_offset"] = b"n+1", 352
    return raw.binaryblock + b"\0" * 4


def wide_header() -> bytes:
    raw = nibabel.Nifti2Header()
    raw.set_data_dtype(np.uint8)
    raw.set_data_shape((1_200_000, 1, 1))
    raw["magic"], raw["vox_offset"] = b"n+2", 544
    return raw.binaryblock + b"\0" * 4


@pytest.mark.parametrize(
    ("name", "content", "finding", "evidence"),
    [
        ("x.nii", b"", "empty", "0 bytes"),
        ("x.nii", b"\0" * 1000, "undecodable", "no NIfTI file"),
        ("x.nii.gz", b"no gzip", "undecodable", "cannot be read (BadGzipFile)"),
        ("x.nii.gz", gzip.compress(header() + b"\0" * 32, mtime=0)[:40], "undecodable", "cannot be read (EOFError)"),
        ("x.nii", header(dim=[3, 32767, 32767, 32767, 1, 1, 1, 1]), "too_large", "bytes are declared"),
        ("x.nii", wide_header() + b"\0" * 1_200_000, "too_large", "1200000 pixels, more than the 16384 a side"),
        ("x.nii", header(dim=[3, 500, 500, 500, 1, 1, 1, 1]), "undecodable", "too few for"),
        ("x.nii.gz", gzip.compress(header(dim=[3, 500, 500, 500, 1, 1, 1, 1]), mtime=0), "undecodable", "too few for"),
        ("x.nii", header(dim=[4, 2, 2, 2, 2, 1, 1, 1]) + b"\0" * 999, "undecodable", "4 channels are read; export one of the channels"),
        ("x.nii", header(datatype=32, bitpix=64) + b"\0" * 999, "undecodable", "complex"),
        ("x.nii", header(dim=[3, -2, 2, 2, 1, 1, 1, 1]) + b"\0" * 999, "undecodable", "volume"),
        ("x.nii", header(sform_code=1, srow_x=[np.nan] * 4) + b"\0" * 999, "undecodable", ""),
    ],
)
def test_a_hostile_volume_is_rejected_with_the_reason_and_costs_nothing(save, name, content, finding, evidence):
    root = save("good_1.nii")
    (root / name).write_bytes(content)
    tracemalloc.start()
    index = read_nifti(root, OPTIONS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
    assert {case.image.name for case in index.cases} == {"good_1.nii"}
    assert [(each.file.name, each.finding) for each in index.rejected] == [(name, finding)]
    assert evidence in index.rejected[0].evidence


@pytest.mark.parametrize(("broken", "evidence"), [("a.nii", "volume: "), ("a_seg.nii", "segmentation: ")])
def test_a_volume_and_its_segmentation_are_rejected_together(save, broken, evidence):
    for name in ("good_1.nii", "good_1_seg.nii", "a.nii", "a_seg.nii"):
        root = save(name)
    (root / broken).write_bytes(b"broken")
    index = read_nifti(root, OPTIONS)
    assert {case.image.name for case in index.cases} == {"good_1.nii"}
    assert [each.file.name for each in index.rejected] == ["a.nii", "a_seg.nii"]
    assert all(each.evidence.startswith(evidence) for each in index.rejected)


def test_values_that_end_early_are_an_error_of_their_slices(save):
    root = save("a.nii.gz", np.random.default_rng(0).integers(0, 255, (40, 40, 4), np.uint8))
    packed = (root / "a.nii.gz").read_bytes()
    (root / "a.nii.gz").write_bytes(packed[: len(packed) // 2])
    for case in read_nifti(root, OPTIONS).cases:
        with pytest.raises(ValueError, match="NIfTI values cannot be read"):
            case.load_image()


def test_nothing_of_a_header_is_told(save, caplog):
    root = save("good_1.nii")
    raw = bytearray((root / "good_1.nii").read_bytes())
    raw[14:32], raw[148:228] = b"Meier^Anna".ljust(18), b"Meier^Anna 19600102".ljust(80)
    struct.pack_into("<h", raw, 70, 12345)  # no such datatype
    (root / "bad.nii").write_bytes(raw)
    with caplog.at_level(logging.DEBUG):
        index = read_nifti(root, OPTIONS)
    assert [each.file.name for each in index.rejected] == ["bad.nii"]
    assert not [word for word in ("Meier", "1960", "12345") if word in caplog.text + str(index.rejected)]


@pytest.mark.parametrize(
    ("names", "message"), [(["notes.txt"], "another layout"), (["a.nii", "a.nii.gz"], "Two files would be the same volume")]
)
def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path, names, message):
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(UserError, match=message) as caught:
        read_nifti(tmp_path, OPTIONS)
    assert "\n" not in str(caught.value)


def test_ids_that_are_probably_one_persons_make_a_family_of_pseudonyms(save):
    for name in ("MR40", "MR40B", "MR41"):
        root = save(f"{name}_1.nii")
    families = {case.patient: case.family for case in read_nifti(root, OPTIONS).cases}
    first = min(make_pseudonym("MR40"), make_pseudonym("MR40B"))
    assert families == {make_pseudonym(name): first if name.startswith("MR40") else "" for name in ("MR40", "MR40B", "MR41")}


def test_labels_stored_as_multiples_of_a_fraction_are_whole_numbers_again(save, tmp_path):
    labels = np.zeros((2, 3, 4))
    labels[0, 0, 1], labels[0, 0, 2], labels[0, 0, 3] = 1, 2, 4
    root = save("a.nii")
    drawn = nibabel.Nifti1Image(labels, RAS)
    drawn.set_data_dtype(np.uint8)
    nibabel.save(drawn, tmp_path / "a_seg.nii")
    cases = read_nifti(root, IngestionOptions(reader="nifti", lesion_values=(1, 4))).cases
    assert sorted(set(np.concatenate([case.load_mask().ravel() for case in cases]).tolist())) == [0, 1, 2, 4]


def test_a_volume_that_is_a_link_to_nowhere_is_rejected(save):
    root = save("a.nii")
    (root / "b.nii").symlink_to("gone.nii")
    assert [(each.file.name, each.finding) for each in read_nifti(root, OPTIONS).rejected] == [("b.nii", "undecodable")]
