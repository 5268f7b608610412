import pytest

from tumourflow.curation.proposal import propose_split
from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions

COHORT = {"anna": [4], "bert": [2], "carl": [0], "dora": [1]}
OPTIONS = SplittingOptions()


def test_a_file_goes_before_a_draw_and_folds_before_shares(make_cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\nanna,train\nbert,validation\ncarl,train\ndora,train\n")
    cases = make_cases(COHORT)
    assert propose_split(cases, OPTIONS, 0, str(file), None, 0)["split"].tolist() == ["train", "validation", "train", "train"]
    assert set(propose_split(cases, OPTIONS, 0, None, 4, 1)["fold"]) == {0, 1, 2, 3}
    assert set(propose_split(cases, OPTIONS, 0, None, None, 0)["fold"]) == {-1}


def test_slices_are_dealt_out_as_if_each_were_a_patient(make_cases):
    cases = make_cases({patient: list(range(20)) for patient in "abcde"})
    splits = propose_split(cases, OPTIONS, 0, None, None, 0, "slice")
    assert splits["split"].value_counts().to_dict() == {"train": 60, "test": 25, "validation": 15}
    assert (splits.groupby("patient")["split"].nunique() == 3).all()
    assert set(propose_split(cases, OPTIONS, 0, None, 10, 0, "slice")["fold"].value_counts()) == {10}


def test_the_published_folds_decide(make_cases):
    cases = make_cases(COHORT)
    cases["official_fold"] = [0, 1, 1, 2]
    assert propose_split(cases, OPTIONS, 0, None, None, 2, "official")["split"].tolist()[3] == "test"


def test_everybody_trains(make_cases):
    splits = propose_split(make_cases(COHORT), OPTIONS, 0, None, None, 0, "all")
    assert set(splits["split"]) == {"train"}
    assert set(splits["fold"]) == {-1}


def test_what_contradicts_one_another_is_refused(make_cases):
    with pytest.raises(UserError, match=r"`split_file` .* and `folds` .* are both set"):
        propose_split(make_cases(COHORT), OPTIONS, 0, "split.csv", 4, 0)
    with pytest.raises(UserError, match="`protocol` is slice"):
        propose_split(make_cases(COHORT), OPTIONS, 0, "split.csv", None, 0, "slice")
