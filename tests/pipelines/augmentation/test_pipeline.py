from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.cohorts.pattern import compile_pattern, parse_name
from tumourflow.errors import UserError
from tumourflow.imaging.augmentation import read_policy
from tumourflow.imaging.layout import InputLayout
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import AugmentationOptions, IngestionOptions
from tumourflow.options.preparation import Edges
from tumourflow.pipelines.augmentation import create_pipeline


class Slices:
    """Stands in for the array store: two training slices of one patient and one without mask, and one test slice of another."""

    masked = True

    def __init__(self, channels: int) -> None:
        self.index = pd.DataFrame(
            {
                "case_id": ["a/1", "a/2", "a/3", "b/1"],
                "patient": ["a", "a", "a", "b"],
                "split": ["train", "train", "train", "test"],
                "tumour": [False, True, False, True],
                "labelled": np.array([True, True, False, True]) & self.masked,
            }
        )
        images = np.random.default_rng(0).normal(size=(4, 32, 32, channels)).astype(np.float16)
        masks = np.zeros((4, 32, 32), np.uint8)
        masks[[1, 3], 10:20, 10:20] = 1
        self.arrays = {"images": images, "masks": masks}

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


class Kept(MemoryDataset):
    """What the runner does not throw away after its last use."""

    def _release(self) -> None: ...


def run(channels: int = 3, edges: Edges = "none", leaky: bool = False, **options: float) -> DataCatalog:
    preparation = Preparation(32, "foreground", "zscore", 1, 0, channels, edges=edges)
    catalog = DataCatalog(
        {
            "model_input": MemoryDataset(Slices(preparation.layout.channels), copy_mode="assign"),
            "leakage_report": MemoryDataset({"protocol": "slice", "leaky": leaky}),
            "preparation": MemoryDataset(preparation.to_dict()),
            "params:augmentation": MemoryDataset(AugmentationOptions(**options)),
            "params:seed": MemoryDataset(3),
            "augmentation_policy": Kept(),
            "augmentation_sheet": MemoryDataset(copy_mode="assign"),
            "augmented_copies": MemoryDataset(copy_mode="assign"),
        }
    )
    SequentialRunner().run(create_pipeline(), catalog)
    return catalog


def test_policy_holds_options_and_layout():
    policy = run(rotation=12)["augmentation_policy"].load()

    assert read_policy(policy) == (AugmentationOptions(rotation=12), InputLayout(3, 0, 1))


def test_no_copies_are_made_unless_asked_for():
    assert list(run()["augmented_copies"].load()) == []


@pytest.mark.parametrize(("channels", "stored"), [(1, 1), (2, 1), (3, 3)])
def test_copies_are_a_paired_cohort_of_the_training_slices(channels: int, stored: int):
    copies = dict(run(channels, copies=2)["augmented_copies"].load())

    assert list(copies)[:4] == ["images/a/1_0_copy", "masks/a/1_0_copy_mask", "images/a/1_1_copy", "masks/a/1_1_copy_mask"]
    assert len(copies) == 2 * 2 * 2
    assert not any("b/" in name or "a/3" in name for name in copies)
    assert copies["images/a/2_0_copy"].shape == (32, 32, stored)
    assert copies["images/a/2_0_copy"].dtype == np.uint8
    assert set(np.unique(copies["masks/a/2_0_copy_mask"])) == {0, 255}


@pytest.mark.parametrize(("channels", "stored"), [(2, 1), (3, 3)])
def test_edges_are_not_stored_as_a_colour(channels: int, stored: int):
    catalog = run(channels, edges="canny", copies=1)

    assert dict(catalog["augmented_copies"].load())["images/a/2_0_copy"].shape == (32, 32, stored)
    catalog["augmentation_sheet"].load().savefig(BytesIO())


def test_copies_read_as_a_cohort_are_their_patients_and_no_slices_in_an_order(monkeypatch):
    """Names such as `a_3` would else make a patient of each slice, and copies of one patient would stand on two sides of a split."""
    described = Slices.__init__

    def describe(self: Slices, channels: int) -> None:
        described(self, channels)
        self.index["case_id"] = ["a_1", "a_2", "a_3", "b_1"]

    monkeypatch.setattr(Slices, "__init__", describe)
    images = [name.removeprefix("images/") for name, _ in run(copies=2)["augmented_copies"].load() if name.startswith("images/")]

    assert len(images) == len(set(images)) == 4
    pattern = compile_pattern(IngestionOptions(reader="paired").case_pattern)
    assert all(parse_name(Path(), name, Path(name), pattern) == {"patient": "a"} for name in images)


def test_copies_differ_from_one_another_and_are_the_same_at_each_reading():
    stream = run(copies=2)["augmented_copies"].load()
    first, second = dict(stream), dict(stream)

    assert not np.array_equal(first["images/a/1_0_copy"], first["images/a/1_1_copy"])
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_sheet_shows_training_patients_only_and_can_be_drawn():
    sheet = run()["augmentation_sheet"].load()
    sheet.savefig(BytesIO())

    labels = [text.get_text() for axes in sheet.axes for text in axes.texts]
    assert labels == ["a\n2"]
    assert len(sheet.axes) == 7


def test_the_sheet_of_a_leaky_split_says_so():
    assert run(leaky=True)["augmentation_sheet"].load().axes[-1].texts[0].get_text() == "LEAKY: slice protocol"


def test_a_cohort_without_masks_is_sent_to_the_classification(monkeypatch):
    """Class folders have none."""
    monkeypatch.setattr(Slices, "masked", False)
    with pytest.raises(UserError, match=r"None of the 3 training images has a mask, .* kedro run --pipeline=classification"):
        run()
