import json
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.folds.names import name_fold
from tumourflow.folds.recipe import describe_recipe, fingerprint_networks
from tumourflow.imaging.augmentation import record_policy
from tumourflow.imaging.layout import InputLayout
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import (
    AugmentationOptions,
    IngestionOptions,
    PredictionOptions,
    RadiomicsOptions,
    SplittingOptions,
    TrainingOptions,
)
from tumourflow.pipelines.radiomics import create_pipeline
from tumourflow.radiomics import candidates
from tumourflow.radiomics.table import choose_rows
from tumourflow.radiomics.type_model import TypeModel

SIDE = 32
PREPARATION = Preparation(SIDE, "none", "zscore", 0, 0, 1).to_dict()
POLICY = record_policy(AugmentationOptions(), InputLayout(channels=1, lead_channel=0, context=0))
PREDICTION = PredictionOptions(mirrors=False, threshold=0.5, components=0, minimum_area=0, fill_holes=False, crf=False)
TRAINING, SPLITTING = TrainingOptions(width=4, depth=1), SplittingOptions()
PLAN = {"training": {"network": "unet", "width": 4, "depth": 1, "batch": 4}}
MADE = (
    "radiomics_report",
    "type_model",
    "type_model_bundle",
    "radiomics_features",
    "radiomics_scores",
    "radiomics_choice",
    "radiomics_metrics",
    "radiomics_importance",
)


class Store(SimpleNamespace):
    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


class Images:
    """A bright tumour on a grey body: long ones are gliomas, square ones meningiomas."""

    def __init__(self, cases: pd.DataFrame) -> None:
        self.masks = {}
        for number, (case_id, label) in enumerate(zip(cases["case_id"], cases["label"], strict=True)):
            mask = np.zeros((SIDE, SIDE), bool)
            height, width = (18, 3 + number % 3) if label == "glioma" else (8, 7 + number % 3)
            mask[6 : 6 + height, 10 : 10 + width] = True
            self.masks[case_id] = mask

    def read(self, key: str) -> np.ndarray:
        noise = np.random.default_rng(crc32(key.encode())).integers(0, 20, (SIDE, SIDE))
        return (60 + noise + 100 * self.masks[key]).astype(np.uint8)

    def read_mask(self, key: str) -> np.ndarray:
        return self.masks[key]


class Predicted(MemoryDataset):
    """Keeps a stream of masks by the name of their case, as the folder of images does."""

    def save(self, data: Any) -> None:
        kept = dict(data)
        super().save(SimpleNamespace(read=kept.__getitem__, kept=kept))

    def _release(self) -> None: ...


class Kept(MemoryDataset):
    def _release(self) -> None: ...


class Networks(dict):
    read = dict.__getitem__


def threshold_network() -> Any:
    """Says tumour where the prepared image is bright; what networks give are logits."""
    import keras

    image = keras.Input((SIDE, SIDE, 1))
    layer = keras.layers.Conv2D(1, 1)
    network = keras.Model(image, layer(image))
    layer.set_weights([np.full((1, 1, 1, 1), 20.0), np.array([-20.0])])
    return network


def make_cases() -> pd.DataFrame:
    rows = [(f"{label}{number}", label) for label in ("glioma", "meningioma") for number in range(6)]
    table = pd.DataFrame(rows, columns=["case_id", "label"]).assign(site="", slice=0, blank=False, official_fold=-1)
    for name in ("patient", "group", "family", "image", "mask"):
        table[name] = table["case_id"]
    return table.assign(height=SIDE, width=SIDE, channels=1, tumour_pixels=50, pixel_height=1.0, pixel_width=1.0)


def run(cases: pd.DataFrame, leakage: dict[str, Any]) -> dict[str, Any]:
    images = Images(cases)
    index = cases[["case_id", "patient", "slice"]].assign(top=0, left=0, side=SIDE, height=SIDE, width=SIDE, tumour=True, labelled=True)
    bright = np.stack([images.read(case_id) for case_id in cases["case_id"]])[..., None] > 120
    recipe = describe_recipe(PREPARATION, POLICY, TRAINING.describe(), 0, PREDICTION, SPLITTING)
    network, name = threshold_network(), fingerprint_networks(cases, recipe)
    splits = cases[["case_id", "patient"]].assign(split=["train", "train", "train", "validation", "test", "test"] * 2)
    inputs = {
        "cases": cases,
        "splits": splits,
        "images": images,
        "model_input": Store(index=index, arrays={"images": 2 * bright.astype(np.float16), "masks": bright[..., 0].astype(np.uint8)}),
        "preparation": PREPARATION,
        "augmentation_policy": POLICY,
        "plan": PLAN,
        "leakage_report": leakage,
        "fold_tracker": None,  # nothing is trained
        "fold_networks": Networks({name_fold(name, 2, fold): network for fold in range(2)}),
        "params:training": TRAINING,
        "params:prediction": PREDICTION,
        "params:splitting": SPLITTING,
        "params:radiomics": RadiomicsOptions(folds=2),
        "params:ingestion": IngestionOptions(reader="figshare"),
        "params:seed": 0,
        "params:scheduler": "threads",
    }
    catalog = DataCatalog({key: MemoryDataset(value, copy_mode="assign") for key, value in inputs.items()})
    catalog["unseen_masks"] = Predicted(copy_mode="assign")
    for made in (*MADE, "radiomics_comparison"):
        catalog[made] = Kept(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    masks = catalog.load("unseen_masks").kept
    return {made: catalog.load(made) for made in (*MADE, "radiomics_comparison")} | {"masks": masks, "true": images.masks}


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "GRIDS", {"logistic_regression": {"C": (1.0,)}})
        return run(make_cases(), {"protocol": "slice", "leaky": True})


