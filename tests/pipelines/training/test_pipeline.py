from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.imaging.augmentation import record_policy
from tumourflow.imaging.layout import InputLayout
from tumourflow.options import AugmentationOptions, TrainingOptions
from tumourflow.pipelines.training import create_pipeline


class Store(SimpleNamespace):
    """Stands in for the array store."""

    index: pd.DataFrame
    arrays: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


def store(splits: list[str]) -> Store:
    count = len(splits)
    masks = np.zeros((count, 32, 32), np.uint8)
    masks[:, 8:16, 8:16] = 1
    images = masks[..., None].astype(np.float16)
    index = pd.DataFrame({"patient": [str(row) for row in range(count)], "slice": 0, "split": splits, "tumour": True})
    return Store(index=index, arrays={"images": images, "masks": masks})


def run(model_input: Store) -> tuple[dict, list[dict[str, float]]]:
    events: list[dict[str, float]] = []
    inputs = {
        "model_input": model_input,
        "augmentation_policy": record_policy(AugmentationOptions(), InputLayout(channels=1, lead_channel=0, context=1)),
        "params:training": TrainingOptions(width=4, depth=1, batch=2, steps=2, validations=2),
        "params:seed": 0,
        "training_listener": events.append,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for output in ("segmenter", "training_curves", "network_summary"):
        catalog[output] = MemoryDataset(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in ("segmenter", "training_curves", "network_summary")}, events


def test_the_room_leaves_a_network_its_curves_and_its_layers() -> None:
    left, events = run(store(["train", "train", "validation"]))
    assert left["segmenter"].predict_on_batch(np.zeros((1, 32, 32, 3))).shape == (1, 32, 32, 1)
    assert left["training_curves"]["step"].tolist() == [1, 2]
    assert len([event for event in events if "validation_dice" in event]) == 2
    assert left["network_summary"].startswith('Model: "unet"')


def test_a_cohort_without_validation_patients_stops_the_room() -> None:
    with pytest.raises(UserError, match="validation patients"):
        run(store(["train", "train", "test"]))
