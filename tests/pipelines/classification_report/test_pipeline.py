from io import BytesIO
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.figures.panels import notice
from tumourflow.figures.picture import render
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import PredictionOptions, SplittingOptions
from tumourflow.pipelines.classification_report import create_pipeline
from tumourflow.pipelines.classification_report.nodes import fingerprint_classifier
from tumourflow.pipelines.classification_report.pipeline import SHOWN

PREPARATION = Preparation(16, "none", "zscore", context=0, lead_channel=0, channels=1, unit="slice")
NUMBER = 12
CLEAN = {"leaky": False, "protocol": "patient", "leaks": {}, "joined_patients": []}
CLEAN |= {name: {"train": NUMBER, "validation": NUMBER, "test": NUMBER} for name in ("patients", "cases", "tumour_cases")}
CASES = pd.DataFrame(
    {"case_id": ["c0"], "group": ["c0"], "image": ["1"], "mask": [""], "label": ["no"], "site": [""], "official_fold": [-1]}
)
BUNDLE = {
    "tumourflow": "0",
    "input_kind": None,
    "channels": [],
    "classes": ["no", "yes"],
    "network": {"name": "cnn", "width": 4},
    "layout": {"channels": 1, "context": 0},
    "preparation": {"size": 16},
    "augmentation": {},
    "mirrors": True,
    "training": {"options": {}, "seed": 0, "precision": "float32", "backend": "jax", "parameters": 9, "steps": 5},
    "data_fingerprint": "abc",
}


class Kept(MemoryDataset):
    """Stays after the last node has read it."""

    def _release(self) -> None:
        """Do nothing."""


class Drawn(Kept):
    """Takes a figure and hands out the picture of it, as the catalog does; keeps the figure."""

    def save(self, data: Any) -> None:
        self.figure = data
        # Not by `render`, which takes the figure apart.
        picture = BytesIO()
        data.savefig(picture, format="png")
        super().save(picture.getvalue())


class Folds(MemoryDataset):
    """Adds what is saved to a store and hands out the store."""

    def __init__(self, tables: "Tables") -> None:
        super().__init__(copy_mode="assign")
        self.tables = tables

    def load(self) -> "Tables":
        return self.tables

    def save(self, data: list[tuple[str, pd.DataFrame]]) -> None:
        self.tables.update(data)


class Store(SimpleNamespace):
    """Stands in for the array store."""

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


def make_classifier() -> keras.Model:
    inputs = keras.Input((16, 16, 1))
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(inputs))))


