from typing import Any

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.datasets import ModelVersion
from tumourflow.errors import UserError
from tumourflow.options import PromotionOptions
from tumourflow.pipelines.promote import create_pipeline
from tumourflow.pipelines.promote.nodes import decide_promotions


class Registry:
    """Stands in for the registry: versions by number, and the champion."""

    def __init__(self, versions: dict[int, str | None], champion: int | None = None) -> None:
        self._versions = versions
        self._champion = champion

    def name(self, task: str) -> str:
        return f"lgg-{task}"

    def versions(self, task: str) -> list[ModelVersion]:
        return [ModelVersion(*each) for each in self._versions.items()] if task == "segmentation" else []

    def champion(self, task: str) -> int | None:
        return self._champion if task == "segmentation" else None


class Run:
    """Stands in for a tracked run that hit so many of ten tumour pixels in each of two patients."""

    def __init__(self, hits: int, leaky: bool) -> None:
        scores = pd.DataFrame({"case_id": ["a/1", "b/1"], "patient": ["a", "b"], "slice": 1, "split": "test"})
        scores = scores.assign(tp=hits, fp=0, fn=10 - hits)
        self.left = {
            "case_scores": scores,
            "cases": scores[["case_id", "patient"]].assign(group=scores["patient"], image="i", mask="m"),
            "splits": scores[["case_id", "patient", "split"]],
            "leakage_report": {"protocol": "slice" if leaky else "patient", "leaky": leaky},
        }
        self.versions = dict.fromkeys(self.left, f"hits {hits}")

    def read(self, name: str) -> Any:
        return self.left[name]


class Runs:
    def find(self, text: str, scores: str) -> Run:
        assert scores == "case_scores"
        if text == "gone":
            msg = "The run gone was deleted in MLflow."
            raise UserError(msg)
        return Run(int(text.removeprefix("leaky ")), text.startswith("leaky"))


class Kept(MemoryDataset):
    """Is not emptied once its readers have run."""

    def _release(self) -> None:
        pass


def promote(registry: Registry, version: int | None = None) -> tuple[dict[str, int], dict[str, Any]]:
    inputs = {"registered_models": registry, "tracked_runs": Runs(), "params:promotion": PromotionOptions(segmentation=version)}
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for name in ("champions", "promotion"):
        catalog[name] = Kept()
    SequentialRunner().run(create_pipeline(), catalog)
    return catalog.load("champions"), catalog.load("promotion")["segmentation"]


def test_the_newest_version_is_promoted_where_it_is_better(caplog) -> None:
    caplog.set_level("INFO")
    champions, told = promote(Registry({1: "2", 2: "5", 3: "8"}, champion=1))
    assert champions == {"segmentation": 3}
    facts = {"model": "lgg-segmentation", "candidate": 3, "candidate_run": "8", "champion": 1, "champion_run": "2", "verdict": "better"}
    assert facts.items() <= told.items()
    assert told["refers_to"]["champion"]["case_scores"] == "hits 2"
    assert "lgg-segmentation: version 3 becomes the champion in place of version 1: the difference in volume_dice is" in caplog.text


@pytest.mark.parametrize(
    ("versions", "champion", "asked", "verdict", "reason"),
    [
        ({1: "5", 2: "4"}, 1, None, "not better", "version 2 does not become the champion in place of version 1: the difference"),
        ({1: "5", 2: "9"}, 2, None, "champion", "version 2 is the champion already"),
        ({1: "5", 2: "leaky 9"}, 1, None, "leaky", "version 2 does not become the champion in place of version 1: its split leaks"),
        ({1: "leaky 9"}, None, None, "leaky", "version 1 does not become the champion: its split leaks"),
        ({1: "gone", 2: "9"}, 1, None, "not comparable", "in place of version 1: The run gone was deleted in MLflow"),
        ({1: "5", 2: None}, 1, None, "not comparable", "Version 2 was registered by no run"),
        ({}, None, None, "no model", "no version is registered"),
        ({1: "5", 2: "3", 3: "9"}, 1, 2, "not better", "version 2 does not become"),
    ],
)
def test_otherwise_it_is_said_why_not(versions, champion, asked, verdict, reason) -> None:
    champions, told = promote(Registry(versions, champion), asked)
    assert champions == {}
    assert (told["verdict"], told["promoted"]) == (verdict, False)
    assert reason in told["reason"]


def test_the_first_is_promoted_also_by_its_number() -> None:
    champions, told = promote(Registry({1: "1", 2: "leaky 9"}), 1)
    assert champions == {"segmentation": 1}
    assert told["reason"] == "version 1 becomes the champion: there is no champion yet"


class TypedRun(Run):
    """Told the type of one case of each of two patients: rightly on true masks where `right`, and otherwise on predicted ones alone."""

    def __init__(self, right: bool) -> None:
        super().__init__(0, leaky=False)
        rows = self.left["case_scores"][["case_id", "patient", "split"]].assign(label="glioma")
        told = [rows.assign(mask=mask, **answers(hit)) for mask, hit in (("true", right), ("predicted", not right))]
        self.left["radiomics_scores"] = pd.concat(told, ignore_index=True)
        self.versions["radiomics_scores"] = "typed"


def answers(hit: bool) -> dict[str, float]:
    return {"probability.glioma": float(hit), "probability.pituitary": float(not hit)}


class Typers(Registry):
    def versions(self, task: str) -> list[ModelVersion]:
        return [ModelVersion(1, "wrong"), ModelVersion(2, "right")] if task == "typing" else []

    def champion(self, task: str) -> int | None:
        return 1 if task == "typing" else None


class TypedRuns:
    def find(self, text: str, scores: str) -> Run:
        assert scores == "radiomics_scores"
        return TypedRun(text == "right")


def test_a_typing_model_is_judged_on_true_masks() -> None:
    told = decide_promotions(Typers({}), TypedRuns(), PromotionOptions())
    assert told[0] == {"typing": 2}
    figures = {"verdict": "better", "measure": "accuracy", "champion_value": 0, "candidate_value": 1, "n": 2}
    assert figures.items() <= told[1]["typing"].items()


def test_a_version_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match=r"`promotion.segmentation` is 7, but lgg-segmentation has versions 1, 2: name one of these"):
        promote(Registry({1: "1", 2: "2"}), 7)


def test_a_version_of_a_model_that_was_never_registered_is_refused() -> None:
    with pytest.raises(UserError, match=r"`promotion.segmentation` is 7, but lgg-segmentation has no version yet: train one first\."):
        promote(Registry({}), 7)
