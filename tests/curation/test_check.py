from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tumourflow.curation.cases import curate
from tumourflow.curation.check import describe_check, inspect_sample, report_check
from tumourflow.curation.leakage import inspect_leakage
from tumourflow.curation.proposal import propose_split
from tumourflow.curation.summary import doubt_patients
from tumourflow.options import CurationOptions, IngestionOptions, SplittingOptions


def test_a_sample_is_spread_over_the_cohort_and_the_rest_is_glanced_at(write_case, make_index, tissue, square):
    index = make_index(*(write_case(f"{n}", tissue + n, square) for n in range(6)))
    facts = inspect_sample(index, "synchronous", limit=3)
    assert facts["decoded"].tolist() == [True, False, True, False, True, False]
    assert facts["tumour_pixels"].tolist() == [6, 0, 6, 0, 6, 0]
    assert (facts["height"] == 8).all()


def test_headers_alone_are_neither_dark_nor_copies(write_case, make_index, tissue, square):
    index = make_index(*(write_case(f"{n}", tissue + n, square) for n in range(6)))
    facts = inspect_sample(index, "synchronous", limit=2)
    curated = curate(index, facts, IngestionOptions(reader="paired"), CurationOptions(off=("near_duplicate",)))
    assert curated.ledger.empty
    assert len(curated.cases) == 6


def test_a_split_proposed_from_a_sample_is_said_to_be_a_guess(write_case, make_index, tissue, square):
    index = make_index(*(write_case(f"{n}", tissue + n, square) for n in range(6)))
    facts = inspect_sample(index, "synchronous", limit=3)
    curated = curate(index, facts, IngestionOptions(reader="paired"), CurationOptions())
    splits = curated.cases[["case_id", "patient"]].assign(split=["train", "test", "validation"] * 2, fold=-1)
    lines = list(describe_check(report_check(index, facts, curated, inspect_leakage(splits, curated.cases))))
    assert lines[1].endswith("pixels of 3 cases read, headers of 3 more.")
    assert lines[-2].endswith("(a run may split otherwise, as it knows the tumours of all cases).")


def test_what_has_no_masks_is_not_said_to_go_through_segmentation(write_case, make_index, tissue, square, tmp_path):
    drawn = [write_case(f"{n}", tissue + n, square) for n in range(3)]
    for case in drawn:
        (tmp_path / case.masks[0]).unlink()
    index = make_index(*(replace(case, masks=(), load_mask=None, label=label) for case, label in zip(drawn, "nyy", strict=True)))
    facts = inspect_sample(index, "synchronous")
    curated = curate(index, facts, IngestionOptions(reader="classes"), CurationOptions())
    splits = curated.cases[["case_id", "patient"]].assign(split=["train", "test", "validation"], fold=-1)
    _, _, labels, *_, verdict = describe_check(report_check(index, facts, curated, inspect_leakage(splits, curated.cases)))
    assert labels == "Labels: 1 n, 2 y."
    assert verdict == "Verdict: this cohort would go through, though not for segmentation: no image that was read has a mask."


def test_slices_of_one_number_are_doubted_to_be_of_one_patient(make_index):
    cases = pd.DataFrame({"case_id": ["a/1", "a/2", "ward/p_3", "ward/q_3", "x", "y"], "slice": [1, 2, 3, 3, 0, 0]})
    cases["patient"] = ["a", "a", "ward", "ward", "z", "z"]
    doubt = doubt_patients(make_index(), cases, 0)
    assert doubt.startswith("`ward/p_3` and `ward/q_3` are both slice 3 of patient `ward`, and 2 images share a number so: where")
    assert doubt_patients(make_index(), cases[cases["case_id"] != "ward/q_3"], 0) == ""


@pytest.mark.parametrize(
    ("suffix", "patients", "volumes", "doubted"),
    [(".nii.gz", 1, 10, True), (".NII", 2, 20, True), (".nii", 2, 19, False), (".dcm", 1, 10, False)],
)
def test_many_volumes_are_doubted_to_be_of_few_patients(write_case, make_index, tissue, square, suffix, patients, volumes, doubted):
    case = write_case("a", tissue, square)
    slices = [(volume, place) for volume in range(volumes) for place in range(3)]
    index = make_index(*(replace(case, case_id=f"{each}", image=Path(f"imagesTr/x_{each[0]}{suffix}")) for each in slices))
    cases = pd.DataFrame({"case_id": map(str, slices), "slice": range(1, len(slices) + 1)})
    cases["patient"] = [f"p{place % patients}" for place in range(len(slices))]
    doubt = doubt_patients(index, cases, 0)
    who = "1 patient" if patients == 1 else "2 patients"
    expected = f"The names of {volumes} volumes give {who}: where each is a patient of its own, as in names such as `BRATS_001`,"
    assert doubt == (f"{expected} `ingestion.case_pattern` is `(?P<patient>.+)`." if doubted else "")


@pytest.mark.parametrize(
    ("names", "doubted"),
    [
        (["anna_t1", "anna_FLAIR", "bert-t1", "bert-t2", "carl_t1"], "4 volumes are called as sequences (flair, t1, t2) of 2 cases, and"),
        (["anna/t1", "anna/flair"], "2 volumes are called as sequences (flair, t1) of 1 case, and"),
        (["anna_t1", "bert_flair", "carl_1", "carl_2"], ""),
    ],
)
def test_sequences_side_by_side_are_doubted_to_be_images(write_case, make_index, tissue, square, names, doubted):
    case = write_case("a", tissue, square)
    index = make_index(*(replace(case, case_id=name, image=Path(f"{name}.nii.gz")) for name in names))
    doubt = doubt_patients(index, pd.DataFrame({"case_id": names, "patient": names, "slice": 0}), 0)
    assert doubt.startswith(doubted)
    assert bool(doubt) == ("`ingestion.sequences` makes them the channels of one image." in doubt) == bool(doubted)


def test_the_report_is_said_in_lines(write_case, make_index, tissue, square):
    index = make_index(*(write_case(f"{n}", tissue + n, square) for n in range(4)), write_case("x", b"", square))
    facts = inspect_sample(index, "synchronous")
    curated = curate(index, facts, IngestionOptions(reader="paired"), CurationOptions(max_excluded_fraction=0.5))
    splits = propose_split(curated.cases, SplittingOptions(validation=0.25, test=0.25), 0, None, None, 0)
    report = report_check(index, facts, curated, inspect_leakage(splits, curated.cases))
    assert list(describe_check(report)) == [
        f"{index.root}: 10 files (4 images, 4 masks, 0 metadata, 2 excluded).",
        "4 cases of 4 patients; pixels of 5 cases read.",
        "Findings: 2 empty, 4 near_duplicate.",
        "Every image is a patient of its own, and 4 look like another's: where some are slices of one patient, their neighbours would be "
        "trained on and tested. Say who is who, by `ingestion.case_pattern` or the column `patient` of a table.",
        "Split: train 2 patients, 2 cases, validation 1 patients, 1 cases, test 1 patients, 1 cases.",
        "Verdict: this cohort would go through.",
    ]
