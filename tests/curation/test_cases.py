import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tumourflow.cohorts.case import Case, CohortIndex, Note, Rejected
from tumourflow.cohorts.loaders import adapt_case
from tumourflow.cohorts.shown import read_sequences, read_window
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import COLUMNS, curate
from tumourflow.curation.glance import glance_at_case
from tumourflow.curation.integrity import inspect_case
from tumourflow.errors import UserError
from tumourflow.imaging.read import read_pixels
from tumourflow.options import CurationOptions, IngestionOptions

GREY = IngestionOptions(reader="paired", near_black=0.1)
LENIENT = CurationOptions(max_excluded_fraction=1)
NO_PAIRS = pd.DataFrame({"first": "", "second": "", "correlation": 0.0, "exact": False}, index=[]).astype({"exact": bool})


def run(index, ingestion=GREY, curation=LENIENT):
    return curate(index, tabulate_facts(map(inspect_case, index.cases)), ingestion, curation)


def test_every_file_is_used_or_in_the_ledger(write_case, make_index, tmp_path, tissue, square):
    cases = [write_case("sound", tissue, square), write_case("broken", b"", square), write_case("cut", tissue, square[:4])]
    for name in ("alone.png", "alone_mask.png", "notes.csv", ".DS_Store"):
        (tmp_path / name).touch()
    index = make_index(
        *cases,
        orphan_images=(Path("alone.png"),),
        orphan_masks=(Path("alone_mask.png"),),
        metadata=(Path("notes.csv"),),
        strays=(Path(".DS_Store"),),
    )
    curated = run(index)
    assert curated.cases["case_id"].tolist() == ["sound/sound"]
    assert curated.ledger[["case_id", "file", "finding", "action"]].to_numpy().tolist() == [
        ["", ".DS_Store", "stray", "excluded"],
        ["", "alone.png", "orphan_image", "excluded"],
        ["", "alone_mask.png", "orphan_mask", "excluded"],
        ["broken/broken", "broken.png", "empty", "excluded"],
        ["broken/broken", "broken_mask.png", "empty", "excluded"],
        ["cut/cut", "cut.png", "size_mismatch", "excluded"],
        ["cut/cut", "cut_mask.png", "size_mismatch", "excluded"],
    ]
    files = {name: curated.summary[name] for name in ("found", "images", "masks", "metadata", "excluded")}
    assert files == {"found": 10, "images": 1, "masks": 1, "metadata": 1, "excluded": 7}
    assert curated.summary["excluded_fraction"] == pytest.approx(0.7)


def test_files_of_further_channels_count_as_images_and_are_left_out_with_their_case(write_case, make_index, tmp_path, tissue, square):
    cases = [write_case("sound", tissue, square), write_case("broken", tissue, square[:4])]
    for case in cases:
        Image.fromarray(tissue).save(tmp_path / f"{case.image.stem}_t1.png")
    index = make_index(*(replace(case, further=(Path(f"{case.image.stem}_t1.png"),)) for case in cases))
    curated = run(index)
    files = {name: curated.summary[name] for name in ("found", "images", "masks", "metadata", "excluded")}
    assert files == {"found": 6, "images": 2, "masks": 1, "metadata": 0, "excluded": 3}
    assert curated.ledger["file"].tolist() == ["broken.png", "broken_mask.png", "broken_t1.png"]


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("imagesTr/._a.nii.gz", "macOS wrote it beside another file, and no image is in it: delete it"),
        ("._notes/a.doc", "the layout does not know it"),
        ("images/.a.nii", "a hidden file"),
    ],
)
def test_the_ledger_says_what_a_hidden_file_is(write_case, make_index, tmp_path, tissue, square, name, evidence):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).touch()
    ledger = run(make_index(write_case("sound", tissue, square), strays=(Path(name),))).ledger
    assert ledger[["file", "finding", "evidence"]].to_numpy().tolist() == [[name, "stray", evidence]]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("orphan_image", r"`alone.png` and 1 more cannot be used: orphan_image \(no mask for it\), and as `curation.off` names"),
        ("size_mismatch", r"`cut.png` cannot be used: size_mismatch \(image 8 x 8, mask 4 x 8\), and as `curation.off` names"),
    ],
)
def test_without_its_rule_what_cannot_be_used_stops_the_run(write_case, make_index, tmp_path, tissue, square, rule, sentence):
    for name in ("alone.png", "also.png"):
        (tmp_path / name).touch()
    orphans = (Path("alone.png"), Path("also.png"))
    index = make_index(write_case("sound", tissue, square), write_case("cut", tissue, square[:4]), orphan_images=orphans)
    with pytest.raises(UserError, match=sentence):
        run(index, curation=CurationOptions(max_excluded_fraction=1, off=(rule,)))
    assert len(run(index, curation=CurationOptions(max_excluded_fraction=1, off=("stray", "empty"))).cases) == 1


