import numpy as np
import pandas as pd
import pytest

from tumourflow.classical.patients import SLICES, choose_tuning_cases, read_volumes, require_judges
from tumourflow.errors import UserError


def table(slices: int = 4, ordered: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Patients a to h train, i and j validate, k tests; h has no tumour, and the last slice of each no mask."""
    rows = [(f"{patient}/{place}", patient, place if ordered else 0, place) for patient in "abcdefghijk" for place in range(slices)]
    cases = pd.DataFrame(rows, columns=["case_id", "patient", "slice", "place"])
    cases["mask"] = np.where(cases["place"] == slices - 1, "", "key")
    cases["tumour_pixels"] = np.where((cases["place"] == 1) & (cases["patient"] != "h"), 5, 0)
    split = cases["patient"].map(dict.fromkeys("abcdefgh", "train") | {"i": "validation", "j": "validation", "k": "test"})
    return cases, cases[["case_id"]].assign(split=split)


def test_patients_with_tumour_are_drawn_whole_up_to_the_limit():
    chosen = choose_tuning_cases(*table(), most=10, seed=0)
    trained = chosen[chosen["split"] == "train"]
    assert trained["patient"].nunique() == 3
    assert (trained.groupby("patient").size() == 3).all()
    assert "h" not in set(chosen["patient"])
    assert set(chosen.loc[chosen["split"] == "validation", "patient"]) == {"i", "j"}
    assert set(chosen["split"]) == {"train", "validation"}


def test_the_draw_follows_the_seed():
    drawn = {tuple(choose_tuning_cases(*table(), most=10, seed=seed)["patient"].unique()) for seed in (0, 0, 1, 2, 3)}
    assert 1 < len(drawn) <= 4


def test_one_patient_is_drawn_however_low_the_limit():
    assert choose_tuning_cases(*table(), most=1, seed=0).groupby("split")["patient"].nunique().tolist() == [1, 1]


def test_long_volumes_are_thinned_and_numbered_anew_from_end_to_end():
    chosen = choose_tuning_cases(*table(slices=41), most=1, seed=0)
    of_one = chosen[chosen["split"] == "train"]
    assert of_one["slice"].tolist() == list(range(SLICES))
    assert [case_id.split("/")[1] for case_id in of_one["case_id"].iloc[[0, -1]]] == ["0", "39"]


def test_slices_without_an_order_are_never_numbered():
    chosen = choose_tuning_cases(*table(slices=41, ordered=False), most=1, seed=0)
    assert set(chosen["slice"]) == {0}
    assert (chosen["split"] == "train").sum() == 40


def test_without_validation_patients_there_are_none():
    cases, splits = table()
    chosen = choose_tuning_cases(cases, splits.assign(split="train"), most=99, seed=0)
    assert set(chosen["split"]) == {"train"}


def test_where_no_training_patient_has_a_tumour_there_is_nothing_to_choose_by():
    cases, splits = table()
    healthy = cases.assign(tumour_pixels=cases["tumour_pixels"].where(cases["patient"].isin(list("ijk")), 0))
    with pytest.raises(UserError, match="None of the 8 training patients with masks has a tumour"):
        choose_tuning_cases(healthy, splits, most=10, seed=0)


def test_volumes_hold_the_lead_channel_of_the_rows_that_are_wanted():
    images = np.zeros((3, 2, 2, 2), np.float16)
    images[..., 1] = np.arange(3)[:, None, None]
    masks = np.arange(3, dtype=np.uint8)[:, None, None].repeat(2, 1).repeat(2, 2)
    index = pd.DataFrame({"case_id": ["b/1", "a/1", "a/2"]})
    wanted = pd.DataFrame({"case_id": ["a/1", "a/2", "b/1"], "patient": list("aab"), "slice": [1, 2, 1]})
    (names, first), (_, second) = read_volumes((images, masks), index, wanted, 1, together=True)
    assert names == ["a/1", "a/2"]
    assert [lead[0, 0] for lead in first.leads] == [1, 2]
    assert (first.leads[0].dtype, first.slices, first.together) == (np.float32, [1, 2], True)
    assert [mask.all() for mask in (*first.masks, *second.masks)] == [True, True, False]


def test_what_cannot_be_scored_is_refused_in_a_sentence():
    cases, _ = table()
    require_judges(cases, "patient")
    with pytest.raises(UserError, match="has no masks"):
        require_judges(cases.assign(mask=""), "patient")
    with pytest.raises(UserError, match="`protocol` is all"):
        require_judges(cases, "all")
