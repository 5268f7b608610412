import pytest

from tumourflow.curation.proposal import propose_split
from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions

COHORT = {"anna": [4], "bert": [2], "carl": [0], "dora": [1]}


def test_a_file_goes_before_a_draw_and_folds_before_shares(make_cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\nanna,train\nbert,validation\ncarl,train\ndora,train\n")
    cases, options = make_cases(COHORT), SplittingOptions()
    assert propose_split(cases, options, 0, str(file), None, 0)["split"].tolist() == ["train", "validation", "train", "train"]
    assert set(propose_split(cases, options, 0, None, 4, 1)["fold"]) == {0, 1, 2, 3}
    assert set(propose_split(cases, options, 0, None, None, 0)["fold"]) == {-1}


def test_a_file_and_folds_together_are_refused(make_cases):
    with pytest.raises(UserError, match="Both `split_file`"):
        propose_split(make_cases(COHORT), SplittingOptions(), 0, "split.csv", 4, 0)
