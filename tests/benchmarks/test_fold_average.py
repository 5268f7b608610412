from pathlib import Path

import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def deal_parts(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from fold_average import deal_parts

    return deal_parts


def test_each_training_patient_is_put_aside_once_with_its_group_and_those_who_judge_stay(deal_parts):
    sides = pd.DataFrame(
        {"split": ["train"] * 4 + ["validation", "test"], "group": ["a", "b", "a", "c", "d", "e"]},
        index=["anna", "bert", "bert's copy of anna", "carl", "dora", "emil"],
    )
    dealt = list(deal_parts(sides, 2))
    # Groups a and c lie in the first part, b in the second.
    assert dealt[0].tolist() == ["test", "train", "test", "test", "validation", "test"]
    assert dealt[1].tolist() == ["train", "test", "train", "train", "validation", "test"]
    assert sides["split"].tolist() == ["train"] * 4 + ["validation", "test"]