def test_a_person_may_leave_out_what_no_rule_may(write_case, make_index, tissue, square):
    index = make_index(write_case("sound", tissue, square), write_case("cut", tissue, square[:4]))
    decided = {"cut/cut": "excluded: the mask is of another slice"}
    curated = run(index, curation=CurationOptions(max_excluded_fraction=1, off=("size_mismatch",), decisions=decided))
    assert curated.ledger["finding"].unique().tolist() == ["decision"]


def test_a_file_that_no_reader_saw_stops_the_run(write_case, make_index, tmp_path, tissue, square):
    index = make_index(write_case("a", tissue, square))
    (tmp_path / "unseen.txt").touch()
    with pytest.raises(UserError, match=r"3 files lie in .* first difference is unseen.txt"):
        run(index)


def test_near_black_slices_stay_with_a_row(write_case, make_index, tissue, square):
    index = make_index(write_case("a1", tissue, square, "a"), write_case("a2", tissue // 20, square * 0, "a"))
    curated = run(index)
    assert curated.cases["blank"].tolist() == [False, True]
    assert curated.ledger[["case_id", "finding", "action"]].to_numpy().tolist() == [["a/a2", "near_black", "kept"]]
    assert curated.summary["excluded"] == 0


@pytest.mark.parametrize("deep", [False, True])
def test_a_black_image_that_is_alone_takes_no_part_in_the_search_and_a_dim_one_does(write_case, make_index, tissue, square, deep):
    # The values of twelve bits, stored as they are in sixteen, fill a sixteenth of what these can hold.
    bright, dim = (tissue.astype(np.uint16) * 20, tissue.astype(np.uint16) // 4) if deep else (tissue, tissue // 4)
    images = {"bright": bright, "dim": dim, "dim again": dim, "black": dim // 12, "black again": dim // 12}
    index = make_index(*(replace(write_case(name, image, square), case_id=name) for name, image in images.items()), has_patients=False)
    curated = run(index, curation=CurationOptions(max_excluded_fraction=1, off=("near_duplicate",)))
    assert curated.cases.set_index("case_id")["blank"].to_dict() == {name: name.startswith("black") for name in images}
    assert rows(curated) == [
        ["black again", "near_black", "kept"],
        ["black", "near_black", "kept"],
        ["dim again", "exact_duplicate", "grouped"],
        ["dim", "exact_duplicate", "grouped"],
    ]
    assert curated.ledger["evidence"].iloc[0] == "no pixel of the patient is above 3"


def test_the_table_has_its_columns_in_order_of_patient_and_slice(write_case, make_index, tissue, square):
    index = make_index(write_case("b", tissue, square), write_case("a", tissue, square))
    table = run(index).cases
    assert list(table.columns) == COLUMNS
    assert table["patient"].tolist() == ["a", "b"]
    assert table["tumour_pixels"].tolist() == [6, 6]


def test_the_table_notes_the_window_that_images_were_shown_through(write_case, make_index, tissue, square):
    shown = IngestionOptions(reader="nifti", window="fixed", window_low=-100, window_high=200)
    noted = {"window": "fixed", "window_low": -100.0, "window_high": 200.0, "bits": 8}
    case = write_case("a", tissue, square)
    assert read_window(run(make_index(case, window=shown)).cases) == noted
    assert read_window(run(make_index(case)).cases) is None


def test_the_table_notes_the_sequences_that_images_were_joined_of(write_case, make_index, tissue, square):
    joined = IngestionOptions(reader="nifti", sequences=("t1", "flair", "t1ce"))
    case = write_case("a", tissue, square)
    assert read_sequences(run(make_index(case, window=joined)).cases) == ["t1", "flair", "t1ce"]
    assert read_sequences(run(make_index(case)).cases) == []


def test_too_many_excluded_files_stop_the_run(write_case, make_index, tissue, square):
    index = make_index(write_case("a", tissue, square), write_case("b", b"", square))
    with pytest.raises(UserError, match=r"2 of the 4 files .*\(2 empty; .*`curation.max_excluded_fraction` = 0.2"):
        run(index, curation=CurationOptions(max_excluded_fraction=0.2))


def test_no_usable_case_stops_the_run(write_case, make_index, square):
    with pytest.raises(UserError, match="No case is left"):
        run(make_index(write_case("a", b"", square)))


def test_a_lead_channel_that_colour_images_lack_stops_the_run(write_case, make_index, tissue, square):
    index = make_index(write_case("a", np.dstack([tissue] * 3), square))
    with pytest.raises(UserError, match=r"`ingestion.lead_channel` is 5, but the images have 3 channels: choose 0 to 2"):
        run(index, IngestionOptions(reader="paired", lead_channel=5))


def test_grey_images_have_but_one_lead_channel(write_case, make_index, tissue, square):
    index = make_index(write_case("a", tissue, square))
    with pytest.raises(UserError, match=r"`ingestion.lead_channel` is 1, but the images have 1 channel \(grey\): choose 0"):
        run(index, IngestionOptions(reader="paired", lead_channel=1))


def test_headers_alone_do_not_contradict_the_lead_channel(write_case, make_index, tmp_path, tissue, square):
    index = make_index(write_case("a", tissue, square))
    facts = tabulate_facts([glance_at_case(case, tmp_path) for case in index.cases])
    assert len(curate(index, facts, IngestionOptions(reader="paired", lead_channel=1), LENIENT).cases) == 1


@pytest.mark.parametrize(("values", "shown"), [((1, 3), r"\[1, 3\]"), ((), r"\[\]")])
def test_lesion_values_that_occur_nowhere_stop_the_run(write_case, make_index, tissue, square, values, shown):
    options = IngestionOptions(reader="paired", lesion_values=values)
    cases = [write_case("a", tissue, square), write_case("b", tissue.T.copy(), square // 255 * 2), write_case("c", tissue + 1, square * 0)]
    index = make_index(*(adapt_case(case, options) for case in cases))
    with pytest.raises(
        UserError, match=rf"`ingestion.lesion_values` is {shown}, but no mask has .* besides 0 the masks have 2, 255\. Name"
    ):
        run(index, options)


@pytest.mark.parametrize("masks", [(0, 0), (0, 2), (0, 255)])
def test_lesion_values_that_some_mask_has_or_masks_without_any_value_stop_nothing(write_case, make_index, tissue, square, masks):
    options = IngestionOptions(reader="paired", lesion_values=(2, 7, 255))
    cases = [write_case(str(value), tissue + value, square // 255 * np.uint8(value)) for value in masks]
    cases = [replace(case, case_id=str(number)) for number, case in enumerate(cases)]
    assert run(make_index(*(adapt_case(case, options) for case in cases)), options).cases["tumour_pixels"].max() == 6 * (max(masks) > 0)


def write_masks(write_case, make_index, tissue, masks):
    """Ten cases, the masks of which are these in turn."""
    return make_index(*(write_case(f"a{number}", tissue + number, masks[number % len(masks)]) for number in range(10)))


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        # An organ is 1, its tumour 2; where there is none, the organ is the larger of two values.
        (([0, 1], [0, 1, 2]), "1 is the largest value of `a0/a0`, but `a1/a1` has a larger one besides it"),
        (([0, 1], [0, 2]), "the largest value of `a0/a0` is 1, and of `a1/a1` 2"),
        (([0, 128], [0, 128, 255]), "128 is the largest value of `a0/a0`, but `a1/a1` has a larger one besides it"),
        # The background is 1 and the tumour 2.
        (([1, 1], [1, 2]), "1 is the largest value of `a0/a0`, but `a1/a1` has a larger one besides it"),
    ],
)
def test_masks_that_disagree_on_what_is_lesion_stop_the_run(write_case, make_index, tissue, values, shown):
    masks = [np.resize(np.array(each, np.uint8), tissue.shape) for each in values]
    index = write_masks(write_case, make_index, tissue, masks)
    with pytest.raises(UserError, match=rf"disagree on which value is lesion: {shown}\. .*`ingestion\.lesion_values`"):
        run(index)


@pytest.mark.parametrize("values", [([0, 1], [0, 255], [0, 0]), ([0, 255], [0, 7, 255], [0, 0]), ([0, 2], [0, 0])])
def test_masks_that_agree_go_on_whatever_their_encoding(write_case, make_index, tissue, values):
    """One of smoothed edges among them is left out."""
    masks = [np.resize(np.array(each, np.uint8), tissue.shape) for each in values]
    assert len(run(write_masks(write_case, make_index, tissue, masks)).cases) >= 7


RED, GREEN = [128, 0, 0], [0, 128, 0]


@pytest.mark.parametrize(
    ("colours", "shown"),
    [
        (([RED], [GREEN]), "`a1/a1` has #008000, `a0/a0` has #800000"),
        (([RED], [RED, GREEN]), "`a0/a0` has #800000, `a1/a1` has #008000 #800000"),
    ],
)
def test_masks_that_disagree_on_the_colour_of_lesions_stop_the_run(write_case, make_index, tissue, colours, shown):
    masks = [np.resize(np.array([[0, 0, 0], *each], np.uint8), (*tissue.shape, 3)) for each in colours]
    index = write_masks(write_case, make_index, tissue, masks)
    with pytest.raises(UserError, match=rf"disagree on which colour is lesion: {shown}\. .*`ingestion\.lesion_values`"):
        run(index)


def test_a_colour_may_be_any_and_stand_beside_masks_without_tumour(write_case, make_index, tissue):
    masks = [np.resize(np.array(each, np.uint8), (*tissue.shape, 3)) for each in ([[0, 0, 0], RED], [[0, 0, 0]])]
    assert len(run(write_masks(write_case, make_index, tissue, masks)).cases) >= 7


def test_a_few_masks_of_other_values_are_damaged_and_stop_nothing(write_case, make_index, tissue, square):
    cases = [write_case(f"a{number}", tissue + number, square // 255) for number in range(3)]
    stray = square // 255
    stray[0, 0] = 3
    damaged = [write_case(f"b{number}", tissue + 9 + number, stray) for number in range(2)]
    assert len(run(make_index(*cases, *damaged)).cases) == 3


def test_masks_that_a_person_left_out_contradict_no_other(write_case, make_index, tissue, square):
    ones = [write_case(f"a{number}", tissue + number, square // 255) for number in range(3)]
    index = make_index(*ones, *(write_case(f"b{number}", tissue + 9 + number, square // 255 * 2, "b") for number in range(3)))
    decided = LENIENT.model_copy(update={"decisions": {"b": "excluded: its labels are others"}})
    assert run(index, curation=decided).cases["case_id"].tolist() == ["a0/a0", "a1/a1", "a2/a2"]
    with pytest.raises(UserError, match="disagree"):
        run(index)


def test_images_of_a_rare_bit_depth_are_left_out(write_case, make_index, tissue, square):
    cases = [write_case(f"{n}", tissue + n, square, "anna") for n in range(2)]
    curated = run(make_index(*cases, write_case("deep", tissue.astype(np.uint16) * 200, square, "anna")))
    assert curated.cases["case_id"].tolist() == ["anna/0", "anna/1"]
    assert set(curated.ledger["finding"]) == {"bit_depth_differs"}


def rows(curated, *columns):
    return curated.ledger[list(columns or ("case_id", "finding", "action"))].to_numpy().tolist()


@pytest.fixture
def pictures(write_case, square):
    """Four images of noise without patients, the second like the first, the fourth equal to the third."""
    noise = np.random.default_rng(0).integers(0, 200, (3, 64, 64), dtype=np.uint8)
    mask = np.kron(square, np.ones((8, 8), np.uint8))
    images = {"a": noise[0], "b": noise[0] // 2 + 20, "c": noise[1], "d": noise[1]}
    return [replace(write_case(name, image, mask), case_id=name) for name, image in images.items()]


def relabel(cases, labels):
    return [replace(case, label=label) for case, label in zip(cases, labels, strict=True)]


def test_without_patients_copies_and_near_copies_are_grouped(pictures, make_index):
    curated = run(make_index(*pictures, has_patients=False))
    assert rows(curated) == [
        ["a", "near_duplicate", "grouped"],
        ["b", "near_duplicate", "grouped"],
        ["c", "exact_duplicate", "grouped"],
        ["d", "exact_duplicate", "grouped"],
    ]
    assert curated.cases["group"].tolist() == ["a", "a", "c", "c"]
    assert curated.pairs[["first", "second", "exact", "same_label"]].to_numpy().tolist() == [
        ["a", "b", False, True],
        ["c", "d", True, True],
    ]


def test_with_patients_near_copies_are_reported_and_copies_grouped(pictures, make_index):
    curated = run(make_index(*pictures))
    assert [row[2] for row in rows(curated)] == ["kept", "kept", "grouped", "grouped"]
    assert curated.cases["group"].tolist() == ["a", "b", "c", "c"]
    assert curated.ledger["evidence"].iloc[0].startswith("like b (correlation ")


def test_near_copies_of_one_patient_are_no_news(pictures, make_index):
    curated = run(make_index(*(replace(case, patient="p") for case in pictures)))
    assert set(curated.ledger["finding"]) == {"exact_duplicate"}


def test_equal_images_with_two_labels_are_all_left_out(pictures, make_index):
    curated = run(make_index(*relabel(pictures, ["x", "y", "x", "y"]), has_patients=False))
    assert curated.cases["case_id"].tolist() == ["a", "b"]
    conflict = curated.ledger[curated.ledger["finding"] == "label_conflict"]
    assert conflict["file"].tolist() == ["c.png", "c_mask.png", "d.png", "d_mask.png"]
    assert conflict["evidence"].iloc[0] == "labelled x, but equal pixel by pixel to d (y)"
    assert "labelled y instead of x" in curated.ledger["evidence"].iloc[0]
    assert curated.pairs["same_label"].tolist() == [False, False]


def test_a_decision_brings_one_of_a_conflict_back(pictures, make_index):
    options = CurationOptions(max_excluded_fraction=1, decisions={"c": "kept: the report says x"})
    curated = run(make_index(*relabel(pictures, "xxxy"), has_patients=False), curation=options)
    assert curated.cases["case_id"].tolist() == ["a", "b", "c"]
    found = [row for row in rows(curated) if row[0] in "cd"]
    assert found == [["c", "decision", "kept"], ["c", "label_conflict", "kept"]] + [["d", "label_conflict", "excluded"]] * 2
    assert curated.ledger.set_index("finding").loc["decision", "evidence"] == "the report says x"


def test_a_decision_takes_a_case_out_of_its_group(pictures, make_index):
    options = CurationOptions(decisions={"b.png": "apart: another breast"})
    curated = run(make_index(*pictures, has_patients=False), curation=options)
    assert curated.cases["group"].tolist() == ["a", "b", "c", "c"]
    assert [row for row in rows(curated) if row[1] == "near_duplicate"] == [
        ["a", "near_duplicate", "kept"],
        ["b", "near_duplicate", "kept"],
    ]


def test_a_decision_leaves_a_sound_case_out(pictures, make_index):
    options = CurationOptions(max_excluded_fraction=1, decisions={"d": "excluded: blurred"})
    curated = run(make_index(*pictures, has_patients=False), curation=options)
    assert curated.cases["case_id"].tolist() == ["a", "b", "c"]
    assert [row for row in rows(curated) if row[0] in "cd"] == [["d", "decision", "excluded"]] * 2
    assert curated.summary["excluded"] == 2


@pytest.mark.parametrize(
    ("off", "groups", "findings"),
    [
        ("near_duplicate", ["a", "b", "c", "c"], {"exact_duplicate"}),
        ("exact_duplicate", ["a", "a", "c", "d"], {"near_duplicate"}),
        ("near_duplicate+exact_duplicate", ["a", "b", "c", "d"], set()),
    ],
)
def test_groups_of_copies_can_be_switched_off(pictures, make_index, off, groups, findings):
    curated = run(make_index(*pictures, has_patients=False), curation=CurationOptions(off=off))
    assert curated.cases["group"].tolist() == groups
    assert set(curated.ledger["finding"]) == findings


def test_label_conflicts_switched_off_are_copies(pictures, make_index):
    curated = run(make_index(*relabel(pictures, "xxxy"), has_patients=False), curation=CurationOptions(off="label_conflict+near_duplicate"))
    assert len(curated.cases) == 4
    assert curated.ledger["evidence"].tolist() == [
        "equal pixel by pixel to d; their labels differ",
        "equal pixel by pixel to c; their labels differ",
    ]


def test_families_are_grouped_with_one_row(pictures, make_index):
    cases = [replace(case, family="f") for case in pictures[:2]]
    index = make_index(*cases, *pictures[2:])
    curated = run(index, curation=CurationOptions(off=("exact_duplicate",)))
    assert curated.cases[["family", "group"]].to_numpy().tolist() == [["f", "a"], ["f", "a"], ["c", "c"], ["d", "d"]]
    assert rows(curated, "case_id", "file", "finding", "action", "evidence") == [["f", "a.png", "id_family", "grouped", "a, b: 2 images"]]
    alone = run(index, curation=CurationOptions(off=("id_family", "near_duplicate", "exact_duplicate")))
    assert alone.cases["family"].tolist() == ["a", "b", "c", "d"]
    assert alone.ledger.empty


@pytest.mark.parametrize("has_patients", [True, False])
def test_ids_tell_families_in_every_layout_that_knows_patients(pictures, make_index, has_patients):
    cases = [replace(case, patient=patient) for case, patient in zip(pictures, ("MR1", "MR1B", "7", "71"), strict=True)]
    index = replace(make_index(*cases), has_patients=has_patients)
    curated = run(index, curation=CurationOptions(off=("near_duplicate", "exact_duplicate")))
    expected = [["7", "7"], ["71", "71"], ["MR1", "MR1"], ["MR1B", "MR1" if has_patients else "MR1B"]]
    assert curated.cases[["patient", "family"]].to_numpy().tolist() == expected
    assert curated.cases["group"].tolist() == [family for _, family in expected]


def test_constant_images_are_left_out_but_in_volumes(write_case, make_index, tissue, square):
    plain = np.full((8, 8), 7, np.uint8)
    volume = [replace(write_case(f"v{n}", image, square, "v"), slice=n) for n, image in enumerate((tissue, plain), 1)]
    curated = run(make_index(write_case("a", plain, square), *volume), IngestionOptions(reader="paired", near_black=0))
    assert rows(curated) == [["a/a", "constant", "excluded"]] * 2 + [["v/v2", "constant", "kept"]]
    assert curated.cases["blank"].tolist() == [False, True]
    kept = run(make_index(write_case("a", plain, square), *volume), curation=CurationOptions(off=("constant",)))
    assert len(kept.cases) == 3


def test_a_missing_sequence_is_one_row_a_patient(write_case, make_index, tissue, square):
    colours = np.dstack([tissue, tissue[::-1], tissue.T])
    filled = np.dstack([tissue[::-1], tissue[::-1], tissue.T])
    dark = np.dstack([tissue // 60, tissue.T // 60, tissue[::-1] // 60])
    full = [replace(write_case(f"a{n}", colours, square, "a"), slice=n) for n in (1, 2)]
    poor = [replace(write_case(f"b{n}", image, square, "b"), slice=n) for n, image in enumerate((filled, dark, filled), 1)]
    options = IngestionOptions(reader="kaggle_3m", near_black=0.1)
    found = rows(run(make_index(*full, *poor), options, CurationOptions(off=("near_duplicate", "near_black", "exact_duplicate"))))
    assert found == [["b", "missing_sequence", "kept"]]
    curated = run(make_index(*full, *poor), options)
    evidence = curated.ledger.set_index("finding").loc["missing_sequence", "evidence"]
    assert evidence == "channel 0 (T1) = channel 1 (FLAIR) in all 2 slices"


@pytest.mark.parametrize(("repeating", "is_missing"), [(2, True), (1, False)])
def test_a_sequence_is_missing_from_half_of_the_slices_on(write_case, make_index, tissue, square, repeating: int, is_missing: bool):
    colours, filled = np.dstack([tissue, tissue[::-1], tissue.T]), np.dstack([tissue, tissue, tissue.T])
    images = [filled] * repeating + [colours] * (4 - repeating)
    cases = [replace(write_case(f"a{n}", image, square, "a"), slice=n) for n, image in enumerate(images, 1)]
    curated = run(make_index(*cases), IngestionOptions(reader="kaggle_3m"))
    assert ("missing_sequence" in set(curated.ledger["finding"])) == is_missing


def test_a_slice_that_is_dark_in_the_sequence_tumours_show_on_has_a_row_and_is_compared_all_the_same(
    write_case, make_index, tissue, square
):
    images = {"a1": [tissue, tissue[::-1], tissue.T], "a2": [tissue.T, tissue[::-1] // 20, tissue], "a3": [tissue // 20, tissue, tissue.T]}
    cases = [replace(write_case(name, np.dstack(image), square, "a"), slice=int(name[1:])) for name, image in images.items()]
    curated = run(make_index(*cases), IngestionOptions(reader="kaggle_3m", near_black=0.1))
    assert rows(curated) == [["a/a2", "near_black", "kept"]]
    assert curated.ledger["evidence"].tolist() == ["channel 1 (FLAIR): brightest pixel is 0.048 of the patient's"]
    assert not curated.cases["blank"].any()
    colours = run(make_index(*cases), IngestionOptions(reader="paired", lead_channel=1, near_black=0.1))
    assert not rows(colours), "nobody says that these channels are sequences"


def test_a_sequence_that_is_empty_in_one_slice_has_a_row(write_case, make_index, tissue, square):
    empty, full = tissue * 0 + 1, [tissue, np.flipud(tissue), tissue.T]
    images = [np.dstack(full), np.dstack([tissue, empty, tissue.T]), np.dstack([empty] * 3)]
    cases = [replace(write_case(f"a{place}", image, square, "a"), slice=place) for place, image in enumerate(images)]
    found = rows(run(make_index(*cases), IngestionOptions(reader="kaggle_3m")), "case_id", "finding", "action", "evidence")
    partly = ["a/a1", "constant", "kept", "channel 1 (FLAIR): all pixels are equal, where other channels differ"]
    assert [row for row in found if "where other channels" in row[3]] == [partly]


def test_grey_values_stored_as_colours_are_no_missing_sequence(write_case, make_index, tissue, square):
    curated = run(make_index(*(write_case(name, np.dstack([tissue + n] * 3), square) for n, name in enumerate("abc"))))
    assert "missing_sequence" not in set(curated.ledger["finding"])


@pytest.mark.parametrize(
    ("finding", "action"),
    [
        ("mask_border_differ", "kept"),
        ("border_outside", "kept"),
        ("mask_rebuilt", "merged"),
        ("alpha_trap", "kept"),
        ("shared_mask", "kept"),
        ("colour_overlay", "kept"),
        ("marks", "kept"),
        ("several_masks", "merged"),
    ],
)
def test_what_a_reader_notes_becomes_a_row_unless_switched_off(write_case, make_index, tissue, square, finding, action):
    case = replace(write_case("a", tissue, square), load_notes=lambda: (Note(finding, "seen"), Note(finding, "twice")))
    assert rows(run(make_index(case)), "finding", "action", "evidence") == [[finding, action, "seen; twice"]]
    assert run(make_index(case), curation=CurationOptions(off=(finding,))).ledger.empty


def test_several_masks_are_told_also_where_the_reader_says_nothing(write_case, make_index, tmp_path, tissue, square):
    case = write_case("a", tissue, square)
    (tmp_path / "a_mask_1.png").write_bytes((tmp_path / "a_mask.png").read_bytes())
    curated = run(make_index(replace(case, masks=(*case.masks, Path("a_mask_1.png")))))
    assert rows(curated, "finding", "action", "evidence") == [["several_masks", "merged", "a_mask.png + a_mask_1.png"]]
    assert (curated.summary["masks"], curated.summary["found"]) == (2, 3)


def test_files_that_a_reader_rejected_are_in_the_ledger(write_case, make_index, tmp_path, tissue, square):
    (tmp_path / "1.mat").write_bytes(b"x")
    rejected = (Rejected(Path("1.mat"), "bad_patient_id", "`PID` is no text"),)
    curated = run(make_index(write_case("a", tissue, square), rejected=rejected))
    assert rows(curated, "case_id", "file", "finding", "action") == [["", "1.mat", "bad_patient_id", "excluded"]]


def test_a_volume_whose_slices_share_a_file_is_counted_once(write_case, make_index, tissue, square):
    case = write_case("volume", tissue, square)
    slices = [replace(case, case_id=f"v/{n}", slice=n, load_image=lambda n=n: np.roll(tissue, n)) for n in (1, 2, 3)]
    broken = replace(slices[2], load_image=lambda: np.full((4, 4), np.nan))
    curated = run(make_index(*slices[:2], broken))
    files = {name: curated.summary[name] for name in ("found", "images", "masks", "excluded", "excluded_cases")}
    assert files == {"found": 2, "images": 1, "masks": 1, "excluded": 0, "excluded_cases": 1}
    assert [row[0] for row in rows(curated) if row[1] == "not_finite"] == ["v/3", "v/3"]


def test_lost_slices_of_a_shared_file_stop_the_run_as_lost_files_do(write_case, make_index, tissue, square):
    case = write_case("volume", tissue, square)
    broken = [replace(case, case_id=f"v/{n}", slice=n, load_image=lambda: np.full((4, 4), np.nan)) for n in (2, 3)]
    with pytest.raises(UserError, match=r"2 of the 3 cases .* `curation.max_excluded_fraction` = 0.2"):
        run(make_index(replace(case, case_id="v/1", slice=1), *broken), curation=CurationOptions())


def test_image_and_mask_in_one_file_are_one_image(write_case, make_index, tmp_path, tissue, square):
    case = write_case("a", tissue, square)
    (tmp_path / "a_mask.png").unlink()
    curated = run(make_index(replace(case, masks=(), load_mask=lambda: square)))
    assert (curated.summary["found"], curated.summary["images"], curated.summary["masks"]) == (1, 1, 0)
    assert curated.cases["tumour_pixels"].tolist() == [6]


def test_strays_with_line_ends_in_their_names_take_one_line(write_case, make_index, tmp_path, tissue, square):
    (tmp_path / "a\nb.txt").touch()
    curated = run(make_index(write_case("a", tissue, square), strays=(Path("a\nb.txt"),)))
    assert curated.ledger["file"].tolist() == [r"a\nb.txt"]


def test_findings_are_summed_up_and_counted(pictures, make_index):
    curated = run(make_index(*pictures, has_patients=False))
    assert curated.findings[["finding", "action", "rows", "files", "cases"]].to_numpy().tolist() == [
        ["exact_duplicate", "grouped", 2, 2, 2],
        ["near_duplicate", "grouped", 2, 2, 2],
    ]
    assert (curated.summary["groups"], curated.summary["near_duplicate"], curated.summary["exact_duplicate"]) == (2, 2, 2)


KINDS = ["sound", "broken", "empty", "copy", "conflict", "constant", "orphan_image", "orphan_mask", "stray", "metadata", "rejected"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(KINDS), max_size=8), st.lists(st.integers(0, 8), max_size=2), st.booleans())
def test_no_file_is_lost_whatever_the_defects_and_decisions(tmp_path_factory, kinds, decided, has_patients):
    """`found = images + masks + metadata + excluded`, and a case has at most one finding that excludes it."""
    root = tmp_path_factory.mktemp("cohort")
    names = ("orphan_image", "orphan_mask", "metadata", "stray", "rejected")
    groups: dict[str, list[Path]] = {name: [] for name in names}
    cases = []
    for place, kind in enumerate(["sound", *kinds]):
        if kind in groups:
            groups[kind].append(Path(f"{place}.png"))
            (root / f"{place}.png").touch()
        else:
            cases.append(_write(root, place, kind))
    rejected = tuple(Rejected(file, "undecodable", "x") for file in groups.pop("rejected"))
    index = CohortIndex(root, tuple(cases), *(tuple(files) for files in groups.values()), rejected=rejected, has_patients=has_patients)
    decisions = {str(place): "excluded: seen" for place in decided if place and str(place) in {case.case_id for case in cases}}
    curated = run(index, curation=CurationOptions(max_excluded_fraction=1, decisions=decisions))
    summary = curated.summary
    assert summary["found"] == sum(1 for path in root.rglob("*") if path.is_file())
    assert summary["found"] == summary["images"] + summary["masks"] + summary["metadata"] + summary["excluded"]
    left_out = curated.ledger[(curated.ledger["action"] == "excluded") & (curated.ledger["case_id"] != "")]
    assert (left_out.groupby("case_id")["finding"].nunique() == 1).all()
    assert {*left_out["case_id"], *curated.cases["case_id"]} == {case.case_id for case in cases}
    assert not {*left_out["case_id"]} & {*curated.cases["case_id"]}


def _write(root: Path, place: int, kind: str) -> Case:
    files = [Path(f"{place}.png"), Path(f"{place}_mask.png")]
    pixels = np.random.default_rng(9 if kind in {"copy", "conflict"} else place).integers(0, 255, (8, 8), dtype=np.uint8)
    Image.fromarray(pixels * 0 + 9 if kind == "constant" else pixels).save(root / files[0])
    Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(root / files[1])
    if kind in {"broken", "empty"}:
        (root / files[place % 2]).write_bytes(b"no image" if kind == "broken" else b"")
    loaders = [lambda file=file: read_pixels(root / file) for file in files]
    return Case(str(place), str(place), "", 0, kind if kind == "conflict" else "x", files[0], (files[1],), *loaders)


def test_facts_are_not_in_memory_twice(make_index, write_case, tissue, square):
    case = write_case("volume", tissue, square)
    fact = inspect_case(case)

    def measure_peak(number: int) -> int:
        names = [f"volume/{place:06}" for place in range(number)]
        index = make_index(*(replace(case, case_id=name, slice=place) for place, name in enumerate(names)))
        facts = tabulate_facts({**fact, "case_id": name, "image_key": name} for name in names)
        tracemalloc.start()
        curated = curate(index, facts, GREY, LENIENT, search=lambda *_: NO_PAIRS)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(curated.cases) == number
        return peak

    # Joined as two tables are, by looking the names up, they would take 1,200 bytes a case.
    assert measure_peak(12_000) - measure_peak(4_000) < 8_000 * 400


def test_a_decision_to_keep_a_case_leaves_it_with_its_near_copies(pictures, make_index):
    options = CurationOptions(decisions={"b.png": "kept: looked at"})
    assert run(make_index(*pictures, has_patients=False), curation=options).cases["group"].tolist() == ["a", "a", "c", "c"]


def test_a_mask_of_more_than_half_the_image_gets_a_row(write_case, make_index, tissue, square):
    inverted = write_case("b", tissue[::-1].copy(), 255 - square)
    ledger = run(make_index(write_case("a", tissue, square), inverted)).ledger
    assert ledger[["case_id", "finding", "action"]].to_numpy().tolist() == [["b/b", "mask_covers_most", "kept"]]
    assert ledger["evidence"].item().endswith("% of the image")


def test_names_for_other_channels_than_there_are_stop_the_run(write_case, make_index, tissue, square):
    index = make_index(write_case("a", np.stack([tissue] * 3, axis=-1), square))
    with pytest.raises(UserError, match=r"`ingestion.channels` names 4 \(T1\+T1CE\+T2\+FLAIR\), but the images have 3: name each"):
        run(index, IngestionOptions(reader="paired", channels="T1+T1CE+T2+FLAIR"))
