import json

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.pipelines.evaluation import create_pipeline

OUTPUTS = ("case_scores", "segmentation_metrics", "segmentation_metrics_by_group")


def square(size: int) -> np.ndarray:
    mask = np.zeros((10, 12), bool)
    mask[2 : 2 + size, 3 : 3 + size] = True
    return mask


class Images:
    """Stands in for the image store: a mask's key is the side of its square."""

    def read_mask(self, key: str) -> np.ndarray:
        return square(int(key))


class Masks:
    """Stands in for the folder of masks: each prediction is a square of side 2, but for slice 3, which is left empty."""

    def read(self, case_id: str) -> np.ndarray:
        return square(0 if case_id.endswith("/3") else 2)


class Store:
    """Stands in for an array store."""

    def __init__(self, index, **arrays):
        self.index = index
        self._arrays = arrays

    def __getitem__(self, name):
        return self._arrays[name]


class Kept(MemoryDataset):
    """Is not emptied when no further node needs it."""

    def release(self) -> None:
        pass


def run(keys: list[str], scheduler: str = "synchronous") -> dict:
    """Two patients of three slices whose masks have these keys."""
    cases = pd.DataFrame({"case_id": ["b/1", "b/2", "b/3", "a/1", "a/2", "a/3"], "patient": list("bbbaaa"), "slice": [1, 2, 3] * 2})
    cases = cases.assign(site="CS", mask=keys)
    splits = cases[["case_id", "patient"]].assign(split=["test"] * 3 + ["train"] * 3, fold=-1)
    index = cases[["case_id", "patient"]]
    target = np.array([square(int(key or 0))[:8, :8] for key in keys], np.uint8)
    inputs = {
        "predicted_masks": Masks(),
        "probabilities": Store(index, probability=target.astype(np.float16)),
        "model_input": Store(index, masks=target),
        "images": Images(),
        "cases": cases,
        "splits": splits,
        "params:scheduler": scheduler,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for name in OUTPUTS:
        catalog[name] = Kept()
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in OUTPUTS}


@pytest.fixture(scope="module")
def left() -> dict:
    return run(["2", "3", "0", "2", "0", "0"])


def test_scores_are_sorted_by_patient_and_slice_with_native_counts(left) -> None:
    scores = left["case_scores"]
    assert scores["case_id"].tolist() == ["a/1", "a/2", "a/3", "b/1", "b/2", "b/3"]
    assert scores["split"].tolist() == ["train"] * 3 + ["test"] * 3
    assert scores[["tp", "fp", "fn", "tn"]].to_numpy().tolist() == [
        [4, 0, 0, 116],
        [0, 4, 0, 116],
        [0, 0, 0, 120],
        [4, 0, 0, 116],
        [4, 0, 5, 111],
        [0, 0, 0, 120],
    ]


def test_losses_come_from_the_matching_row_at_network_resolution(left) -> None:
    # The probability equals the network's mask everywhere.
    assert left["case_scores"]["soft_dice_loss"].tolist() == [0] * 6
    assert left["case_scores"]["cross_entropy"].max() < 1e-3


def test_metrics_name_each_split(left) -> None:
    metrics = left["segmentation_metrics"]
    # a: 8 / 12; b: 16 / 21.
    assert metrics["train"]["volume_dice"]["value"] == pytest.approx(8 / 12)
    assert metrics["test"]["volume_dice"]["value"] == pytest.approx(16 / 21)
    assert metrics["validation"]["volume_dice"]["n"] == 0
    assert left["segmentation_metrics_by_group"]["test"]["site"]["CS"]["volume_dice"]["n"] == 1
    json.dumps([metrics, left["segmentation_metrics_by_group"]], allow_nan=False)


def test_cases_without_mask_are_not_scored() -> None:
    left = run(["2", "", "0", "2", "0", "0"])
    assert left["case_scores"]["case_id"].tolist() == ["a/1", "a/2", "a/3", "b/1", "b/3"]


def test_a_cohort_without_masks_has_no_figures_and_no_crash() -> None:
    left = run([""] * 6)
    assert left["case_scores"].empty
    assert left["segmentation_metrics"]["test"]["volume_dice"]["value"] is None


def test_threads_give_the_same_scores(left) -> None:
    pd.testing.assert_frame_equal(run(["2", "3", "0", "2", "0", "0"], "threads")["case_scores"], left["case_scores"])


def test_nodes_bear_the_names_of_their_functions() -> None:
    assert all(node.name == node.func.__name__ for node in create_pipeline().nodes)
