from pathlib import Path

import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def fold_average(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import fold_average

    return fold_average


def test_each_training_patient_is_put_aside_once_with_its_group_and_those_who_judge_stay(fold_average):
    sides = pd.DataFrame(
        {"split": ["train"] * 4 + ["validation", "test"], "group": ["a", "b", "a", "c", "d", "e"]},
        index=["anna", "bert", "bert's copy of anna", "carl", "dora", "emil"],
    )
    dealt = list(fold_average.deal_parts(sides, 2))
    # Groups a and c lie in the first part, b in the second.
    assert dealt[0].tolist() == ["test", "train", "test", "test", "validation", "test"]
    assert dealt[1].tolist() == ["train", "test", "train", "train", "validation", "test"]
    assert sides["split"].tolist() == ["train"] * 4 + ["validation", "test"]


def test_who_was_put_aside_is_not_scored_and_no_row_is_lost_by_which_images_are_found(fold_average):
    index = pd.DataFrame(
        {"patient": ["anna", "bert", "carl", "dora"], "split": ["test", "validation", "test", "train"]}, index=[3, 1, 4, 5]
    )
    taken = fold_average.take_back(index, {"carl"})
    assert taken["split"].tolist() == ["train", "validation", "test", "train"]
    assert taken.index.tolist() == [3, 1, 4, 5]
