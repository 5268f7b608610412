import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.curation.splits import SPLITS, split_in_folds, split_three_ways
from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions

OPTIONS = SplittingOptions(validation=0.2, test=0.2)
EXPECTED = {
    "p00": "test",
    "p01": "train",
    "p02": "train",
    "p03": "validation",
    "p04": "train",
    "p05": "test",
    "p06": "train",
    "p07": "train",
    "p08": "train",
    "p09": "validation",
}


def cohort(patients: int, slices: int = 2) -> pd.DataFrame:
    """Patients p00, p01, ...: every fourth has no tumour, the others ever larger ones; sites take turns."""
    rows = [(f"p{n:02}/{k}", f"p{n:02}", "AB"[n % 2], n * 10 * (n % 4 > 0), f"{n}-{k}") for n in range(patients) for k in range(slices)]
    return pd.DataFrame(rows, columns=["case_id", "patient", "site", "tumour_pixels", "image"]).assign(blank=False)


def count(splits: pd.DataFrame) -> dict[str, int]:
    counts = splits.drop_duplicates("patient")["split"].value_counts()
    return {name: int(counts.get(name, 0)) for name in SPLITS}


@settings(max_examples=40, deadline=None)
@given(
    patients=st.integers(3, 40),
    seed=st.integers(0, 2**32 - 1),
    validation=st.floats(0.05, 0.3),
    test=st.floats(0.05, 0.3),
)
def test_every_patient_is_in_exactly_one_of_three_splits(patients, seed, validation, test):
    cases = cohort(patients)
    splits = split_three_ways(cases, SplittingOptions(validation=validation, test=test), seed)
    assert splits["case_id"].tolist() == cases["case_id"].tolist()
    assert (splits.groupby("patient")["split"].nunique() == 1).all()
    assert set(splits["split"]) == set(SPLITS)
    assert (splits["fold"] == -1).all()


@given(seed=st.integers(0, 2**32 - 1), shuffle=st.randoms())
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_rows_has_no_say(seed, shuffle):
    cases = cohort(11)
    order = list(range(len(cases)))
    shuffle.shuffle(order)
    first = split_three_ways(cases, OPTIONS, seed)
    second = split_three_ways(cases.iloc[order], OPTIONS, seed).loc[cases.index]
    pd.testing.assert_frame_equal(first, second)


def test_the_split_of_a_seed_is_that_of_every_machine():
    splits = split_three_ways(cohort(10), OPTIONS, 0).drop_duplicates("patient")
    assert dict(zip(splits["patient"], splits["split"], strict=True)) == EXPECTED


def test_shares_are_kept_to_the_patient():
    assert count(split_three_ways(cohort(40), SplittingOptions(validation=0.15, test=0.25), 3)) == {
        "train": 24,
        "validation": 6,
        "test": 10,
    }


def test_another_seed_gives_another_split():
    assert not split_three_ways(cohort(20), OPTIONS, 0).equals(split_three_ways(cohort(20), OPTIONS, 1))


@pytest.mark.parametrize("seed", range(10))
def test_each_split_sees_small_and_large_tumours_and_both_sites(seed):
    cases = cohort(60)
    table = cases.assign(split=split_three_ways(cases, OPTIONS, seed)["split"]).drop_duplicates("patient")
    free = table["tumour_pixels"] == 0
    for _, part in table.groupby("split"):
        assert abs(free[part.index].mean() - free.mean()) < 0.13
        assert abs((part["site"] == "A").mean() - 0.5) < 0.2
        assert np.ptp(part["tumour_pixels"]) > 300


def test_patients_who_share_an_image_share_a_side():
    cases = cohort(12)
    cases.loc[cases["case_id"].isin(["p03/0", "p08/1"]), "image"] = "copy"
    for seed in range(10):
        splits = split_three_ways(cases, OPTIONS, seed)
        assert splits.loc[splits["patient"].isin(["p03", "p08"]), "split"].nunique() == 1


def test_without_a_share_for_test_nobody_is_tested():
    assert count(split_three_ways(cohort(4), SplittingOptions(validation=0.25, test=0), 0)) == {"train": 3, "validation": 1, "test": 0}


@pytest.mark.parametrize(("patients", "test", "needed"), [(1, 0.2, 3), (2, 0.2, 3), (1, 0.0, 2)])
def test_too_few_patients_are_a_sentence_that_says_how_many_are_needed(patients, test, needed):
    with pytest.raises(UserError, match=rf"has {patients} patients .*, too few to split: at least {needed} are needed"):
        split_three_ways(cohort(patients), SplittingOptions(validation=0.2, test=test), 0)


@pytest.mark.parametrize(("slices", "doubted"), [(2, False), (30, True)])
def test_many_images_of_few_patients_raise_doubt_about_the_pattern(slices, doubted):
    for refused in (lambda: split_three_ways(cohort(2, slices), OPTIONS, 0), lambda: split_in_folds(cohort(2, slices), OPTIONS, 0, 3, 0)):
        with pytest.raises(UserError, match="has 2 patients") as caught:
            refused()
        assert ("`ingestion.case_pattern` tells which of the 60 images" in str(caught.value)) == doubted


def test_shares_that_leave_nobody_to_train_on_are_a_sentence():
    with pytest.raises(UserError, match=r"lower `splitting.validation`"):
        split_three_ways(cohort(4), SplittingOptions(validation=0.49, test=0.49), 0)


@settings(max_examples=25, deadline=None)
@given(patients=st.integers(3, 30), folds=st.integers(2, 6), seed=st.integers(0, 1000))
def test_over_all_folds_every_patient_is_tested_once(patients, folds, seed):
    folds = min(folds, patients) if patients > 3 else 3
    cases = cohort(patients)
    turns = [split_in_folds(cases, OPTIONS, seed, folds, fold) for fold in range(folds)]
    tested = [patient for turn in turns for patient in turn.loc[turn["split"] == "test", "patient"].unique()]
    assert sorted(tested) == sorted(cases["patient"].unique())
    for fold, turn in enumerate(turns):
        assert set(turn["split"]) == set(SPLITS)
        assert (turn.groupby("patient")["split"].nunique() == 1).all()
        assert ((turn["fold"] == fold) == (turn["split"] == "test")).all()


@pytest.mark.parametrize(
    ("folds", "fold", "sentence"),
    [(3, 3, "`fold` is 3, .* 0 to 2"), (6, 0, "`folds` is 6, but the cohort has 5 patients .* 6 are needed")],
)
def test_a_fold_that_cannot_be_is_a_sentence(folds, fold, sentence):
    with pytest.raises(UserError, match=sentence):
        split_in_folds(cohort(5), OPTIONS, 0, folds, fold)
