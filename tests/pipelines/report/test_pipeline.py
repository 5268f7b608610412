from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.figures.panels import notice
from tumourflow.figures.picture import render
from tumourflow.options import IngestionOptions
from tumourflow.pipelines.report import create_pipeline
from tumourflow.types import Figure

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


class Drawn(MemoryDataset):
    """Takes a figure and hands out the picture of it, as the catalog does; keeps the figure."""

    def __init__(self, data: bytes | None = None) -> None:
        super().__init__(copy_mode="assign")
        self.figure: Figure = None
        if data is not None:
            self._data = data

    def save(self, data: Figure) -> None:
        self.figure = data
        # Not by `render`, which takes the figure apart.
        picture = BytesIO()
        data.savefig(picture, format="png")
        super().save(picture.getvalue())

    def _release(self) -> None:
        """Do nothing: it is looked at afterwards."""


def _scores(split: str) -> pd.DataFrame:
    rows = [("p/1", "p", 1, 4, 0, 0, "train"), ("q/1", "q", 1, 3, 1, 2, split), ("q/2", "q", 2, 0, 6, 0, split)]
    return pd.DataFrame(rows, columns=["case_id", "patient", "slice", "tp", "fp", "fn", "split"]).assign(site="", tn=10)


SIDES = {"train": 1, "validation": 0, "test": 1}
CLEAN = {"protocol": "patient", "leaky": False, "leaks": {}, "joined_patients": []}
CLEAN |= dict.fromkeys(("patients", "cases", "tumour_cases"), SIDES)
FIGURES = ("overlays", "false_alarms", "learning_curves", "dice_by_size", "metrics_overview")
BUNDLE = {
    "tumourflow": "0",
    "input_kind": None,
    "channels": [],
    "classes": ["background", "tumour"],
    "network": {"name": "unet", "width": 4},
    "layout": {"channels": 3, "context": 0},
    "preparation": {"size": 32},
    "augmentation": {},
    "postprocessing": {"threshold": 0.5},
    "mirrors": True,
    "training": {"options": {}, "seed": 0, "precision": "float32", "backend": "jax", "parameters": 9, "steps": 5},
    "data_fingerprint": "abc",
}


def _run(
    scores: pd.DataFrame, leakage: dict[str, Any] = CLEAN, metrics: dict[str, Any] | None = None, crossed: dict[str, Any] | None = None
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
        "cohort_name": "somewhere",
        "segmenter_bundle": BUNDLE,
        "segmentation_metrics_by_group": {},
        "cross_validated_metrics": crossed or {},
        "curation_summary": {"found": 6, "images": 3, "masks": 3, "metadata": 0, "excluded": 0, "cases": 3, "patients": 2},
        "curation_findings": pd.DataFrame({"finding": []}),
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
    for name in ("cohort_overview", "cohort_samples", "split_overview"):
        catalog[name] = Drawn(render(notice(name, name)))
    drawn = {name: Drawn() for name in FIGURES}
    for name, dataset in drawn.items():
        catalog[name] = dataset
    page = SequentialRunner().run(create_pipeline(), catalog)["report_page"].load()
    return {"page": page} | {name: dataset.figure for name, dataset in drawn.items()}, images, predictions


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
    figures, _, _ = _run(_scores("test"), CLEAN | {"protocol": "official", "leaky": True})
    for name in FIGURES:
        assert figures[name].axes[-1].texts[0].get_text() == "LEAKY: official protocol", name
    assert "LEAKY: official protocol" in figures["page"].partition("<main")[0]


def test_the_page_tells_the_cohort_and_shows_every_figure() -> None:
    page = _run(_scores("test"))[0]["page"]
    assert "<h1>somewhere: segmentation</h1>" in page
    assert page.count("<img") == len(FIGURES) + 3
    assert "0.60" in page


def test_figures_of_a_cross_validation_stand_on_the_page() -> None:
    note = "2 of 5 folds are finished."
    page = _run(_scores("test"), crossed={"note": note, "finished": 2})[0]["page"]
    assert note in page
    entry = {"value": 0.875, "low": 0.4, "high": 0.9, "n": 30, "unit": "patient"}
    assert "cross-validated</dt><dd>0.88" in _run(_scores("test"), crossed={"cross_validated": {"volume_dice": entry}})[0]["page"]


def test_where_all_patients_trained_no_figure_shows_how_well_they_were_learned() -> None:
    note = "No cross-validated figures yet: run the folds."
    figures, images, predictions = _run(_scores("train"), CLEAN | {"protocol": "all"}, {"protocol": "all", "note": note})
    assert not images.keys
    assert not predictions.keys
    for name in ("overlays", "false_alarms", "dice_by_size"):
        assert "no patient is left to judge by" in figures[name].axes[0].texts[0].get_text()
    assert figures["metrics_overview"].axes[0].texts[0].get_text() == note


def test_where_all_patients_trained_the_figures_are_those_of_the_cross_validation() -> None:
    entry = {"value": 0.7, "low": 0.6, "high": 0.8, "n": 30, "unit": "patient"}
    metrics = {"protocol": "all", "cross_validated": {"volume_dice": entry}}
    figures, _, _ = _run(_scores("train"), CLEAN | {"protocol": "all"}, metrics)
    assert [axes.get_title() for axes in figures["metrics_overview"].axes] == ["", "● cross_validated"]
    assert figures["metrics_overview"].axes[0].lines[0].get_xdata().tolist() == [0.7]


def test_nodes_are_named_after_what_they_do() -> None:
    assert {node.name for node in create_pipeline().nodes} == {
        "draw_overlays",
        "draw_learning_curves",
        "draw_size_dependence",
        "draw_metrics",
        "write_page",
    }