def make_scores() -> pd.DataFrame:
    """Of each split a third of the images; one of each four is told wrong."""
    names = [f"c{number}" for number in range(3 * NUMBER)]
    splits = [split for split in ("train", "validation", "test") for _ in range(NUMBER)]
    table = pd.DataFrame(
        {"case_id": names, "patient": names, "group": names, "site": "", "split": splits, "label": ["no", "yes"] * (NUMBER * 3 // 2)}
    )
    sure = np.where(np.arange(len(names)) % 4 == 3, 0.3, 0.6 + 0.01 * np.arange(len(names)))
    yes = np.where(table["label"] == "yes", sure, 1 - sure)
    return table.assign(
        **{f"{kind}.{name}": chance for kind in ("probability", "calibrated") for name, chance in (("no", 1 - yes), ("yes", yes))}
    )


class Tables(dict):
    """Stands in for the store of fold scores."""

    read = dict.__getitem__


def run(leakage: dict[str, Any] = CLEAN, covered: int = 0, folds: int | None = None, tables: Tables | None = None) -> dict[str, Any]:
    scores = make_scores()
    index = scores[["case_id", "patient", "split"]].assign(slice=0)
    images = np.random.default_rng(0).normal(size=(len(scores), 16, 16, 1)).astype(np.float16)
    curves = {"step": [1], "minutes": 0.1, "loss": 0.4, "learning_rate": 0.1}
    curves |= {"validation_auroc": 0.8, "validation_balanced_accuracy": 0.7, "validation_loss": 0.5, "kept": True}
    test = scores[scores["split"] == "test"].assign(covered=True)
    inputs = {
        "class_scores": scores,
        "splits": scores[["case_id", "patient", "split"]].assign(fold=(scores["split"] == "test") * 1 if folds else -1),
        "covered_scores": test.iloc[: len(test) * covered],
        "class_calibration": {"temperature": 1.5, "split": "validation", "images": NUMBER},
        "leakage_report": leakage,
        "classifier": make_classifier(),
        "model_input": Store(index=index, arrays={"images": images}),
        "preparation": PREPARATION.to_dict(),
        "classifier_curves": pd.DataFrame(curves),
        "cases": CASES,
        "classifier_bundle": BUNDLE,
        "cohort_name": "somewhere",
        "curation_summary": {"found": 6, "images": 3, "masks": 3, "metadata": 0, "excluded": 0, "cases": 3, "patients": 2},
        "curation_findings": pd.DataFrame({"finding": []}),
        **{name: render(notice(name, name)) for name in ("cohort_overview", "cohort_samples", "split_overview")},
        "params:prediction": PredictionOptions(),
        "params:splitting": SplittingOptions(),
        "params:folds": folds,
        "params:fold": 1,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for name in create_pipeline().all_outputs():
        catalog[name] = (Drawn if name in SHOWN else Kept)(copy_mode="assign")
    catalog["class_fold_scores"] = Folds(Tables() if tables is None else tables)
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog[name].figure if name in SHOWN else catalog.load(name) for name in create_pipeline().all_outputs()}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return run(covered=1)


def test_every_split_has_its_figures_and_what_else_is_to_be_known_stands_beside_them(told) -> None:
    metrics = told["classification_metrics"]
    assert metrics["test"]["accuracy"]["value"] == 0.75
    assert (metrics["test"]["accuracy"]["n"], metrics["test"]["accuracy"]["unit"]) == (NUMBER, "image")
    assert set(metrics["calibrated"]["test"]) == {"brier", "ece"}
    assert metrics["temperature"] == 1.5
    assert metrics["patients"] == "No figures per patient: no patient has several images."
    assert "leaky" not in metrics
    assert told["class_report"].query("split == 'test'")["support"].tolist() == [NUMBER // 2] * 2


def test_what_covering_changed_is_told_where_something_was_covered(told) -> None:
    assert told["classification_metrics"]["covered"]["accuracy"]["difference"] == 0
    assert set(told["covered_differences"]["split"]) == {"test"}
    nothing = run()
    assert "covered" not in nothing["classification_metrics"]
    assert nothing["covered_differences"].empty


def test_pictures_are_of_the_test_images(told) -> None:
    for name in ("confusion_matrix", "class_curves", "reliability_diagram"):
        assert f"test images (n = {NUMBER})" in told[name].get_suptitle()
    assert "(blue, n = 9) and wrong (orange, n = 3)" in told["classified_examples"].get_suptitle()
    assert [panel.get_title() for panel in told["classifier_learning_curves"].axes[:2]] == [
        "loss",
        "validation AUROC: 0.800 at step 1, kept",
    ]


def test_a_leaky_split_marks_everything() -> None:
    leaky = run(CLEAN | {"leaky": True, "protocol": "slice"})
    assert (leaky["classification_metrics"]["leaky"], leaky["classification_metrics"]["protocol"]) == (True, "slice")
    assert leaky["class_report"]["leaky"].all()
    assert leaky["covered_differences"]["leaky"].all()
    for name in ("confusion_matrix", "class_curves", "reliability_diagram", "classified_examples", "classifier_learning_curves"):
        assert "LEAKY: slice protocol" in {text.get_text() for axes in leaky[name].axes for text in axes.texts}
    assert "LEAKY: slice protocol" in leaky["classification_page"].partition("<main")[0]


def test_the_page_tells_the_cohort_and_shows_every_figure(told) -> None:
    page = told["classification_page"]
    assert "<h1>somewhere: classification</h1>" in page
    assert page.count("<img") == len(SHOWN)
    assert "Accuracy, test</dt><dd>0.75" in page


def test_where_all_patients_trained_nothing_is_told_of_them() -> None:
    nobody = run(CLEAN | {"protocol": "all"})
    assert set(nobody["classification_metrics"]) == {"protocol", "note"}
    assert nobody["class_report"].empty
    sentences = {text.get_text() for axes in nobody["classified_examples"].axes for text in axes.texts}
    assert sentences == {"Every patient was trained on: no patient is left to judge by."}


def test_the_last_fold_of_a_cross_validation_pools_all_of_them() -> None:
    """The first fold left images of other patients."""
    tables = Tables()
    alone = run(folds=2, tables=tables)["classification_metrics"]
    assert "cross_validated" not in alone
    assert "(1 of 2 folds are there, 0 missing)" in alone["note"]
    (key,) = tables
    others = tables[key].assign(**{name: "other-" + tables[key][name] for name in ("case_id", "patient", "group")})
    tables[key.replace("2-1", "2-0")] = others
    whole = run(folds=2, tables=tables)["classification_metrics"]
    assert whole["cross_validated"]["accuracy"]["n"] == 2 * NUMBER
    assert whole["cross_validated"]["accuracy"]["value"] == 0.75
    of_all = run(CLEAN | {"protocol": "all"}, tables=tables)["classification_metrics"]
    assert of_all == {"protocol": "all", "folds": 2, "cross_validated": whole["cross_validated"]}


def fingerprint(bundle: dict[str, Any] = BUNDLE, label: str = "no") -> str:
    scores = pd.DataFrame({"case_id": ["c0"], "label": [label]})
    return fingerprint_classifier(CASES, scores, bundle, PredictionOptions(), SplittingOptions())


def test_averages_of_seeds_are_folds_of_their_own() -> None:
    averaged = BUNDLE | {"training": BUNDLE["training"] | {"members": [{"seed": 0}, {"seed": 1}]}}
    assert fingerprint() != fingerprint(averaged)


def test_folds_that_were_told_other_labels_are_not_pooled_with_those_of_corrected_ones() -> None:
    assert fingerprint(label="no") == fingerprint(label="no")
    assert fingerprint(label="no") != fingerprint(label="yes")


def test_scores_are_kept_under_the_views_that_they_were_predicted_from():
    with pytest.raises(UserError, match=r"`prediction\.mirrors` is False and was True\. Give the same, or"):
        fingerprint_classifier(CASES, make_scores(), BUNDLE, PredictionOptions(mirrors=False), SplittingOptions())
