import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.imaging.augmentation import record_policy
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import AugmentationOptions, ClassificationOptions, IngestionOptions, PredictionOptions, TrainingOptions
from tumourflow.pipelines.classification import create_pipeline

SIDE, EACH = 32, 4
PREPARATION = Preparation(SIDE, "none", "zscore", context=0, lead_channel=0, channels=1, unit="slice")
SPLITS = ("train", "train", "validation", "test")


class Kept(MemoryDataset):
    """Stays after the last node has read it."""

    def _release(self) -> None:
        """Do nothing."""


class Store(SimpleNamespace):
    """Stands in for the array store."""

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


class Pictures(dict):
    """Stands in for the store of images."""

    read = dict.__getitem__


class Listener(list):
    """Keeps the events and whether it was closed."""

    closed = False

    def __call__(self, event: dict[str, float]) -> None:
        self.append(event)

    def close(self) -> None:
        self.closed = True


def draw(number: int, bright: bool) -> np.ndarray:
    """A noisy picture, half of it bright; the first one of the test split has two calipers in it."""
    picture = np.random.default_rng(number).integers(0, 60, size=(64, 64)).astype(np.uint8)
    picture[:, :32] += np.uint8(100 * bright)
    return picture


def add_calipers(picture: np.ndarray) -> np.ndarray:
    marked = picture.copy()
    for row, column in ((16, 45), (48, 50)):
        marked[row - 8 : row + 9, column] = marked[row, column - 8 : column + 9] = 250
    return marked


@pytest.fixture(scope="module")
def cohort() -> dict[str, Any]:
    """Eight pictures of each split, in turn dark and bright; of those of the test split one is marked."""
    splits = [split for split in SPLITS for _ in range(EACH)]
    pictures = [draw(number, number % 2 == 1) for number in range(len(splits))]
    pictures[-1] = add_calipers(pictures[-1])
    names = [f"c{number:02}" for number in range(len(splits))]
    labels = ["dark", "bright"] * (len(splits) // 2)
    cases = {"case_id": names, "patient": names, "group": names, "site": "", "image": names, "mask": "", "label": labels}
    prepared = np.stack([PREPARATION.prepare([picture])[0][0] for picture in pictures]).astype(np.float16)
    index = pd.DataFrame({"case_id": names, "patient": names, "slice": 0, "split": splits, "tumour": False, "labelled": False})
    return {
        "cases": pd.DataFrame({**cases, "tumour_pixels": 0, "pixel_height": 0.5, "pixel_width": 0.5}),
        "splits": pd.DataFrame({"case_id": names, "patient": names, "split": splits}),
        "model_input": Store(index=index, arrays={"images": prepared}),
        "images": Pictures(zip(names, pictures, strict=True)),
    }


TINY = TrainingOptions(width=2, batch=4, steps=8, validations=2, learning_rate=0.01, coarse=0)


def run(cohort: dict[str, Any], **changes: Any) -> dict[str, Any]:
    inputs = {
        **cohort,
        "augmentation_policy": record_policy(AugmentationOptions(flip=0, noise=0), PREPARATION.layout),
        "preparation": PREPARATION.to_dict(),
        "leakage_report": {"leaky": False, "protocol": "patient"},
        "training_listener": Listener(),
        "classifier_checkpoint": None,
        "classifier_seed_networks": None,
        "params:training": TINY,
        "params:classification": ClassificationOptions(task="label"),
        "params:prediction": PredictionOptions(),
        "params:ingestion": IngestionOptions(reader="classes"),
        "params:seed": 0,
        **changes,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for name in create_pipeline().all_outputs():
        catalog[name] = Kept(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in [*create_pipeline().all_outputs(), "training_listener"]}


@pytest.fixture(scope="module")
def left(cohort) -> dict[str, Any]:
    return run(cohort)


def test_every_image_of_every_split_gets_its_probabilities_before_and_after_calibration(left, cohort) -> None:
    scores = left["class_scores"]
    assert scores["case_id"].tolist() == cohort["cases"]["case_id"].tolist()
    assert scores["label"].tolist() == cohort["cases"]["label"].tolist()
    for column in ("probability", "calibrated"):
        np.testing.assert_allclose(scores[[f"{column}.bright", f"{column}.dark"]].sum(axis=1), 1, rtol=1e-5)
    assert left["class_calibration"]["images"] == EACH
    assert left["training_listener"].closed
    assert not scores["leaky"].any()
    assert not left["class_calibration"]["leaky"]


def test_the_bundle_holds_what_use_of_the_network_needs(left) -> None:
    bundle = json.loads(json.dumps(left["classifier_bundle"], allow_nan=False))
    assert bundle["classes"] == ["bright", "dark"]
    assert bundle["task"] == "label"
    assert bundle["network"] == {"name": "cnn", "width": 2}
    assert bundle["temperature"] == left["class_calibration"]["temperature"]
    assert Preparation.from_dict(bundle["preparation"]) == PREPARATION
    assert bundle["training"]["steps"] == 8
    assert bundle["patients"] == {"train": 8, "validation": 4, "test": 4}
    assert len(bundle["data_fingerprint"]) == 64


def test_the_marked_test_image_alone_is_predicted_otherwise_once_it_is_covered(left) -> None:
    covered, scores = left["covered_scores"], left["class_scores"].set_index("case_id")
    assert covered["case_id"].tolist() == ["c12", "c13", "c14", "c15"]
    assert covered["covered"].tolist() == [False, False, False, True]
    before = scores.loc[covered["case_id"], "probability.bright"].to_numpy()
    np.testing.assert_array_equal(np.isclose(covered["probability.bright"], before, rtol=0, atol=1e-9), [True, True, True, False])


def test_what_is_no_training_of_a_classifier_is_refused_before_training(cohort) -> None:
    with pytest.raises(UserError, match=r"`training.average_folds` averages .*: leave it out"):
        run(cohort, **{"params:training": TINY.model_copy(update={"average_folds": True})})
    with pytest.raises(UserError, match="'tumour', which needs at least two classes, but the cohort has none: choose label"):
        run(cohort, **{"params:classification": ClassificationOptions(task="tumour")})


def test_weights_that_are_not_there_are_named_in_one_sentence(cohort) -> None:
    with pytest.raises(UserError, match=r"no such weights for the network `cnn`: choose `classification.network` from lite0, resnet50"):
        run(cohort, **{"params:training": TINY.model_copy(update={"weights": "imagenet"})})


def test_what_a_leaky_split_makes_says_so(cohort) -> None:
    left = run(cohort, leakage_report={"leaky": True, "protocol": "slice"})
    assert left["class_scores"]["leaky"].all()
    assert left["classifier_curves"]["leaky"].all()
    assert left["classifier_record"]["leaky"]
    assert left["class_calibration"]["leaky"]
