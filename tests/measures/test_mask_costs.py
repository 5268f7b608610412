import numpy as np
import pandas as pd
import pytest

from tumourflow.measures.importance import rank_features
from tumourflow.measures.mask_costs import brief_scores, name_split, summarise_masks

CLASSES = ["a", "b"]


def told(mask: str, wrong: set[int], split: str = "cross_validated") -> pd.DataFrame:
    """Twelve patients of one image, those of `wrong` told wrongly."""
    labels = [CLASSES[number % 2] for number in range(12)]
    right = np.array([0.1 if number in wrong else 0.9 for number in range(12)])
    first = np.where(np.array(labels) == "a", right, 1 - right)
    names = [f"p{number}" for number in range(12)]
    rows = pd.DataFrame({"case_id": names, "patient": names, "group": names, "label": labels, "split": split, "mask": mask})
    return rows.assign(**{"probability.a": first, "probability.b": 1 - first})


@pytest.fixture
def scores() -> pd.DataFrame:
    return pd.concat([told("true", set()), told("predicted", {0, 1, 2}), told("none", set(range(12)))], ignore_index=True)


def test_true_masks_have_the_plain_names_and_the_others_stand_beside_them(scores):
    found = summarise_masks(scores, CLASSES)
    accuracies = {split: figures["accuracy"]["value"] for split, figures in found.items() if "cross" in split}
    assert accuracies == {"cross_validated": 1, "cross_validated_predicted_masks": 0.75, "cross_validated_no_mask": 0}
    assert found["cross_validated"]["recall.a"] == {"value": 1, "low": 1, "high": 1, "n": 6, "unit": "image", "small_n": True}


def test_what_a_worse_mask_costs_is_paired_and_above_0(scores):
    found = summarise_masks(scores, CLASSES)
    cost = found["cost_of_predicted_masks"]["accuracy"]
    assert (cost["value"], cost["n"], cost["unit"]) == (0.25, 12, "image")
    assert 0 <= cost["low"] < 0.25 < cost["high"] < 0.6
    assert found["cost_of_no_mask"]["macro_f1"] == {"value": 1, "low": 1, "high": 1, "n": 12, "unit": "image"}


def test_every_split_has_its_figures(scores):
    judged = told("true", {0, 1}, split="test")
    found = summarise_masks(pd.concat([scores, judged], ignore_index=True), CLASSES)
    assert found["test"]["accuracy"]["value"] == pytest.approx(10 / 12)
    assert found["validation"]["accuracy"]["value"] is None
    assert name_split("validation", "predicted") in found


def test_a_card_has_no_figures_of_what_nobody_was_left_to_test(scores):
    told_none = brief_scores(summarise_masks(scores, CLASSES), scores[:0], CLASSES)
    assert list(told_none) == ["cross_validated"]
    judged = told("true", {0, 1}, split="test")
    summary = summarise_masks(pd.concat([scores, judged], ignore_index=True), CLASSES)
    assert list(brief_scores(summary, judged, CLASSES)) == ["test", "cross_validated", "test_predicted_masks"]


def test_features_are_ranked_with_an_interval_over_groups():
    increases = pd.DataFrame({"useless": [0.0, 0.0, 0.0], "good": [1.0, 3.0, 2.0], "bad": [-1.0, -1.0, -1.0]})
    table = rank_features(increases, pd.Series(["p", "p", "q"]))
    assert table["feature"].tolist() == ["good", "useless", "bad"]
    assert table["importance"].tolist() == [2, 0, -1]
    # Two groups with means of 2 each: nothing can vary.
    assert (table.loc[0, "low"], table.loc[0, "high"], table.loc[0, "n"]) == (2, 2, 3)
