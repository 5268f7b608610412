import numpy as np
import pandas as pd
import pytest

from tumourflow.measures.premium import compare_protocols, describe_premium, patient_dice, tabulate_premium

ROWS = [
    # patient, case_id, slice protocol's tp fp fn, patient protocol's
    ("a", "a/1", (4, 0, 0), (2, 0, 2)),
    ("a", "a/2", (4, 0, 0), (4, 0, 0)),  # a: 1 against 12 / 14
    ("b", "b/1", (2, 2, 0), (0, 0, 2)),
    ("b", "b/2", (0, 0, 0), (0, 4, 0)),  # b: 4 / 6 against 0
    ("c", "c/1", (0, 3, 0), (0, 0, 0)),  # c: no tumour
]


def scores(repeats: int = 1) -> pd.DataFrame:
    rows = []
    for repeat in range(repeats):
        for patient, case_id, *counts in ROWS:
            for protocol, (tp, fp, fn) in zip(("slice", "patient"), counts, strict=True):
                rows.append((repeat, protocol, case_id, patient, tp, fp, fn, 90, 200 + (protocol == "slice")))
    return pd.DataFrame(rows, columns=["repeat", "protocol", "case_id", "patient", "tp", "fp", "fn", "train_slices", "steps"])


def test_figures_are_those_worked_out_by_hand():
    found = compare_protocols(scores())
    volume, slices = found["volume_dice"], found["tumour_slice_dice"]
    assert volume["slice"]["value"] == pytest.approx((1 + 4 / 6) / 2)
    assert volume["patient"]["value"] == pytest.approx((12 / 14 + 0) / 2)
    assert volume["premium"]["value"] == pytest.approx((1 + 4 / 6 - 12 / 14) / 2)
    assert (volume["premium"]["n"], volume["premium"]["unit"]) == (2, "patient")
    assert slices["slice"]["value"] == pytest.approx((1 + 1 + 4 / 6) / 3)
    assert slices["patient"]["value"] == pytest.approx((4 / 6 + 1 + 0) / 3)
    assert (slices["premium"]["n"], slices["premium"]["unit"]) == (3, "slice")
    assert volume["premium"]["small_n"]
    assert found["steps"] == {"slice": 201, "patient": 200}


def test_the_interval_is_of_paired_patients():
    """Where every patient gains the same tenth, nothing is uncertain, however much patients differ."""
    even = [("slice", k, tp + 1) for k, tp in enumerate(range(9))] + [("patient", k, tp) for k, tp in enumerate(range(9))]
    table = pd.DataFrame(even, columns=["protocol", "patient", "tp"]).assign(repeat=0, case_id="", train_slices=1, steps=1)
    found = compare_protocols(table.assign(fp=10 - table["tp"], fn=10 - table["tp"]))["volume_dice"]
    assert (found["premium"]["value"], found["premium"]["low"], found["premium"]["high"]) == pytest.approx((0.1, 0.1, 0.1))
    assert found["slice"]["high"] - found["slice"]["low"] > 0.2


def test_patients_of_one_group_are_drawn_together_and_counted_one_by_one():
    apart, joined = compare_protocols(scores()), compare_protocols(scores().assign(group="a"))
    for measure in ("volume_dice", "tumour_slice_dice"):
        found, premium = joined[measure]["premium"], apart[measure]["premium"]
        assert (found["value"], found["n"]) == (pytest.approx(premium["value"]), premium["n"])
        assert found["low"] == found["high"] == pytest.approx(found["value"])


def test_repeats_count_the_same_patients_again():
    once, twice = compare_protocols(scores(1)), compare_protocols(scores(2))
    assert twice["repeats"] == 2
    assert twice["volume_dice"] == once["volume_dice"]
    assert twice["tumour_slice_dice"]["slice"]["n"] == 6


def test_a_patient_has_one_dice_in_each_repeat_and_the_mean_of_them():
    """4 of 4 pixels in one repeat, 1 of 2 with a false one in the other: (1 + 1/2) / 2, where all pixels together give 10 / 12."""
    rows = [(0, protocol, 4, 0, 0) for protocol in ("slice", "patient")] + [(1, protocol, 1, 1, 1) for protocol in ("slice", "patient")]
    table = pd.DataFrame(rows, columns=["repeat", "protocol", "tp", "fp", "fn"])
    table = table.assign(patient="a", case_id="a/1", train_slices=[90, 90, 70, 70], steps=1)
    found = compare_protocols(table)
    assert found["volume_dice"]["slice"]["value"] == 0.75
    assert found["train_slices"] == {"slice": 80, "patient": 80}
    assert patient_dice(table).loc["a"].tolist() == [0.75, 0.75]


def test_the_table_puts_protocols_side_by_side_with_their_difference():
    table = tabulate_premium(compare_protocols(scores()))
    assert table["protocol"].tolist() == ["slice", "patient", "difference (slice - patient)"] * 2
    values = table.loc[table["measure"] == "volume_dice", "value"].to_numpy()
    assert values[2] == pytest.approx(values[0] - values[1])
    assert table["experiment"].all()
    assert table["train_slices"].dropna().tolist() == [90] * 4


def test_everything_says_that_it_is_an_experiment():
    found = compare_protocols(scores())
    assert found["experiment"].startswith("Experiment")
    told = "the slice protocol's Dice of 0.833 differs from the patient protocol's by 0.405 [0.143, 0.667] (2 patients, 1 repeat(s))."
    assert describe_premium(found).startswith(f"Experiment: {told}")


def test_patients_are_drawn_with_one_dice_for_each_protocol():
    table = patient_dice(scores(2))
    assert table.index.tolist() == ["a", "b"]
    np.testing.assert_allclose(table.to_numpy(), [[12 / 14, 1], [0, 4 / 6]])


def test_without_tumour_there_is_no_number():
    healthy = scores().query("patient == 'c'")
    found = compare_protocols(healthy)
    assert found["volume_dice"]["premium"]["value"] is None
    assert "nothing can be compared" in describe_premium(found)
    assert patient_dice(healthy).empty
