import pytest

from tumourflow.curation.leakage import inspect_leakage
from tumourflow.errors import UserError

COHORT = {"anna": [4, 0], "bert": [2], "carl": [0]}


def split(cases, names):
    return cases[["case_id", "patient"]].assign(split=names, fold=-1)


def test_a_clean_split_passes_with_its_counts(make_cases):
    cases = make_cases(COHORT)
    report = inspect_leakage(split(cases, ["train", "train", "validation", "test"]), cases)
    assert report == {
        "verdict": "no leak",
        "patients": {"train": 1, "validation": 1, "test": 1},
        "cases": {"train": 2, "validation": 1, "test": 1},
        "tumour_cases": {"train": 1, "validation": 1, "test": 0},
        "blank_images": 0,
        "joined_patients": [],
    }


def test_a_patient_on_two_sides_stops_the_run(make_cases):
    cases = make_cases(COHORT)
    with pytest.raises(UserError, match="Leak: anna would stand on two sides"):
        inspect_leakage(split(cases, ["train", "test", "validation", "test"]), cases)


def test_equal_images_on_two_sides_stop_the_run(make_cases):
    cases = make_cases(COHORT)
    cases.loc[[0, 3], "image"] = "copy"
    with pytest.raises(UserError, match=r"Leak: 1 images .* carl/1 \(test\) and anna/1 \(train\) are equal pixel by pixel"):
        inspect_leakage(split(cases, ["train", "train", "validation", "test"]), cases)


def test_equal_images_on_one_side_are_reported(make_cases):
    cases = make_cases(COHORT)
    cases.loc[[0, 3], "image"] = "copy"
    report = inspect_leakage(split(cases, ["train", "train", "validation", "train"]), cases)
    assert report["joined_patients"] == ["anna", "carl"]


def test_blank_images_tell_nothing(make_cases):
    cases = make_cases(COHORT)
    cases.loc[[1, 3], ["image", "blank"]] = ["black", True]
    assert inspect_leakage(split(cases, ["train", "train", "validation", "test"]), cases)["blank_images"] == 2


def test_a_case_in_no_split_stops_the_run(make_cases):
    cases = make_cases(COHORT)
    splits = split(cases, ["train", "train", "validation", "test"])
    with pytest.raises(UserError, match="1 cases are in no split, the first is carl/1"):
        inspect_leakage(splits.iloc[:3], cases)


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
