import logging
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import IngestionOptions, PreparationOptions, TrainingOptions
from tumourflow.pipelines.preparation import create_pipeline
from tumourflow.pipelines.preparation.nodes import describe_preparation

INGESTION = IngestionOptions(reader="kaggle_3m", lead_channel=1, channels=("T1", "FLAIR"))
OPTIONS = PreparationOptions(size=32)
PLAN = {"preparation": {"size": 64, "normalisation": "percentile", "context": 0}, "training": {}}


class Images:
    """Stands in for the image store: the key of an image is its slice number, that of a mask has an m before it."""

    def read(self, key: str) -> np.ndarray:
        image = np.zeros((50, 40, 3), np.uint8)
        image[10:40, 8:32] = np.random.default_rng(int(key)).integers(60, 200, (30, 24, 3))
        return image

    def read_mask(self, key: str) -> np.ndarray:
        mask = np.zeros((50, 40), bool)
        mask[20:30, 15:25] = key == "m2"
        return mask


class Slices:
    """Stands in for the array store."""

    def __init__(self, chunks: list[Any]) -> None:
        self.index = pd.concat([chunk.index for chunk in chunks], ignore_index=True)
        self.arrays = {name: np.concatenate([chunk.arrays[name] for chunk in chunks]) for name in ("images", "masks")}

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


CLEAN = {"protocol": "patient", "leaky": False}


class Kept(MemoryDataset):
    """What the runner does not throw away after its last use."""

    def _release(self) -> None: ...


class SlicesDataset(Kept):
    def save(self, data: Any) -> None:
        super().save(Slices(list(data)))


@pytest.fixture
def cases() -> pd.DataFrame:
    rows = [(f"{patient}/{number}", patient, number, str(number), f"m{number}", 3) for patient in "ab" for number in (1, 2, 10)]
    table = pd.DataFrame(rows, columns=["case_id", "patient", "slice", "image", "mask", "channels"])
    table["tumour_pixels"] = np.where(table["slice"] == 2, 100, 0)
    table.loc[table["case_id"] == "b/10", "mask"] = ""
    return table


def run(cases: pd.DataFrame, splits: pd.DataFrame, options: PreparationOptions = OPTIONS, leakage: dict[str, Any] = CLEAN) -> DataCatalog:
    catalog = DataCatalog(
        {
            "images": MemoryDataset(Images(), copy_mode="assign"),
            "cases": MemoryDataset(cases),
            "splits": MemoryDataset(splits),
            "leakage_report": MemoryDataset(leakage),
            "plan": MemoryDataset(PLAN),
            "params:preparation": MemoryDataset(options),
            "params:training": MemoryDataset(TrainingOptions()),
            "params:ingestion": MemoryDataset(INGESTION),
            "params:scheduler": MemoryDataset("synchronous"),
            "preparation": Kept(),
            "model_input": SlicesDataset(copy_mode="assign"),
            "preparation_sheet": MemoryDataset(copy_mode="assign"),
            "preparation_steps": MemoryDataset(copy_mode="assign"),
        }
    )
    SequentialRunner().run(create_pipeline(), catalog)
    return catalog


@pytest.fixture
def splits(cases: pd.DataFrame) -> pd.DataFrame:
    return cases[["case_id", "patient"]].assign(split=np.where(cases["patient"] == "a", "train", "test"), fold=-1)[::-1]


def test_room_prepares_all_cases_of_the_splits(cases: pd.DataFrame, splits: pd.DataFrame):
    catalog = run(cases, splits)
    slices = catalog["model_input"].load()

    assert slices.index["case_id"].tolist() == ["a/1", "a/2", "a/10", "b/1", "b/2", "b/10"]
    assert slices.index["split"].tolist() == ["train"] * 3 + ["test"] * 3
    assert slices.index["tumour"].tolist() == [False, True, False] * 2
    assert slices.index["labelled"].tolist() == [True] * 5 + [False]
    assert slices["images"].shape == (6, 32, 32, 3)
    assert Preparation.from_dict(catalog["preparation"].load()) == Preparation(32, "foreground", "zscore", 1, 1, 3)


