import json

import pandas as pd
import pytest

from tumourflow.measures.definitions import SUMMED
from tumourflow.measures.seeds import measure_spread, spread_by_split


def scores(split: str = "test", **hits: int) -> pd.DataFrame:
    """One slice a patient: `tp` hits, 10 - tp misses and as many false alarms, so that Dice is tp / 10."""
    rest = dict.fromkeys([*SUMMED, "hd95", "soft_dice_loss", "cross_entropy"], 1.0)
    rows = [{**rest, "patient": name, "split": split, "tp": tp, "fp": 10 - tp, "fn": 10 - tp} for name, tp in hits.items()]
    return pd.DataFrame(rows)


def test_the_spread_is_the_sample_standard_deviation_of_the_figures() -> None:
    """Dice .7, .5 and .6 in the mean of two patients: deviations .1, .1 and 0, of two degrees of freedom."""
    dice = measure_spread([scores(a=8, b=6), scores(a=4, b=6), scores(a=6, b=6)])["volume_dice"]
    assert dice["values"] == pytest.approx([0.7, 0.5, 0.6])
    assert dice["standard_deviation"] == pytest.approx(0.1)


def test_a_measure_that_one_seed_does_not_have_has_no_spread() -> None:
    """No slice is empty, and with the second seed no distance could be measured."""
    spread = measure_spread([scores(a=8), scores(a=4).assign(hd95=float("nan"))])
    assert not {"empty_slice_specificity", "slice_hd95"} & set(spread)
    assert "tumour_slice_dice" in spread


def test_distances_of_all_seeds_are_in_one_unit() -> None:
    """Distances 1 pixel or half a millimetre; of one slice, which the second seed alone has found, nobody knows the size of the pixels."""
    tables = [scores(a=8).assign(hd95_mm=0.5), pd.concat([scores(a=4).assign(hd95_mm=0.5), scores(b=4)])]
    distance = measure_spread(tables)["slice_hd95"]
    assert (distance["values"], distance["standard_deviation"], distance["measured_in"]) == ([1, 1], 0, "pixel")
    known = measure_spread([tables[0], tables[0]])["slice_hd95"]
    assert (known["values"], known["measured_in"]) == ([0.5, 0.5], "mm")


def test_distances_of_all_splits_are_in_one_unit() -> None:
    tables = [table.assign(seed=seed) for seed in (7, 9) for table in (scores(a=8).assign(hd95_mm=0.5), scores("validation", b=5))]
    spread = spread_by_split(pd.concat(tables, ignore_index=True))
    assert {split: of_split["slice_hd95"]["measured_in"] for split, of_split in spread.items()} == {"test": "pixel", "validation": "pixel"}


def test_each_split_has_its_own_spread_by_ascending_seed() -> None:
    tables = [scores(a=2).assign(seed=9), scores(a=8).assign(seed=7), scores("validation", b=5).assign(seed=7)]
    spread = spread_by_split(pd.concat([*tables, scores("validation", b=5).assign(seed=9)], ignore_index=True))
    assert list(spread) == ["test", "validation"]
    assert spread["test"]["volume_dice"]["values"] == pytest.approx([0.8, 0.2])
    assert spread["validation"]["volume_dice"]["standard_deviation"] == 0
    json.dumps(spread, allow_nan=False)
