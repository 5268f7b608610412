from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.imaging.augmentation import read_policy
from tumourflow.imaging.layout import InputLayout
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import AugmentationOptions
from tumourflow.options.preparation import Edges
from tumourflow.pipelines.augmentation import create_pipeline


class Slices:
    """Stands in for the array store: two training slices of one patient and one without mask, and one test slice of another."""

    def __init__(self, channels: int, masks: bool) -> None:
        self.index = pd.DataFrame(
            {
                "case_id": ["a/1", "a/2", "a/3", "b/1"],
                "patient": ["a", "a", "a", "b"],
                "split": ["train", "train", "train", "test"],
                "tumour": [False, True, False, True],
                "labelled": [True, True, False, True],
            }
        )
        self.index["labelled"] &= masks
        images = np.random.default_rng(0).normal(size=(4, 32, 32, channels)).astype(np.float16)
        masks = np.zeros((4, 32, 32), np.uint8)
        masks[[1, 3], 10:20, 10:20] = 1
        self.arrays = {"images": images, "masks": masks}

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


class Kept(MemoryDataset):
    """What the runner does not throw away after its last use."""

    def _release(self) -> None: ...


def run(channels: int = 3, edges: Edges = "none", leaky: bool = False, masks: bool = True, **options: float) -> DataCatalog:
    preparation = Preparation(32, "foreground", "zscore", 1, 0, channels, edges=edges)
    catalog = DataCatalog(
        {
            "model_input": MemoryDataset(Slices(preparation.layout.channels, masks), copy_mode="assign"),
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

    assert list(copies)[:4] == ["images/a/1_0", "masks/a/1_0_mask", "images/a/1_1", "masks/a/1_1_mask"]
    assert len(copies) == 2 * 2 * 2
    assert not any("b/" in name or "a/3" in name for name in copies)
    assert copies["images/a/2_0"].shape == (32, 32, stored)
    assert copies["images/a/2_0"].dtype == np.uint8
    assert set(np.unique(copies["masks/a/2_0_mask"])) == {0, 255}


@pytest.mark.parametrize(("channels", "stored"), [(2, 1), (3, 3)])
def test_edges_are_not_stored_as_a_colour(channels: int, stored: int):
    catalog = run(channels, edges="canny", copies=1)

    assert dict(catalog["augmented_copies"].load())["images/a/2_0"].shape == (32, 32, stored)
    catalog["augmentation_sheet"].load().savefig(BytesIO())


def test_copies_differ_from_one_another_and_are_the_same_at_each_reading():
    stream = run(copies=2)["augmented_copies"].load()
    first, second = dict(stream), dict(stream)

    assert not np.array_equal(first["images/a/1_0"], first["images/a/1_1"])
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_sheet_shows_training_patients_only_and_can_be_drawn():
    sheet = run()["augmentation_sheet"].load()
    sheet.savefig(BytesIO())

    labels = [text.get_text() for axes in sheet.axes for text in axes.texts]
    assert labels == ["a\n2"]
    assert len(sheet.axes) == 7


def test_the_sheet_of_a_leaky_split_says_so():
    assert run(leaky=True)["augmentation_sheet"].load().axes[-1].texts[0].get_text() == "LEAKY: slice protocol"


def test_without_a_mask_there_is_a_sentence():
    with pytest.raises(UserError, match=r"No training image has a mask, .* --pipeline=classification"):
        run(masks=False)
