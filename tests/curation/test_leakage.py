import json

import pytest

from tumourflow.curation.leakage import describe_leakage, inspect_leakage
from tumourflow.errors import UserError

COHORT = {"anna": [4, 0], "bert": [2], "carl": [0]}
CLEAN = ["train", "train", "validation", "test"]


def split(cases, names):
    return cases[["case_id", "patient"]].assign(split=names, fold=-1)


def test_a_clean_split_passes_with_its_counts(make_cases):
    cases = make_cases(COHORT)
    report = inspect_leakage(split(cases, CLEAN), cases)
    assert report == {
        "protocol": "patient",
        "leaky": False,
        "verdict": "no leak",
        "patients": {"train": 1, "validation": 1, "test": 1},
        "cases": {"train": 2, "validation": 1, "test": 1},
        "tumour_cases": {"train": 1, "validation": 1, "test": 0},
        "blank_images": 0,
        "images_apart": 0,
        "joined_patients": [],
        "leaks": {},
    }


def tear_patient(cases):
    return ["train", "test", "validation", "test"]


def tear_family(cases):
    cases.loc[3, "family"] = "anna"
    return CLEAN


def tear_group(cases):
    cases.loc[3, "group"] = "bert"
    return CLEAN


def tear_pixels(cases):
    cases.loc[3, "image"] = cases.loc[0, "image"]
    return CLEAN


LEAKS = {
    tear_patient: "anna/1 (train) and anna/2 (test) are of patient anna",
    tear_family: "anna/1 (train) and carl/1 (test) are of family anna",
    tear_group: "bert/1 (validation) and carl/1 (test) are of duplicate group bert",
    tear_pixels: "anna/1 (train) and carl/1 (test) are equal pixel by pixel",
}


@pytest.mark.parametrize("tear", LEAKS)
@pytest.mark.parametrize("protocol", ["patient", "all"])
def test_whatever_stands_on_two_sides_stops_the_run_and_is_named(make_cases, tear, protocol):
    cases = make_cases(COHORT)
    names = tear(cases)
    with pytest.raises(UserError, match=r"Leak: 1 .* would stand on two sides") as caught:
        inspect_leakage(split(cases, names), cases, protocol)
    assert LEAKS[tear] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("tear", LEAKS)
@pytest.mark.parametrize("protocol", ["slice", "official"])
def test_where_a_protocol_is_known_to_leak_pairs_are_listed_and_the_split_passes(make_cases, tear, protocol):
    cases = make_cases(COHORT)
    names = tear(cases)
    report = inspect_leakage(split(cases, names), cases, protocol)
    assert (report["leaky"], report["protocol"], report["verdict"]) == (True, protocol, "leaky")
    (kind,) = report["leaks"]
    assert report["leaks"][kind]["count"] == 1
    assert report["leaks"][kind]["pairs"][0]["first"] in LEAKS[tear]
    assert json.loads(json.dumps(report)) == report


def test_published_folds_that_happen_to_be_clean_are_not_leaky(make_cases):
    cases = make_cases(COHORT).assign(official_fold=[0, 0, 1, 2])
    report = inspect_leakage(split(cases, CLEAN), cases, "official")
    assert (report["leaky"], report["straddling_families"]) == (False, [])


def test_families_that_straddle_the_published_folds_are_named(make_cases):
    cases = make_cases(COHORT).assign(official_fold=[0, 0, 1, 2])
    cases.loc[2, "family"] = "anna"
    report = inspect_leakage(split(cases, CLEAN), cases, "official")
    assert report["straddling_families"] == ["anna"]
    assert describe_leakage(report) == (
        "LEAKY: official protocol (on two sides of the split: 1 family). 1 family straddles the published folds: anna."
    )


def test_no_kind_of_leak_hides_behind_another(make_cases):
    cases = make_cases({f"p{n}": [1, 1] for n in range(9)})
    cases.loc[17, "image"] = cases.loc[0, "image"]
    with pytest.raises(UserError, match=r"Leak: 9 patients, 1 equal image .* for example: .* p0/1 .train. and p8/2 .test. are equal"):
        inspect_leakage(split(cases, ["train", "test"] * 8 + ["validation", "test"]), cases)


def test_of_many_pairs_some_are_in_the_sentence_and_all_in_the_log(make_cases, caplog):
    cases = make_cases({f"p{n}": [1, 1] for n in range(9)})
    with pytest.raises(UserError, match=r"All 9 are named in the log above") as caught:
        inspect_leakage(split(cases, ["train", "test"] * 8 + ["validation", "test"]), cases)
    named = [f"p{n}/1" for n in range(9)]
    assert [name for name in named if name in str(caught.value)] == named[:5]
    assert [record.getMessage().split()[1] for record in caplog.records] == named


def test_patients_who_belong_together_on_one_side_are_reported(make_cases):
    cases = make_cases(COHORT)
    cases.loc[3, "group"] = "anna"
    report = inspect_leakage(split(cases, ["train", "train", "validation", "train"]), cases)
    assert report["joined_patients"] == ["anna", "carl"]


def test_blank_images_tell_nothing(make_cases):
    cases = make_cases(COHORT)
    cases.loc[[1, 3], ["image", "blank"]] = ["black", True]
    assert inspect_leakage(split(cases, CLEAN), cases)["blank_images"] == 2


def test_a_case_in_no_split_stops_the_run(make_cases):
    cases = make_cases(COHORT)
    with pytest.raises(UserError, match="1 cases are in no split, the first is carl/1"):
        inspect_leakage(split(cases, CLEAN).iloc[:3], cases)


@pytest.mark.parametrize(("names", "empty"), [("train train train test", "validation"), ("test test validation test", "train")])
def test_training_needs_someone_to_train_on_and_to_validate_with(make_cases, names, empty):
    cases = make_cases(COHORT)
    with pytest.raises(UserError, match=f"The split `{empty}` has no case"):
        inspect_leakage(split(cases, names.split()), cases)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("test test validation train", "No patient in `train` has a tumour, .* choose another `seed`, .* `split_file`"),
        ("train train test validation", "No patient in `validation` has a tumour, .* raise `splitting.validation`, .* `split_file`"),
    ],
)
def test_training_needs_a_tumour_to_learn_and_one_to_choose_by(make_cases, names, sentence):
    cases = make_cases(COHORT)
    with pytest.raises(UserError, match=sentence):
        inspect_leakage(split(cases, names.split()), cases)


def test_a_cohort_without_masks_can_be_split(make_cases):
    cases = make_cases({patient: [0] for patient in COHORT}).assign(mask="")
    assert inspect_leakage(split(cases, CLEAN[1:]), cases)["verdict"] == "no leak"


def test_where_everybody_trains_nobody_need_validate(make_cases):
    cases = make_cases(COHORT)
    assert inspect_leakage(split(cases, ["train"] * 4), cases, "all")["patients"] == {"train": 3, "validation": 0, "test": 0}
