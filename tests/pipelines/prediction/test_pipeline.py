import json
from itertools import product

import keras
import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import IngestionOptions, PredictionOptions, TrainingOptions
from tumourflow.pipelines.prediction import create_pipeline
from tumourflow.pipelines.prediction.nodes import predict_cases
from tumourflow.types import Stream

OUTPUTS = ("probabilities", "postprocessing", "segmenter_bundle", "predicted_masks")
SIZE = 16
PREPARATION = Preparation(size=SIZE, crop="foreground", normalisation="zscore", context=1, lead_channel=1, channels=3)


class Store:
    """Stands in for the array store and for the dataset that fills it from a stream."""

    def __init__(self, index, **arrays):
        self.index = index
        self._arrays = arrays

    def __getitem__(self, name):
        return self._arrays[name]


class Kept(MemoryDataset):
    """Is not emptied when no further node needs it."""

    def release(self):
        pass


class Collected(Kept):
    """Consumes a stream of chunks as the array store's dataset does."""

    def save(self, data):
        chunks = list(data)
        index = pd.concat([chunk.index for chunk in chunks], ignore_index=True)
        super().save(Store(index, probability=np.concatenate([chunk.arrays["probability"] for chunk in chunks])))


class Images:
    """Stands in for the image store: the key of a mask tells whether it holds the tumour."""

    def read_mask(self, key):
        mask = np.zeros((20, 24), bool)
        mask[6:11, 8:13] = key == "tumour"
        return mask

    def read(self, key):
        return np.full((20, 24, 3), 80, np.uint8)


def segmenter() -> keras.Model:
    """Sees tumour where the slice's own FLAIR is bright; the neighbours are ignored."""
    inputs = keras.Input((SIZE, SIZE, PREPARATION.layout.depth))
    model = keras.Model(inputs, keras.layers.Conv2D(1, 1, name="logits")(inputs))
    kernel = np.zeros((1, 1, PREPARATION.layout.depth, 1), np.float32)
    kernel[0, 0, PREPARATION.lead_channel] = 8
    model.set_weights([kernel, np.array([-4], np.float32)])
    return model


@pytest.fixture(scope="module")
def inputs() -> dict:
    cases = pd.DataFrame(
        [
            (f"{patient}/{number}", patient, number, "img", "tumour" if number < 3 else "blank")
            for patient in "abcde"
            for number in (1, 2, 3)
        ],
        columns=["case_id", "patient", "slice", "image", "mask"],
    )
    cases = cases.assign(pixel_height=0.5, pixel_width=0.5)
    cases.loc[cases["patient"] == "e", "mask"] = ""
    side = {"train": "a", "validation": "bcd", "test": "e"}
    split = {patient: name for name, patients in side.items() for patient in patients}
    splits = cases[["case_id", "patient"]].assign(split=cases["patient"].map(split), fold=-1)
    index = cases[["case_id", "patient", "slice"]].assign(split=splits["split"], tumour=True, top=2, left=4, side=SIZE, height=20, width=24)
    images = np.zeros((len(index), SIZE, SIZE, 3), np.float16)
    images[cases["slice"] < 3, 4:9, 4:9, 1] = 1
    images[cases["slice"] == 3, 14, 14, 1] = 1  # a speck where there is nothing
    return {
        "segmenter": segmenter(),
        "model_input": Store(index, images=images),
        "images": Images(),
        "cases": cases,
        "splits": splits,
        "preparation": PREPARATION.to_dict(),
        "augmentation_policy": {"rotation": 30},
        "training_record": {"options": TrainingOptions(width=4, depth=2).model_dump(mode="json"), "seed": 3, "best_step": 90},
        "leakage_report": {"protocol": "slice", "leaky": True},
        "params:prediction": PredictionOptions(),
        "params:ingestion": IngestionOptions(reader="kaggle_3m", lead_channel=1, channels=("T1", "FLAIR", "T1-CE")),
    }


@pytest.fixture(scope="module")
def left(inputs) -> dict:
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for name in OUTPUTS:
        catalog[name] = (Collected if name == "probabilities" else Kept)(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in OUTPUTS}


def test_every_slice_of_every_split_has_a_probability(left, inputs) -> None:
    assert left["probabilities"].index["case_id"].tolist() == inputs["cases"]["case_id"].tolist()
    assert left["probabilities"]["probability"].dtype == np.float16
    assert set(left["probabilities"].index["split"]) == {"train", "validation", "test"}


