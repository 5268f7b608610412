import pandas as pd
import pytest

from tumourflow.figures.patients import judged_split, patient_scores


def test_counts_of_a_patients_slices_are_summed_before_the_ratio(scores: pd.DataFrame) -> None:
    table = patient_scores(scores).set_index("patient")
    assert table["dice"].to_dict() == pytest.approx({"a": 1, "b": 0.5, "c": 0, "e": 6 / 7})
    assert table["tumour_pixels"].to_dict() == {"a": 9, "b": 5, "c": 4, "e": 3}
    assert table["split"].to_dict() == {"a": "test", "b": "test", "c": "test", "e": "train"}


def test_a_patient_without_tumour_has_no_dice(scores: pd.DataFrame) -> None:
    assert "d" not in set(patient_scores(scores)["patient"])


def test_no_rows_are_no_patients(scores: pd.DataFrame) -> None:
    assert patient_scores(scores.head(0)).empty


def test_categorical_columns_make_no_patients_up(scores: pd.DataFrame) -> None:
    categorical = scores.astype({"patient": "category", "split": "category", "site": "category"})
    pd.testing.assert_frame_equal(patient_scores(categorical), patient_scores(scores))


@pytest.mark.parametrize(
    ("splits", "judged"),
    [(["train", "validation", "test"], "test"), (["train", "validation"], "validation"), (["train"], "train"), ([], "test")],
)
def test_the_split_that_tells_most_is_judged(splits: list[str], judged: str) -> None:
    assert judged_split(pd.DataFrame({"split": splits})) == judged
