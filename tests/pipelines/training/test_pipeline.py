import json
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


class Listener(list):
    """Keeps the events and whether it was closed."""

    closed = False

    def __call__(self, event: dict[str, float]) -> None:
        self.append(event)

    def close(self) -> None:
        self.closed = True


def store(splits: list[str]) -> Store:
    count = len(splits)
    masks = np.zeros((count, 32, 32), np.uint8)
    masks[:, 8:16, 8:16] = 1
    images = masks[..., None].astype(np.float16)
    index = pd.DataFrame(
        {
            "case_id": [f"{row}/0" for row in range(count)],
            "patient": [str(row) for row in range(count)],
            "slice": 0,
            "split": splits,
            "tumour": True,
        }
    )
    return Store(index=index, arrays={"images": images, "masks": masks})


OUTPUTS = ("segmenter", "training_curves", "network_summary", "training_record")


TWO_STEPS = TrainingOptions(width=4, depth=1, batch=2, steps=2, validations=2)


def run(model_input: Store, listener: Listener, options: TrainingOptions = TWO_STEPS) -> dict:
    inputs = {
        "model_input": model_input,
        "augmentation_policy": record_policy(AugmentationOptions(), InputLayout(channels=1, lead_channel=0, context=1)),
        "params:training": options,
        "params:seed": 0,
        "training_listener": listener,
        "training_checkpoint": None,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for output in OUTPUTS:
        catalog[output] = MemoryDataset(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in OUTPUTS}


def test_the_room_leaves_a_network_its_curves_its_layers_and_its_record() -> None:
    listener = Listener()
    left = run(store(["train", "train", "validation"]), listener)
    assert left["segmenter"].predict_on_batch(np.zeros((1, 32, 32, 3))).shape == (1, 32, 32, 1)
    assert left["training_curves"]["step"].tolist() == [1, 2]
    assert len([event for event in listener if "validation_dice" in event]) == 2
    assert left["network_summary"].startswith('Model: "unet"')
    assert left["training_record"]["options"]["width"] == 4
    assert left["training_record"]["steps"] == 2
    assert listener.closed


def test_a_cohort_without_validation_patients_stops_the_room() -> None:
    with pytest.raises(UserError, match="validation patients"):
        run(store(["train", "train", "test"]), Listener())


def test_where_all_patients_train_the_last_weights_stay_and_nothing_stops_early() -> None:
    left = run(store(["train"] * 3), Listener(), TrainingOptions(width=4, depth=1, batch=2, steps=6, validations=6, patience=1))
    assert (left["training_record"]["steps"], left["training_record"]["best_step"]) == (6, 6)
    assert left["training_record"]["validation_dice"] is None
    assert left["training_curves"]["validation_dice"].isna().all()
    json.dumps(left["training_record"], allow_nan=False)


def test_the_listener_is_closed_when_the_training_fails() -> None:
    broken, listener = store(["train", "train", "validation"]), Listener()
    broken.arrays["images"][:] = np.nan
    with pytest.raises(UserError, match="The loss is nan"):
        run(broken, listener)
    assert listener.closed
