import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tumourflow.curation.splits import SPLITS, split_in_folds, split_three_ways
from tumourflow.curation.units import list_units
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
    cases = pd.DataFrame(rows, columns=["case_id", "patient", "site", "tumour_pixels", "image"])
    return cases.assign(blank=False, label="", mask="m", group=cases["patient"])


@st.composite
def random_cohorts(draw) -> pd.DataFrame:
    """Cases in any order, of patients in groups, with classes, sites and loads that follow no rule."""
    columns = st.integers(0, 30), st.sampled_from("xyz"), st.sampled_from("AB"), st.integers(0, 3), st.sampled_from(["", "m"])
    patients = draw(st.lists(st.tuples(*columns), min_size=12))
    rows = [
        (f"p{number}/{place}", f"p{number}", f"g{group}", label, site, 7 * number * place * bool(mask), mask)
        for number, (group, label, site, slices, mask) in enumerate(patients)
        for place in range(slices + 1)
    ]
    cases = pd.DataFrame(rows, columns=["case_id", "patient", "group", "label", "site", "tumour_pixels", "mask"])
    return cases.iloc[draw(st.permutations(range(len(cases))))]


def torn(cases: pd.DataFrame, splits: pd.DataFrame, column: str) -> int:
    return int((splits["split"].groupby(cases[column]).nunique() > 1).sum())


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


@pytest.mark.parametrize(("patients", "with_tumour"), [(20, 4), (40, 3), (10, 3)])
@pytest.mark.parametrize("folds", [None, 5])
def test_where_few_have_a_tumour_every_split_has_one_of_them(patients, with_tumour, folds):
    cases = cohort(patients).assign(tumour_pixels=lambda table: 10 * table["patient"].isin([f"p{n:02}" for n in range(with_tumour)]))
    for seed in range(30):
        splits = split_in_folds(cases, OPTIONS, seed, folds, 1) if folds else split_three_ways(cases, OPTIONS, seed)
        numbers = splits.drop_duplicates("patient")["split"].value_counts()
        assert numbers["test"] == numbers["validation"] == patients // 5
        seen = set(splits.loc[cases["tumour_pixels"] > 0, "split"])
        # A fold is dealt out before anyone knows which of them is tested.
        assert seen >= ({"train", "validation"} if folds else set(SPLITS))


@pytest.mark.parametrize(("patients", "masked", "folds"), [(12, 4, 5), (12, 4, 3), (30, 8, 4)])
def test_patients_with_and_without_masks_are_each_spread_evenly(patients, masked, folds):
    """Nobody is scored in a fold without masks, though patients without them are dealt out as those without tumour are."""
    cases = cohort(patients).assign(mask=lambda table: np.where(table["patient"] < f"p{masked:02}", "m", ""))
    cases = cases.assign(tumour_pixels=cases["tumour_pixels"] * (cases["mask"] != ""))
    for seed in range(30):
        tested = split_in_folds(cases, OPTIONS, seed, folds, 0).drop_duplicates("patient")
        for half in (cases["mask"] != "", cases["mask"] == ""):
            numbers = tested.loc[half[tested.index], "fold"].value_counts().reindex(range(folds), fill_value=0)
            assert numbers.max() - numbers.min() <= 1
        sides = split_three_ways(cases, OPTIONS, seed).drop_duplicates("patient")
        assert (sides.loc[cases["mask"][sides.index] != "", "split"].value_counts()[list(SPLITS)] > 0).all()


def test_a_cohort_without_any_masks_is_split_as_one_in_which_every_case_has_one():
    for split in (lambda cases: split_three_ways(cases, OPTIONS, 4), lambda cases: split_in_folds(cases, OPTIONS, 4, 3, 1)):
        pd.testing.assert_frame_equal(split(cohort(20)), split(cohort(20).assign(mask="")))


@settings(max_examples=60, deadline=None)
@given(cases=random_cohorts(), seed=st.integers(0, 2**32 - 1), folds=st.sampled_from([None, 3, 5]), all_with_tumour=st.booleans())
def test_no_patient_and_no_group_is_torn_and_every_class_is_in_proportion(cases, seed, folds, all_with_tumour):
    cases = cases.assign(tumour_pixels=1) if all_with_tumour else cases
    units = list_units(cases)
    assume(len(units) >= 6)
    splits = split_in_folds(cases, OPTIONS, seed, folds, 1) if folds else split_three_ways(cases, OPTIONS, seed)
    assert torn(cases, splits, "patient") == torn(cases, splits, "group") == 0
    side = splits["fold" if folds else "split"].groupby(cases["group"]).first()
    table = pd.crosstab(units["label"], side[units.index])
    shares = np.full(folds, 1 / folds) if folds else side.value_counts()[table.columns].to_numpy() / len(units)
    # A group of another class may have come for the sake of its tumour.
    exchanged = 0 if folds or all_with_tumour else 1
    assert (np.abs(table.to_numpy() - np.outer(table.sum(axis=1), shares)) < 1 + exchanged).all()


@settings(max_examples=30, deadline=None)
@given(cases=random_cohorts(), seed=st.integers(0, 2**32 - 1), folds=st.sampled_from([None, 3]))
def test_the_order_of_the_rows_has_no_say(cases, seed, folds):
    assume(cases["group"].nunique() >= 6)

    def draw(table: pd.DataFrame) -> pd.DataFrame:
        return split_in_folds(table, OPTIONS, seed, folds, 0) if folds else split_three_ways(table, OPTIONS, seed)

    pd.testing.assert_frame_equal(draw(cases).sort_index(), draw(cases.sort_index()))


