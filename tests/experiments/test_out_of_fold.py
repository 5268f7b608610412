from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.experiments.out_of_fold import OutOfFold

SPLITS = pd.DataFrame(
    [(turn, case, "test" if number % 2 == turn else "train") for turn in range(2) for number, case in enumerate("abcd")],
    columns=["turn", "case_id", "split"],
)


class Corridor:
    """A network is the set of cases that it has seen."""

    def train(self, index: pd.DataFrame, seed: int, listener: Any) -> Any:
        seen = set(index.loc[index["split"] == "train", "case_id"])
        return SimpleNamespace(model=seen, record={"seed": seed}, curves=pd.DataFrame())

    def segment_held_out(self, network: set[str], index: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
        for case_id in index.loc[index["split"] == "test", "case_id"]:
            yield case_id, np.array([[case_id in network]])


class Networks(dict):
    read = dict.__getitem__

    def write(self, key: str, network: Any, facts: Any) -> None:
        self[key] = network


@contextmanager
def track(name: str, values: dict[str, Any]) -> Iterator[None]:
    yield


def segment(networks: Networks) -> list[tuple[str, np.ndarray]]:
    index = pd.DataFrame({"case_id": list("abcd")})
    return list(OutOfFold(Corridor(), index, SPLITS, "f", 0, track, networks).segment())


def test_every_case_is_segmented_once_by_a_network_that_never_saw_it():
    networks = Networks()
    masks = segment(networks)
    assert sorted(case_id for case_id, _ in masks) == list("abcd")
    assert not any(mask.any() for _, mask in masks)
    assert networks == {"f/2-0": {"b", "d"}, "f/2-1": {"a", "c"}}


def test_networks_that_are_there_are_not_trained_again():
    kept = Networks({"f/2-0": {"kept"}})
    segment(kept)
    assert kept["f/2-0"] == {"kept"}
