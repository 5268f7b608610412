import json

import pandas as pd
import pytest

from tumourflow.errors import UserError
from tumourflow.folds.names import name_fold
from tumourflow.folds.pooled import average_folds, compare_seeds, pool_folds
from tumourflow.measures.definitions import SUMMED


class Tables(dict):
    """Stands in for the store of tables."""

    read = dict.__getitem__


@pytest.fixture
def scores(make_scores) -> dict[str, pd.DataFrame]:
    return {patient: make_scores(patient, tp) for patient, tp in zip("abc", (8, 6, 4), strict=True)}


@pytest.fixture
def make_scores():
    """One slice of a patient: `tp` hits and 10 - tp misses and as many false alarms, so that Dice is tp / 10."""

    def make(patient: str, tp: int) -> pd.DataFrame:
        columns = dict.fromkeys([*SUMMED, "hd95", "soft_dice_loss", "cross_entropy"], 1.0)
        counts = {"tp": tp, "fp": 10 - tp, "fn": 10 - tp, "tn": 100}
        described = {"case_id": f"{patient}/1", "patient": patient, "site": "", "slice": 1, "split": "test"}
        return pd.DataFrame([{**described, **columns, **counts}])

    return make


def left(scores, fingerprint: str, folds: int, *done: int) -> Tables:
    return Tables({name_fold(fingerprint, folds, fold): scores["abc"[fold]] for fold in done})


def test_a_whole_cross_validation_is_pooled_over_all_patients(scores):
    record = pool_folds(left(scores, "f", 3, 0, 1, 2), "f", 3)
    assert (record["complete"], record["finished"], record["missing"]) == (True, [0, 1, 2], [])
    dice = record["cross_validated"]["volume_dice"]
    assert (dice["value"], dice["n"]) == (pytest.approx(0.6), 3)
    assert "note" not in record
    json.dumps(record, allow_nan=False)


def test_folds_that_were_dealt_out_in_two_ways_are_not_pooled(scores):
    """As where a room was run by itself with another seed: somebody is tested twice, and somebody else never."""
    tables = left(scores, "f", 3, 0, 1, 2)
    tables[name_fold("f", 3, 2)] = tables[name_fold("f", 3, 1)]
    with pytest.raises(UserError, match=r"b/1 is tested in two of the folds .* remove the folder f in data/07_model_output"):
        pool_folds(tables, "f", 3)


def test_a_part_of_it_has_no_figures_and_says_what_is_missing(scores):
    record = pool_folds(left(scores, "f", 3, 0, 2), "f", 3)
    assert (record["complete"], record["folds"], record["finished"], record["missing"]) == (False, 3, [0, 2], [1])
    assert "cross_validated" not in record
    assert "(2 of 3 folds are there, 1 missing): kedro run --pipeline=cross_validation --params=folds=3," in record["note"]


def test_nothing_at_all_says_how_to_begin():
    record = pool_folds(Tables(), "f", None)
    assert (record["complete"], record["folds"]) == (False, None)
    assert record["note"].startswith("No cross-validated figures yet: kedro run --pipeline=cross_validation --params=folds=5,")


def test_folds_of_other_parameters_do_not_count(scores):
    assert not pool_folds(left(scores, "other", 3, 0, 1, 2), "f", 3)["complete"]
    assert not pool_folds(left(scores, "f", 3, 0, 1, 2), "f", 2)["complete"]


def test_a_finished_cross_validation_goes_before_a_larger_one_that_is_not(scores):
    tables = Tables(left(scores, "f", 2, 0, 1) | left(scores, "f", 3, 0))
    assert pool_folds(tables, "f", None)["folds"] == 2
    assert pool_folds(Tables(tables | left(scores, "f", 3, 1, 2)), "f", None)["folds"] == 3


def test_the_mean_over_folds_has_the_lowest_and_the_highest_beside_it(make_scores):
    """Dice .8 and .9: no fold had more than 1 or less than 0, as Student's t has it of two folds."""
    dice = average_folds([make_scores("a", 8), make_scores("b", 9)])["volume_dice"]
    assert dice == {"value": pytest.approx(0.85), "lowest": pytest.approx(0.8), "highest": pytest.approx(0.9), "n": 2, "unit": "fold"}


def test_a_fold_without_scores_takes_no_part(scores):
    """Nobody in it has a mask: the figures are of the patients of the others, and of as many folds as have the measure."""
    nothing = scores["a"].iloc[:0].astype(object)
    tables = left({**scores, "a": nothing}, "f", 3, 0, 1, 2)
    record = pool_folds(tables, "f", 3)
    assert record["complete"]
    assert (record["cross_validated"]["volume_dice"]["value"], record["cross_validated"]["volume_dice"]["n"]) == (pytest.approx(0.5), 2)
    assert (record["mean_over_folds"]["volume_dice"]["value"], record["mean_over_folds"]["volume_dice"]["n"]) == (pytest.approx(0.5), 2)
    json.dumps(record, allow_nan=False)
    nobody = pool_folds(left(dict.fromkeys("abc", nothing), "f", 3, 0, 1, 2), "f", 3)
    assert (nobody["cross_validated"]["volume_dice"]["n"], nobody["mean_over_folds"]) == (0, {})


def test_folds_are_averaged_in_one_unit(make_scores):
    """Distances of 1 pixel; those of one fold are known in millimetres, too, as where its patients alone are of a DICOM series."""
    known, unknown = make_scores("a", 8).assign(hd95_mm=0.5), make_scores("b", 6).assign(hd95_mm=float("nan"))
    distance = average_folds([known, unknown])["slice_hd95"]
    assert (distance["value"], distance["measured_in"]) == (1, "pixel")
    distance = average_folds([known, known])["slice_hd95"]
    assert (distance["value"], distance["measured_in"]) == (0.5, "mm")
    distance = average_folds([known.iloc[:0], known, known])["slice_hd95"]
    assert (distance["value"], distance["measured_in"]) == (0.5, "mm")


def test_the_spread_between_seeds_is_that_of_the_pooled_figures(make_scores):
    """Two patients, Dice .8 and .6 with one seed, .4 and .6 with the other."""
    first = {name_fold("f", 2, fold): make_scores("ab"[fold], tp) for fold, tp in enumerate((8, 6))}
    second = {name_fold("f", 2, fold, repeat=1): make_scores("ab"[fold], tp) for fold, tp in enumerate((4, 6))}
    spread = compare_seeds(Tables(first | second), "f", 2, 2)["volume_dice"]
    assert spread["values"] == [pytest.approx(0.7), pytest.approx(0.5)]
    assert spread["standard_deviation"] == pytest.approx(0.2 / 2**0.5)
