from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pandas as pd

from tumourflow.experiments.cross_validation import CrossValidation
from tumourflow.measures.scores import SCORES
from tumourflow.options import TrainingOptions
from tumourflow.prediction.judged import DESCRIBED

INDEX = pd.DataFrame({"case_id": list("abcd"), "patient": list("abcd"), "slice": 0, "tumour": True, "labelled": True})
SPLITS = pd.DataFrame(
    [(turn, case, "test" if number % 2 == turn else "train") for turn in range(2) for number, case in enumerate("abcd")],
    columns=["turn", "case_id", "split"],
).assign(leaky=False)
ORIGINS = pd.DataFrame({"case_id": list("abcd"), "group": list("abcd"), "site": ""})


@dataclass(frozen=True)
class Corridor:
    """A network is the name of its training cases; nobody has a mask where `masked` says so."""

    training: TrainingOptions = field(default_factory=TrainingOptions)
    masked: bool = True
    done: list[str] = field(default_factory=list)

    def train(self, index: pd.DataFrame, seed: int, listener: Any, checkpoint: Any) -> Any:
        network = "".join(index.loc[index["split"] == "train", "case_id"])
        self.done.append(f"train {network}")
        return SimpleNamespace(model=network, record={"seed": seed}, curves=pd.DataFrame())

    def score_held_out(self, network: str, index: pd.DataFrame) -> pd.DataFrame:
        self.done.append(f"score {network}")
        rows = index[index["split"] == "test"] if self.masked else index.iloc[:0]
        scores = [dict(zip(DESCRIBED, row, strict=True)) | dict.fromkeys(SCORES, 1) for row in rows[list(DESCRIBED)].to_numpy()]
        return pd.DataFrame(scores, columns=[*DESCRIBED, *SCORES])


class Networks(dict):
    read = dict.__getitem__

    def write(self, key: str, network: Any, facts: Any) -> None:
        self[key] = network


class Tracker:
    """Notes which runs were opened and what was reported there."""

    def __init__(self) -> None:
        self.figures: dict[str, Mapping[str, Any]] = {}

    @contextmanager
    def __call__(self, name: str, values: Mapping[str, Any], run_id: str | None = None) -> Iterator[Any]:
        yield SimpleNamespace(run_id=None, report=lambda figures: self.figures.update({name: figures}))


def folds(corridor: Corridor, networks: Networks, tracker: Tracker) -> CrossValidation:
    return CrossValidation(corridor, INDEX, SPLITS, ORIGINS, "f", "n", 0, tracker, networks, None)


def test_a_fold_that_was_stopped_while_it_was_scored_is_scored_and_not_trained_again():
    networks, first, tracker = Networks(), Corridor(), Tracker()
    next(folds(first, networks, Tracker()).run(()))
    assert (first.done, list(networks)) == (["train bd", "score bd"], ["n/2-0"])
    again = Corridor()
    scored = dict(folds(again, networks, tracker).run(()))
    assert again.done == ["score bd", "train ac", "score ac"]
    assert {name: scores["case_id"].tolist() for name, scores in scored.items()} == {"f/2-0": ["a", "c"], "f/2-1": ["b", "d"]}
    assert tracker.figures["fold 0, seed 0"]["test"]["volume_dice"]["n"] == 2


def test_a_fold_without_masks_is_reported_with_null_and_not_trained_again():
    tracker, corridor = Tracker(), Corridor(masked=False)
    scored = dict(folds(corridor, Networks(), tracker).run(()))
    assert [len(scores) for scores in scored.values()] == [0, 0]
    assert {"group", "site", "leaky", *SCORES} <= set(scored["f/2-0"])
    dice = tracker.figures["fold 1, seed 0"]["test"]["volume_dice"]
    assert (dice["value"], dice["n"]) == (None, 0)
