from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import mlflow
import numpy as np
import pandas as pd
import pytest

from tumourflow.imaging.model_input import prepare_volume
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import PredictionOptions
from tumourflow.pipelines.prediction.nodes import postprocess_masks, predict_cases
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.slice_predictor import read_ways

SIZE = 16
PREPARATION = Preparation(SIZE, "foreground", "zscore", context=1, lead_channel=1, channels=3)
POSTPROCESSING = PostProcessing(threshold=0.45, components=0.2, minimum_area=3, fill_holes=True)
SLICES = {"a": [1, 2, 3, 5, 6], "b": [4], "c": list(range(70)), "d": [10, 11]}
"""Patients of one slice and of more than are gathered at a time; one has a gap."""


class Store(SimpleNamespace):
    """Stands in for the array store."""

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


class Pictures(dict):
    """Stands in for the store of images."""

    read = dict.__getitem__


def draw_volume(seed: int, number: int) -> list[np.ndarray]:
    """Noisy discs with a brighter one inside that grows and wanders; half of the slices have none, every third is of another size."""
    rng = np.random.default_rng(seed)
    images = []
    for place in range(number):
        height, width = (24, 30) if place % 3 else (20, 18)
        row, column = np.mgrid[:height, :width]
        head = np.hypot(row - height / 2, column - width / 2) < 8
        tumour = (np.hypot(row - height / 2 + 2, column - width / 2 + place % 5 - 2) < 1 + place % 3) & (place % 4 < 2)
        grey = 80 * head + 120 * (tumour & head)
        images.append((grey[..., None] + rng.integers(0, 60, (height, width, 3))).clip(0, 255).astype(np.uint8))
    return images


def build_segmenter(depth: int = PREPARATION.layout.depth, size: int = SIZE, normalised: bool = False) -> keras.Model:
    """Tumour is where it is bright; random weights besides, which are not symmetric from left to right."""
    keras.utils.set_random_seed(7)
    seen = inputs = keras.Input((size, size, depth))
    if normalised:
        seen = keras.layers.BatchNormalization(name="norm", center=False, scale=False)(seen)
    hidden = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(seen)
    model = keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same", name="logits")(hidden))
    weights = [0.2 * each for each in model.get_weights() if each.ndim == 4 or each.shape != (depth,)]
    weights[0][1, 1, 1, 0] += 1
    weights[2][1, 1, 0] += 4
    weights[3] -= 5
    statistics = [np.zeros(depth, np.float32), np.ones(depth, np.float32)] if normalised else []
    model.set_weights(statistics + weights)
    return model


def bundle_of(**changes: Any) -> dict[str, Any]:
    """The part of `segmenter.json` that use looks at."""
    bundle = {"preparation": PREPARATION.to_dict(), "postprocessing": POSTPROCESSING.to_dict(), "mirrors": True}
    return bundle | {"input_kind": "brain-flair3", "classes": ["background", "tumour"], "leaky": False} | changes


def mask_by_rooms(model: keras.Model, volumes: dict[str, list[np.ndarray]], bundle: dict[str, Any]) -> dict[str, np.ndarray]:
    """Masks as the rooms make them, by case."""
    preparation = Preparation.from_dict(bundle["preparation"])
    cases = pd.DataFrame([(f"{name}/{number}", name, number) for name in volumes for number in SLICES[name]])
    cases = cases.set_axis(["case_id", "patient", "slice"], axis=1).assign(split="test", mask="", pixel_height=1.0, pixel_width=1.0)
    cases["slice"] = cases["slice"] if preparation.unit == "patient" else 0
    chunks = [
        prepare_volume(images, [None] * len(images), cases[cases["patient"] == name], preparation) for name, images in volumes.items()
    ]
    images = np.concatenate([chunk.arrays["images"] for chunk in chunks])
    model_input = Store(index=pd.concat([chunk.index for chunk in chunks], ignore_index=True), arrays={"images": images})
    pictures = Pictures(zip(cases["case_id"], [image for volume in volumes.values() for image in volume], strict=True))
    options = PredictionOptions(**read_ways(bundle))
    found = list(predict_cases(model, model_input, bundle["preparation"], options, {"options": {"network": "unet", "depth": 1}}))
    probability = np.concatenate([chunk.arrays["probability"] for chunk in found])
    stored = Store(index=model_input.index, arrays={"probability": probability})
    return dict(postprocess_masks(stored, pictures, cases.assign(image=cases["case_id"]), bundle["preparation"], bundle["postprocessing"]))


@pytest.fixture(scope="session")
def volumes() -> dict[str, list[np.ndarray]]:
    return {name: draw_volume(seed, len(slices)) for seed, (name, slices) in enumerate(SLICES.items())}


@pytest.fixture(scope="session")
def model() -> keras.Model:
    return build_segmenter()


@pytest.fixture(scope="session")
def classifier() -> keras.Model:
    """Random weights for three classes."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((SIZE, SIZE, PREPARATION.layout.depth))
    hidden = keras.layers.Conv2D(4, 5, strides=3, activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(keras.layers.Flatten()(hidden)))


@pytest.fixture(scope="package")
def tracking_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a tracking store of its own; to make one takes seconds, so that it is shared."""
    folder = tmp_path_factory.mktemp("tracked")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    yield folder
    mlflow.set_tracking_uri(before)


@pytest.fixture(scope="session")
def tiny() -> SimpleNamespace:
    """What tests of this folder share."""
    functions = {"build_segmenter": build_segmenter, "bundle_of": bundle_of, "mask_by_rooms": mask_by_rooms, "Store": Store}
    return SimpleNamespace(preparation=PREPARATION, slices=SLICES, **functions)
