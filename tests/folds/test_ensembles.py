import json

import pandas as pd
import pytest

from tumourflow.folds.ensembles import compare_with_singles, judge_means
from tumourflow.folds.names import name_fold, name_mean
from tumourflow.measures.definitions import SUMMED


class Tables(dict):
    """Stands in for the store of tables."""

    read = dict.__getitem__


def scores(**hits: int) -> pd.DataFrame:
    """One slice a patient: `tp` hits, 10 - tp misses and as many false alarms, so that Dice is tp / 10; and an empty slice, left empty."""
    rest = dict.fromkeys([*SUMMED, "hd95", "soft_dice_loss", "cross_entropy"], 1.0)
    rows = []
    for patient, tp in hits.items():
        described = {"patient": patient, "site": "", "split": "test", **rest}
        rows.append({**described, "slice": 1, "tp": tp, "fp": 10 - tp, "fn": 10 - tp, "tn": 100})
        rows.append({**described, "slice": 2, "tp": 0, "fp": 0, "fn": 0, "tn": 100})
    return pd.DataFrame(rows)


def test_the_average_is_compared_with_the_mean_of_the_single_networks_patient_by_patient() -> None:
    """Single networks .8 and .6 on a, .4 and .4 on b: .7 and .4; the average has .9 and .4, so that it gains .2 and 0."""
    found = compare_with_singles(scores(a=9, b=4), [scores(a=8, b=4), scores(b=4, a=6)])
    dice = found["volume_dice"]
    assert (dice["single"], dice["ensemble"]) == (pytest.approx(0.55), pytest.approx(0.65))
    assert dice["difference"] == pytest.approx(0.1)
    # Resamples hold b twice, both, or a twice.
    assert (dice["low"], dice["high"]) == (pytest.approx(0, abs=1e-12), pytest.approx(0.2))
    assert (dice["n"], dice["unit"], dice["small_n"]) == (2, "patient", True)
    assert found["empty_slice_specificity"]["difference"] == 0
    assert found["empty_slice_specificity"]["n"] == 2


def test_an_average_that_gains_nothing_is_reported_as_nil() -> None:
    dice = compare_with_singles(scores(a=8, b=4), [scores(a=8, b=4)] * 3)["volume_dice"]
    assert [dice[name] for name in ("difference", "low", "high")] == pytest.approx([0, 0, 0], abs=1e-12)


def test_all_folds_are_pooled_and_judged() -> None:
    tables = Tables({name_fold("f", 2, fold, repeat): scores(**{"ab"[fold]: 5 + repeat}) for fold in (0, 1) for repeat in (0, 1)})
    assert judge_means(tables, "f", 2, 2) == {}
    tables |= {name_mean("f", 2, 0, 2): scores(a=8)}
    assert judge_means(tables, "f", 2, 2) == {}
    judged = judge_means(Tables(tables | {name_mean("f", 2, 1, 2): scores(b=6)}), "f", 2, 2)
    assert judged["cross_validated"]["volume_dice"]["value"] == pytest.approx(0.7)
    assert judged["against_single_seeds"]["volume_dice"]["difference"] == pytest.approx(0.15)
    json.dumps(judged, allow_nan=False)