def test_masks_are_predicted_by_the_networks_that_a_cross_validation_left(made):
    assert set(made["masks"]) == set(made["true"])
    assert all((made["masks"][case_id] == mask).all() for case_id, mask in made["true"].items())


def test_every_case_has_a_row_of_each_kind_of_mask(made):
    features = made["radiomics_features"]
    assert features.groupby("mask").size().to_dict() == {"none": 12, "predicted": 12, "true": 12}
    by_mask = features.set_index(["case_id", "mask"])["shape_area"].unstack()
    assert (by_mask["true"] == by_mask["predicted"]).all()
    assert (by_mask["none"] == SIDE * SIDE).all()


def test_types_are_told_by_true_and_predicted_masks_alike_and_the_figures_say_that_the_split_leaks(made):
    metrics = made["radiomics_metrics"]
    crossed, predicted = metrics["cross_validated"], metrics["cross_validated_predicted_masks"]
    assert crossed["accuracy"]["value"] == predicted["accuracy"]["value"] > 0.9
    assert (crossed["accuracy"]["n"], crossed["recall.meningioma"]["n"]) == (12, 6)
    assert metrics["cost_of_predicted_masks"]["macro_f1"]["value"] == 0
    assert metrics["cross_validated_no_mask"]["accuracy"]["n"] == 12
    assert metrics["test"]["macro_f1"]["n"] == 4
    assert (metrics["leaky"], metrics["protocol"]) == (True, "slice")
    assert all(made[name]["leaky"].all() for name in ("radiomics_scores", "radiomics_importance", "radiomics_report"))
    assert "LEAKY: slice protocol" in [text.get_text() for text in made["radiomics_comparison"].axes[-1].texts]


def test_what_was_chosen_and_what_decides_is_told(made):
    assert made["radiomics_choice"]["classifier"] == "logistic_regression"
    assert set(made["radiomics_choice"]["masks"]) == {"predicted", "none"}
    assert made["radiomics_choice"]["leaky"]
    families = made["radiomics_importance"]["feature"]
    assert {"family shape", "shape_area"} <= set(families)


def test_the_model_that_is_left_is_the_very_one_that_the_test_figures_are_of(made):
    bundle = json.loads(json.dumps(made["type_model_bundle"], allow_nan=False))
    assert bundle["classes"] == ["glioma", "meningioma"]
    assert (bundle["classifier"], bundle["parameters"]) == ("logistic_regression", {"C": 1.0})
    assert (bundle["chosen_on"], bundle["learned_from"], bundle["cases"]) == ("validation", "train", 6)
    assert (bundle["unit"], bundle["leaky"], bundle["protocol"]) == ("mm", True, "slice")
    assert bundle["scores"]["test"]["accuracy"] == made["radiomics_metrics"]["test"]["accuracy"]
    # Of the same masks predicted, the same is told.
    assert bundle["scores"]["test_predicted_masks"]["accuracy"] == bundle["scores"]["test"]["accuracy"]
    model, features = TypeModel(made["type_model"], bundle), choose_rows(made["radiomics_features"], "true")
    scores = made["radiomics_scores"].query("mask == 'true' and split == 'test'").set_index("case_id")
    told = pd.DataFrame(model.tell(features), index=features["case_id"]).loc[scores.index]
    assert np.array_equal(told, scores[["probability.glioma", "probability.meningioma"]])


def test_an_image_and_its_mask_are_told_as_the_room_tells_them(made):
    model, images = TypeModel(made["type_model"], made["type_model_bundle"]), Images(make_cases())
    rows = choose_rows(made["radiomics_features"], "true").set_index("case_id")
    for case_id in ("glioma0", "meningioma5"):
        found = model.type_of(images.read(case_id), images.read_mask(case_id), (1.0, 1.0))
        assert np.array_equal(found.probabilities, model.tell(rows.loc[[case_id]])[0])
        assert found.type == case_id[:-1]


def test_a_cohort_without_masks_is_refused_before_anything_is_fitted():
    with pytest.raises(UserError, match="this cohort has no masks"):
        run(make_cases().assign(mask="", tumour_pixels=0), {"protocol": "patient", "leaky": False})