def test_a_tumour_of_which_nothing_is_left_is_told(cases: pd.DataFrame, splits: pd.DataFrame, caplog: pytest.LogCaptureFixture):
    run(cases, splits)
    assert "without a pixel" not in caplog.text

    # As of a tumour smaller than half a pixel: the store has an empty mask for it.
    run(cases.assign(tumour_pixels=np.where(cases["slice"] == 1, 3, cases["tumour_pixels"])), splits)

    assert "2 of 4 slices with tumour are prepared without a pixel of it, such as a/1, so" in caplog.text
    assert "`preparation.size` 32" in caplog.text


def test_cases_without_a_split_are_left_out(cases: pd.DataFrame, splits: pd.DataFrame):
    slices = run(cases, splits[splits["patient"] == "b"])["model_input"].load()

    assert slices.index["patient"].unique().tolist() == ["b"]


def test_sheet_shows_a_row_for_each_patient_and_can_be_drawn(cases: pd.DataFrame, splits: pd.DataFrame):
    sheet = run(cases, splits)["preparation_sheet"].load()
    sheet.savefig(BytesIO())

    assert len(sheet.axes) == 2 * 6
    assert [axes.get_title() for axes in sheet.axes[:3]] == ["T1, as stored", "FLAIR, as stored", "channel 2, as stored"]


def test_both_sheets_of_a_leaky_split_say_so(cases: pd.DataFrame, splits: pd.DataFrame):
    catalog = run(cases, splits, leakage={"protocol": "slice", "leaky": True})

    for name in ("preparation_sheet", "preparation_steps"):
        assert catalog[name].load().axes[-1].texts[0].get_text() == "LEAKY: slice protocol"


def test_steps_show_each_filter_and_the_edges(cases: pd.DataFrame, splits: pd.DataFrame):
    options = PreparationOptions(size=32, crop="contour", filters=("median", "clahe"), edges="sobel")
    catalog = run(cases, splits, options)
    figure = catalog["preparation_steps"].load()
    figure.savefig(BytesIO())

    assert [axes.get_title() for axes in figure.axes[:7]] == [
        "as stored, box (dashed: what is seen)",
        "cut out",
        "filter 1: median",
        "filter 2: clahe",
        "resized, normalised, mask",
        "edges: canny (picture only)",
        "edges: sobel (input channel)",
    ]
    assert len(figure.axes) == 2 * 7
    assert "FLAIR" in figure.get_suptitle()
    assert catalog["model_input"].load()["images"].shape == (6, 32, 32, 4)
    # The other sheet shows what the scanner took.
    assert len(catalog["preparation_sheet"].load().axes) == 2 * 6


def test_slices_without_order_are_measured_alone(cases: pd.DataFrame, splits: pd.DataFrame):
    catalog = run(cases.assign(slice=0), splits)
    prepared = catalog["model_input"].load()["images"].astype(np.float32)

    recipe = Preparation.from_dict(catalog["preparation"].load())
    alone = [Images().read(str(number)) for number in (1, 10, 2)]
    expected = [recipe.apply(image, recipe.measure([image])) for image in alone]
    np.testing.assert_allclose(prepared[:3], expected, atol=2e-3)
    catalog["preparation_steps"].load().savefig(BytesIO())


def test_cohorts_without_order_have_no_context(cases: pd.DataFrame, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, logger="tumourflow"):
        preparation = describe_preparation(cases.assign(slice=0), PLAN, OPTIONS, TrainingOptions(), INGESTION)

    assert preparation["context"] == 0
    assert preparation["unit"] == "slice"
    assert "no order of slices" in caplog.text


def test_a_lead_channel_that_no_image_has_is_the_users_mistake(cases: pd.DataFrame):
    with pytest.raises(UserError, match=r"`ingestion.lead_channel` is 1, but the images have 1 channel"):
        describe_preparation(cases.assign(channels=1), PLAN, OPTIONS, TrainingOptions(), INGESTION)


def test_where_the_network_is_automatic_the_plan_decides_what_nobody_gave(cases: pd.DataFrame):
    preparation = describe_preparation(cases, PLAN, OPTIONS, TrainingOptions(network="auto"), INGESTION)

    assert (preparation["size"], preparation["normalisation"], preparation["context"]) == (32, "percentile", 0)