def test_masks_are_native_and_without_the_speck(left) -> None:
    assert isinstance(left["predicted_masks"], Stream)
    masks = dict(left["predicted_masks"])
    assert len(masks) == 15
    for number in (1, 2, 3):
        wanted = Images().read_mask("tumour" if number < 3 else "blank")
        np.testing.assert_array_equal(masks[f"a/{number}"], wanted)


def test_cases_without_mask_are_predicted_too(left) -> None:
    assert dict(left["predicted_masks"])["e/1"].sum() == 25


def test_the_choice_was_made_on_validation_patients(left) -> None:
    choice = left["postprocessing"]
    assert (choice["split"], choice["patients"]) == ("validation", 3)
    assert {(each["crf"], each["fill_holes"]) for each in choice["candidates"]} == set(product([False, True], repeat=2))
    # With the components the speck goes: Dice 1 and every empty slice left empty.
    best = max(choice["candidates"], key=lambda each: each["volume_dice"])
    assert (best["volume_dice"], best["empty_slice_specificity"]) == (1, 1)
    assert (choice["threshold"], choice["components"], choice["minimum_area"]) == (0.4, 0.2, 0)
    assert choice["options"] == PredictionOptions().model_dump(mode="json")


def test_the_bundle_holds_what_use_needs(left) -> None:
    bundle = left["segmenter_bundle"]
    assert json.loads(json.dumps(bundle, allow_nan=False)) == bundle
    assert bundle["input_kind"] == "brain-flair3"
    assert bundle["network"] == {"name": "unet", "width": 4, "depth": 2}
    assert (bundle["training"]["seed"], bundle["training"]["best_step"]) == (3, 90)
    assert Preparation.from_dict(bundle["preparation"]) == PREPARATION
    assert bundle["layout"] == PREPARATION.layout.to_dict()
    assert bundle["postprocessing"] == {"threshold": 0.4, "components": 0.2, "minimum_area": 0, "fill_holes": False, "crf": False}
    assert bundle["confidence"] == left["postprocessing"]["confidence"]
    assert bundle["confidence"]["is_tumour"] > 0.9
    assert bundle["patients"] == {"train": 1, "validation": 3, "test": 1}
    assert len(bundle["data_fingerprint"]) == 64
    assert (bundle["protocol"], bundle["leaky"]) == ("slice", True)


def test_where_nobody_validates_the_default_is_used_and_recorded_as_such(inputs) -> None:
    alone = {**inputs, "splits": inputs["splits"].assign(split="train"), "leakage_report": {"protocol": "all", "leaky": False}}
    store = inputs["model_input"]
    alone["model_input"] = Store(store.index.assign(split="train"), images=store["images"])
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in alone.items()})
    for name in OUTPUTS:
        catalog[name] = (Collected if name == "probabilities" else Kept)(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    choice = catalog.load("postprocessing")
    assert (choice["threshold"], choice["components"], choice["minimum_area"]) == (0.4, 0.2, 0)
    assert (choice["split"], choice["patients"]) == (None, 0)
    assert choice["rule"].startswith("The default, as far as nothing else is given")
    assert catalog.load("segmenter_bundle")["patients"] == {"train": 5, "validation": 0, "test": 0}
    json.dumps(choice, allow_nan=False)


def test_a_stored_network_that_cannot_see_larger_images_is_told_of_before_anything_is_predicted(inputs) -> None:
    made = Preparation.from_dict(PREPARATION.to_dict() | {"size": 24}).to_dict()
    trained = {"options": TrainingOptions(depth=4).model_dump(mode="json")}
    options = PredictionOptions(multi_scale=True)
    with pytest.raises(UserError, match=r"The network at hand sees no larger images: `prediction.multi_scale` is true, .* 24 is: false"):
        predict_cases(inputs["segmenter"], inputs["model_input"], made, options, trained)
    predict_cases(inputs["segmenter"], inputs["model_input"], made, PredictionOptions(), trained)
    predict_cases(inputs["segmenter"], inputs["model_input"], PREPARATION.to_dict(), options, inputs["training_record"])


def test_nodes_bear_the_names_of_their_functions() -> None:
    assert all(node.name == node.func.__name__ for node in create_pipeline().nodes)