def test_the_split_of_a_seed_is_that_of_every_machine():
    splits = split_three_ways(cohort(10), OPTIONS, 0).drop_duplicates("patient")
    assert dict(zip(splits["patient"], splits["split"], strict=True)) == EXPECTED


def test_the_split_of_classes_sites_and_groups_is_that_of_every_machine():
    cases = cohort(16).iloc[::-1]
    cases["label"] = cases["patient"].str[1:].astype(int).mod(3).map({0: "glioma", 1: "meningioma", 2: "pituitary"})
    cases["group"] = cases["patient"].replace({"p04": "p01", "p15": "p12"})
    splits = split_three_ways(cases, OPTIONS, 7).drop_duplicates("patient")[::-1]
    assert "".join(splits["split"].str[1]) == "raaaarreerrrerre"
    folds = split_in_folds(cases, OPTIONS, 7, 3, 0).drop_duplicates("patient")[::-1]
    assert "".join(map(str, folds["fold"])) == "1200212221000110"
    assert "".join(folds["split"].str[1]) == "areerarrrreeeare"


def test_shares_are_kept_to_the_patient():
    assert count(split_three_ways(cohort(40), SplittingOptions(validation=0.15, test=0.25), 3)) == {
        "train": 24,
        "validation": 6,
        "test": 10,
    }


def test_another_seed_gives_another_split():
    assert not split_three_ways(cohort(20), OPTIONS, 0).equals(split_three_ways(cohort(20), OPTIONS, 1))


def test_of_classes_of_one_size_chance_tells_who_trains_and_not_the_alphabet():
    cases = cohort(10).assign(label=lambda table: table["patient"])
    drawn = [split_three_ways(cases, OPTIONS, seed) for seed in range(40)]
    for name in SPLITS:
        assert {patient for splits in drawn for patient in splits.loc[splits["split"] == name, "patient"]} == set(cases["patient"])
    assert len({tuple(split_in_folds(cases, OPTIONS, seed, 5, 0)["fold"]) for seed in range(10)}) == 10


@pytest.mark.parametrize("seed", range(10))
def test_each_split_sees_small_and_large_tumours_and_both_sites(seed):
    cases = cohort(60)
    table = cases.assign(split=split_three_ways(cases, OPTIONS, seed)["split"]).drop_duplicates("patient")
    free = table["tumour_pixels"] == 0
    for _, part in table.groupby("split"):
        assert abs(free[part.index].mean() - free.mean()) < 0.13
        assert abs((part["site"] == "A").mean() - 0.5) < 0.2
        assert np.ptp(part["tumour_pixels"]) > 300


def test_patients_of_one_group_share_a_side():
    cases = cohort(12)
    cases.loc[cases["patient"] == "p08", "group"] = "p03"
    for seed in range(10):
        splits = split_three_ways(cases, OPTIONS, seed)
        assert splits.loc[splits["patient"].isin(["p03", "p08"]), "split"].nunique() == 1


def test_without_a_share_for_test_nobody_is_tested():
    assert count(split_three_ways(cohort(4), SplittingOptions(validation=0.25, test=0), 0)) == {"train": 3, "validation": 1, "test": 0}


@pytest.mark.parametrize(("patients", "test", "needed"), [(1, 0.2, 3), (2, 0.2, 3), (1, 0.0, 2)])
def test_too_few_patients_are_a_sentence_that_says_how_many_are_needed(patients, test, needed):
    with pytest.raises(UserError, match=rf"has {patients} patients .*, too few to split: at least {needed} are needed"):
        split_three_ways(cohort(patients), SplittingOptions(validation=0.2, test=test), 0)


@pytest.mark.parametrize(("slices", "doubted"), [(9, False), (10, True)])
def test_many_images_of_few_patients_raise_doubt_about_the_pattern(slices, doubted):
    for refused in (lambda: split_three_ways(cohort(2, slices), OPTIONS, 0), lambda: split_in_folds(cohort(2, slices), OPTIONS, 0, 3, 0)):
        with pytest.raises(UserError, match="has 2 patients") as caught:
            refused()
        for words in ("`ingestion.case_pattern` tells which of the 20 images", "such as `BRATS_001`, it is `(?P<patient>.+)`."):
            assert (words in str(caught.value)) == doubted


def test_shares_that_leave_nobody_to_train_on_are_a_sentence_that_names_those_that_count():
    options = SplittingOptions(validation=0.49, test=0.49)
    with pytest.raises(UserError, match=r"lower `splitting.validation` \(0.49\) or `splitting.test` \(0.49\)\.$"):
        split_three_ways(cohort(4), options, 0)
    with pytest.raises(UserError, match=r"Of 2 patients none is left to train on: lower `splitting.validation` \(0.49\)\.$"):
        split_in_folds(cohort(5), options, 0, 2, 0)


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
    ("patients", "folds", "fold", "sentence"),
    [
        (5, 3, 3, "`fold` is 3, .* 0 to 2"),
        (5, 6, 0, "`folds` is 6, but the cohort has 5 patients .* 6 are needed"),
        (3, 2, 0, "`folds` is 2, but the cohort has 3 patients .* 4 are needed"),
    ],
)
def test_a_fold_that_cannot_be_is_a_sentence(patients, folds, fold, sentence):
    with pytest.raises(UserError, match=sentence):
        split_in_folds(cohort(patients), OPTIONS, 0, folds, fold)
