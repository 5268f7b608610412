from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.options import IngestionOptions
from tumourflow.pipelines.report import create_pipeline

SHAPE = (4, 5)


class Store:
    """Stands in for the stores of images and of predicted masks; remembers what was read."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def read(self, key: str) -> np.ndarray:
        self.keys.append(key)
        return np.zeros((*SHAPE, 3), np.uint8) if key.startswith("image") else np.zeros(SHAPE, bool)

    def read_mask(self, key: str) -> np.ndarray:
        return self.read(key)


def _scores(split: str) -> pd.DataFrame:
    rows = [("p/1", "p", 1, 4, 0, 0, "train"), ("q/1", "q", 1, 3, 1, 2, split), ("q/2", "q", 2, 0, 6, 0, split)]
    return pd.DataFrame(rows, columns=["case_id", "patient", "slice", "tp", "fp", "fn", "split"]).assign(site="", tn=10)


CLEAN = {"protocol": "patient", "leaky": False}


def _run(
    scores: pd.DataFrame, leakage: dict[str, Any] = CLEAN, metrics: dict[str, Any] | None = None
) -> tuple[dict[str, Any], Store, Store]:
    images, predictions = Store(), Store()
    cases = pd.DataFrame({"case_id": scores["case_id"], "image": "image-" + scores["case_id"], "mask": "mask-" + scores["case_id"]})
    curves = pd.DataFrame(
        {
            "step": [1],
            "minutes": [0.1],
            "loss": [0.4],
            "learning_rate": [0.1],
            "validation_dice": [0.6],
            "validation_tversky": [0.6],
            "validation_loss": 1,
        }
    )
    entry = {"value": 0.6, "low": 0.4, "high": 0.7, "n": 1, "unit": "patient"}
    inputs = {
        "predicted_masks": predictions,
        "images": images,
        "cases": cases,
        "case_scores": scores,
        "params:ingestion": IngestionOptions(reader="paired"),
        "training_curves": curves,
        "segmentation_metrics": metrics or {"test": {"volume_dice": entry}},
        "leakage_report": leakage,
    }
    catalog = DataCatalog({name: MemoryDataset(data, copy_mode="assign") for name, data in inputs.items()})
    outputs = SequentialRunner().run(create_pipeline(), catalog)
    return {name: dataset.load() for name, dataset in outputs.items()}, images, predictions


@pytest.mark.parametrize("split", ["test", "validation"])
def test_overlays_show_the_test_patients_or_else_the_validation_patients(split: str) -> None:
    figures, images, predictions = _run(_scores(split))
    assert predictions.keys == ["q/1", "q/2"]  # the patient's largest slice, then the false alarm
    assert images.keys == ["mask-q/1", "image-q/1", "mask-q/2", "image-q/2"]
    assert figures["overlays"].get_suptitle() == f"One of the {split} patients with tumour (n = 1), by volume Dice"
    assert figures["false_alarms"].get_suptitle() == f"False alarms on tumour-free slices of the {split} split: 1 of n = 1"


def test_every_figure_of_the_room_is_drawn_from_its_table() -> None:
    figures, _, _ = _run(_scores("test"))
    assert figures["learning_curves"].axes[0].lines[0].get_ydata().tolist() == [0.4]
    assert [group.get_offsets().tolist() for group in figures["dice_by_size"].axes[0].collections] == [[[4, 1]], [[5, 0.4]]]
    assert figures["metrics_overview"].axes[0].lines[0].get_xdata().tolist() == [0.6]


def test_every_figure_of_a_leaky_split_bears_the_banner() -> None:
    figures, _, _ = _run(_scores("test"), {"protocol": "official", "leaky": True})
    assert set(figures) == {"overlays", "false_alarms", "learning_curves", "dice_by_size", "metrics_overview"}
    for name, figure in figures.items():
        assert figure.axes[-1].texts[0].get_text() == "LEAKY: official protocol", name


def test_where_all_patients_trained_no_figure_shows_how_well_they_were_learned() -> None:
    note = "No cross-validated figures yet: run the folds."
    figures, images, predictions = _run(_scores("train"), {"protocol": "all", "leaky": False}, {"protocol": "all", "note": note})
    assert not images.keys
    assert not predictions.keys
    for name in ("overlays", "false_alarms", "dice_by_size"):
        assert "no patient is left to judge by" in figures[name].axes[0].texts[0].get_text()
    assert figures["metrics_overview"].axes[0].texts[0].get_text() == note


def test_where_all_patients_trained_the_figures_are_those_of_the_cross_validation() -> None:
    entry = {"value": 0.7, "low": 0.6, "high": 0.8, "n": 30, "unit": "patient"}
    metrics = {"protocol": "all", "cross_validated": {"volume_dice": entry}}
    figures, _, _ = _run(_scores("train"), {"protocol": "all", "leaky": False}, metrics)
    assert [axes.get_title() for axes in figures["metrics_overview"].axes] == ["", "cross_validated"]
    assert figures["metrics_overview"].axes[0].lines[0].get_xdata().tolist() == [0.7]


def test_nodes_are_named_after_what_they_do() -> None:
    assert {node.name for node in create_pipeline().nodes} == {
        "draw_overlays",
        "draw_learning_curves",
        "draw_size_dependence",
        "draw_metrics",
    }
