import numpy as np
import pandas as pd
import pytest

from tumourflow.measures.effects import COLUMNS, MEASURES, WITHOUT, tabulate_effects

SETTINGS = {"plain": "threshold 0.5", "crf": "threshold 0.5, CRF"}


def counts(rows) -> pd.DataFrame:
    """Rows of patient, step, tp, fp, fn on the test side."""
    table = pd.DataFrame(rows, columns=["patient", "step", "tp", "fp", "fn"])
    return table.assign(split="test", case_id=table["patient"])


def effects(rows) -> pd.DataFrame:
    return tabulate_effects(counts(rows), SETTINGS, leaky=False).set_index("measure")


def test_differences_by_hand() -> None:
    """Patient a: 2/4 then 4/4; patient b: 2/4 then 2/4; the healthy slice of b is a false alarm, then none."""
    found = effects(
        [
            *(("a", "plain", 1, 1, 1), ("b", "plain", 1, 1, 1), ("b", "plain", 0, 4, 0)),
            *(("a", "crf", 2, 0, 0), ("b", "crf", 1, 1, 1), ("b", "crf", 0, 0, 0)),
        ]
    )
    volume = found.loc["volume_dice"]
    # Patient b as a volume: 2 / (2 + 5 + 1) then 2 / 4.
    assert (volume["without"], volume["with"]) == pytest.approx(((1 / 2 + 1 / 4) / 2, (1 + 1 / 2) / 2))
    assert volume["difference"] == pytest.approx(3 / 8)
    # Resamples hold a twice, both, or b twice.
    assert (volume["low"], volume["high"]) == pytest.approx((1 / 4, 1 / 2))
    assert found["n"].to_dict() == {"volume_dice": 2, "tumour_slice_dice": 2, "empty_slice_specificity": 1}
    assert found.loc["tumour_slice_dice", "difference"] == pytest.approx(1 / 4)
    assert found.loc["empty_slice_specificity", "difference"] == 1
    assert found["settings"].unique().tolist() == ["threshold 0.5, CRF"]
    assert found["unit"].to_dict() == MEASURES


def test_a_step_that_does_nothing_is_reported_as_nil() -> None:
    found = effects([(patient, step, 3, 1, 2) for patient in "abc" for step in ("plain", "crf")])
    assert found.loc["volume_dice", ["difference", "low", "high"]].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("step", "without"), WITHOUT.items())
def test_how_the_network_is_asked_is_what_the_plain_threshold_adds_to_asking_otherwise(step, without) -> None:
    table = counts([(patient, *row) for patient in "ab" for row in ((without, 1, 1, 1), ("plain", 2, 0, 0), ("crf", 2, 2, 0))])
    found = tabulate_effects(table, SETTINGS | {step: "all of it"}, leaky=False).set_index(["step", "measure"])
    assert list(found.index.unique("step")) == [step, "crf"]
    assert found.loc[(step, "volume_dice"), ["without", "with", "difference", "low", "high"]].tolist() == [0.5, 1, 0.5, 0.5, 0.5]
    assert found.loc[(step, "volume_dice"), "settings"] == "all of it"
    assert found.loc[("crf", "volume_dice"), "without"] == 1


def test_what_is_nowhere_defined_is_missing() -> None:
    healthy = effects([("a", "plain", 0, 1, 0), ("a", "crf", 0, 0, 0)])
    assert np.isnan(healthy.loc["volume_dice", ["with", "difference", "low"]].astype(float)).all()
    assert healthy.loc["volume_dice", "n"] == 0


def test_few_patients_and_leaking_splits_are_marked() -> None:
    rows = [(f"p{number}", step, 3, 1, 2) for number in range(10) for step in ("plain", "crf")]
    many = tabulate_effects(counts(rows), SETTINGS, leaky=True).set_index("measure")
    assert not many.loc["volume_dice", "small_n"]
    assert many["leaky"].all()
    assert effects(rows[:6])["small_n"].all()


def test_without_patients_the_table_has_its_columns() -> None:
    empty = tabulate_effects(counts([]), SETTINGS, leaky=False)
    assert empty.empty
    assert list(empty) == COLUMNS
