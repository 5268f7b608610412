import numpy as np
import pandas as pd
import pytest

from tumourflow.curation.turns import deal_turns
from tumourflow.curation.typed import choose_typed
from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions


def cases(**changed) -> pd.DataFrame:
    rows = [(f"{label}{number}", label) for label in ("glioma", "meningioma") for number in range(6)]
    table = pd.DataFrame(rows, columns=["case_id", "label"]).assign(image="i", mask="m", tumour_pixels=9, slice=0, blank=False)
    table = table.assign(
        patient=table["case_id"], group=table["case_id"], family=table["case_id"], site="", pixel_height=0.5, pixel_width=0.5
    )
    return table.assign(image=table["case_id"], **changed)


def splits(table: pd.DataFrame) -> pd.DataFrame:
    return table[["case_id"]].assign(split="train")


def test_cases_with_a_tumour_and_a_label_are_typed():
    table = cases()
    table.loc[0, "tumour_pixels"], table.loc[7, "label"] = 0, ""
    chosen = choose_typed(table, splits(table), needed=5)
    assert len(chosen) == 10
    assert chosen["pixel_height"].unique().tolist() == [0.5]


def test_pixels_are_counted_where_the_size_of_some_is_unknown():
    table = cases()
    table.loc[3, "pixel_width"] = np.nan
    chosen = choose_typed(table, splits(table), needed=5)
    assert chosen[["pixel_height", "pixel_width"]].to_numpy().tolist() == [[1, 1]] * 12


def test_a_type_written_in_two_ways_is_refused():
    table = cases()
    table.loc[0, "label"] = "Glioma"
    with pytest.raises(UserError, match="The labels 'Glioma' and 'glioma' are one class written in two ways"):
        choose_typed(table, splits(table), needed=5)


def test_a_cohort_without_masks_is_told_so():
    table = cases(mask="", tumour_pixels=0)
    with pytest.raises(UserError, match=r"this cohort has no masks: choose one that has, or kedro run --pipeline=classification"):
        choose_typed(table, splits(table), needed=5)


def test_a_cohort_without_labels_is_told_so():
    table = cases(label="")
    with pytest.raises(UserError, match="this cohort has no labels"):
        choose_typed(table, splits(table), needed=5)


def test_a_single_class_with_tumours_is_no_type():
    table = cases()
    table.loc[table["label"] == "glioma", "tumour_pixels"] = 0
    with pytest.raises(UserError, match="only `meningioma` has tumours in its masks"):
        choose_typed(table, splits(table), needed=5)


def test_a_class_of_too_few_groups_is_named_with_what_to_do():
    table = cases()
    table.loc[table["label"] == "glioma", "group"] = "one"
    with pytest.raises(UserError, match=r"Class `glioma` has tumours of 1 patients .* 5 are needed .* lower `radiomics.folds`"):
        choose_typed(table, splits(table), needed=5)


def test_a_class_that_is_nowhere_but_among_more_tumours_of_another_is_too_rare():
    """Folds are dealt by the class of most of a patient's tumours: those of such a class may all be in one."""
    table = cases()
    beside = table[table["label"] == "glioma"].assign(label="rare", case_id=lambda rows: rows["case_id"] + "/2")
    more = table[table["label"] == "glioma"].assign(case_id=lambda rows: rows["case_id"] + "/3")
    mixed = pd.concat([table, beside, more], ignore_index=True)
    with pytest.raises(
        UserError, match=r"Class `rare` has tumours of 0 patients .* for the class of most of their images\), and 5 are needed"
    ):
        choose_typed(mixed, splits(mixed), needed=5)


def test_turns_test_everybody_once():
    dealt = deal_turns(cases(), SplittingOptions(validation=0.2), 0, 3, range(3))
    assert sorted(dealt.loc[dealt["split"] == "test", "case_id"]) == sorted(cases()["case_id"])
    assert dealt.groupby("turn")["split"].nunique().tolist() == [3, 3, 3]
