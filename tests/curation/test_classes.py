import re

import pandas as pd
import pytest

from tumourflow.curation.classes import label_cases, number_classes
from tumourflow.errors import UserError


def cohort(labels: str, tumours: list[int], splits: str, masks: list[str] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One patient a case; splits by their first letter."""
    names = [str(number) for number in range(len(tumours))]
    cases = {"case_id": names, "patient": names, "group": names, "site": "", "mask": masks or names, "tumour_pixels": tumours}
    sides = {"t": "train", "v": "validation", "e": "test"}
    return pd.DataFrame({**cases, "label": list(labels)}), pd.DataFrame({"case_id": names, "split": [sides[each] for each in splits]})


def test_slices_with_tumour_are_told_by_their_masks_and_those_without_a_mask_by_nobody() -> None:
    cases, splits = cohort("abcab", [3, 0, 0, 5, 0], "ttvvt", ["m", "m", "m", "m", ""])
    labels = label_cases(cases, splits, "tumour")
    assert labels["label"].tolist() == ["tumour", "none", "none", "tumour", ""]
    assert list(labels) == ["case_id", "patient", "group", "site", "split", "label"]


def test_classes_are_those_of_the_column_that_the_task_names() -> None:
    cases, splits = cohort("abab", [0] * 4, "ttvv")
    assert label_cases(cases, splits, "label")["label"].tolist() == list("abab")
    assert label_cases(cases.assign(modality=list("xyxy")), splits, "modality")["label"].tolist() == list("xyxy")


@pytest.mark.parametrize(
    ("task", "labels", "masks", "message"),
    [
        ("tumour", "abab", [""] * 4, "'tumour', which needs at least two classes, but the cohort has none: choose label."),
        ("grade", "abab", [""] * 4, "'grade', but the cohort's table of cases has no such column: choose label."),
        ("label", "aaaa", list("mmmm"), "but the cohort has only 'a': choose tumour."),
        ("label", "aaaa", [""] * 4, "but the cohort has only 'a': it has nothing that images could be told apart by."),
    ],
)
def test_classes_that_a_cohort_does_not_have_are_answered_with_those_it_has(task: str, labels: str, masks: list[str], message: str) -> None:
    cases, splits = cohort(labels, [0, 1, 0, 1], "ttvv", masks)
    with pytest.raises(UserError, match=message):
        label_cases(cases, splits, task)


@pytest.mark.parametrize("pair", [("Glioma", "glioma"), ("Low grade", "low-grade"), ("1", "1.0"), ("01", "1")])
def test_a_class_written_in_two_ways_is_not_told_apart_from_itself(pair: tuple[str, str]) -> None:
    cases, splits = cohort("abcabc", [0] * 6, "tttvvv")
    first, second = pair
    with pytest.raises(UserError, match=f"The labels '{re.escape(first)}' and '{re.escape(second)}' are one class written in two ways"):
        label_cases(cases.assign(label=cases["label"].replace({"a": first, "b": second})), splits, "label")


def test_a_class_whose_accent_is_stored_in_two_ways_is_not_told_apart_from_itself_and_the_difference_is_shown() -> None:
    cases, splits = cohort("abcabc", [0] * 6, "tttvvv")
    with pytest.raises(UserError, match=re.escape(r"The labels 'Me\u0301ningiome' and 'M\xe9ningiome' are one class written in two ways")):
        label_cases(cases.assign(label=cases["label"].replace({"a": "M\u00e9ningiome", "b": "Me\u0301ningiome"})), splits, "label")


def test_a_class_that_is_missing_on_one_side_is_named_with_its_groups() -> None:
    cases, splits = cohort("abbabb", [0] * 6, "ttvtve")
    with pytest.raises(UserError, match=r"Class 'a' of .* 'label' has too few groups for the split: 2 .* none is in validation and test"):
        label_cases(cases, splits, "label")


def test_where_all_patients_train_no_class_is_missing() -> None:
    cases, splits = cohort("ab", [0, 0], "tt")
    assert label_cases(cases, splits, "label")["label"].tolist() == ["a", "b"]


def test_classes_are_numbered_in_the_order_of_their_names() -> None:
    labels = pd.DataFrame({"case_id": ["1", "2", "3"], "label": ["no", "", "yes"]})
    index, classes = number_classes(pd.DataFrame({"case_id": ["3", "2", "1"]}), labels)
    assert classes == ["no", "yes"]
    assert index["class"].tolist() == [1, -1, 0]
