from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions
from tumourflow.pipelines.comparison import create_pipeline


class Images:
    def read(self, key: str) -> np.ndarray:
        return np.arange(20, dtype=np.uint8).reshape(4, 5)

    def read_mask(self, key: str) -> np.ndarray:
        return np.ones((4, 5), bool)


class Masks:
    def read(self, case_id: str) -> np.ndarray:
        return np.zeros((4, 5), bool)


@dataclass
class Run:
    """Stands in for a tracked run."""

    name: str
    run_id: str
    left: dict[str, Any]
    parameters: dict[str, str]

    @property
    def versions(self) -> dict[str, str]:
        return dict.fromkeys(self.left, f"version of {self.name}")

    def read(self, dataset: str) -> Any:
        return self.left[dataset]


class Runs(dict):
    def find(self, text: str) -> Run:
        return self[text]


def run(name: str, tp: int, leaky: bool = False) -> Run:
    scores = pd.DataFrame({"case_id": ["a/1", "b/1"], "patient": ["a", "b"], "slice": 1, "split": "test", "tp": tp, "fp": 0, "fn": 20 - tp})
    cases = scores[["case_id", "patient"]].assign(group=scores["patient"], image="image", mask="mask")
    left = {
        "case_scores": scores,
        "cases": cases,
        "splits": scores[["case_id", "patient", "split"]],
        "predicted_masks": Masks(),
        "leakage_report": {"protocol": "slice" if leaky else "patient", "leaky": leaky},
    }
    return Run(name, f"{name}-id", left, {"seed": name[-1]})


OUTPUTS = ("comparison", "comparison_table", "comparison_overview", "comparison_cases")


class Kept(MemoryDataset):
    """Is not emptied once its readers have run."""

    def _release(self) -> None:
        pass


def compare(runs: Any, *there: Run) -> dict[str, Any]:
    inputs = {
        "tracked_runs": Runs({each.name: each for each in there}),
        "params:runs": runs,
        "images": Images(),
        "params:ingestion": IngestionOptions(reader="paired"),
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    catalog["compared_runs"] = MemoryDataset(copy_mode="assign")
    for name in OUTPUTS:
        catalog[name] = Kept(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in OUTPUTS}


@pytest.mark.parametrize("runs", ["net0+net1", ["net0", "net1"]])
def test_two_runs_are_compared_and_drawn(runs) -> None:
    left = compare(runs, run("net0", 5), run("net1", 10))
    comparison = left["comparison"]
    # 10 / 25 against 20 / 30, in both patients.
    assert comparison["differences"]["net1"]["volume_dice"]["difference"] == pytest.approx(2 / 3 - 2 / 5)
    assert comparison["settings"] == {"net0": {"seed": "0"}, "net1": {"seed": "1"}}
    assert comparison["refers_to"]["net0"]["case_scores"] == "version of net0"
    assert comparison["refers_to"]["net0"]["run_id"] == "net0-id"
    assert len(left["comparison_table"]) == 6
    assert left["comparison_cases"].get_suptitle() == "Where the runs differ most: 2 slices of the shared test patients (n = 2)"
    assert len(left["comparison_overview"].axes) == 4


def test_a_comparison_with_a_leaky_run_says_so_everywhere() -> None:
    left = compare("net0+net1", run("net0", 5), run("net1", 10, leaky=True))
    assert left["comparison"]["leaky"]
    assert left["comparison_table"]["leaky"].all()
    for name in ("comparison_overview", "comparison_cases"):
        assert left[name].axes[-1].texts[0].get_text() == "LEAKY: slice protocol"


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ([], "`runs` names 0, and a comparison takes two runs or more"),
        ("net0", "`runs` names 1, and"),
        ("net0+net0", "`runs` names net0 twice or more"),
        ("net0+net0+net1", "`runs` names net0 twice or more"),
    ],
)
def test_fewer_than_two_runs_are_refused(runs, sentence) -> None:
    with pytest.raises(UserError, match=sentence):
        compare(runs, run("net0", 5), run("net1", 5))
