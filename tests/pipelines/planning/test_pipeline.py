import logging
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.options import IngestionOptions, PreparationOptions, TrainingOptions
from tumourflow.options.planning import Machine
from tumourflow.pipelines.planning import create_pipeline

OUTPUTS = ("cohort_description", "plan", "plan_reasons")


class Images:
    """Stands in for the image store; images of test patients may not be read."""

    def read(self, key: str) -> np.ndarray:
        assert key != "test"
        image = np.zeros((64, 64), np.uint8)
        image[8:56, 8:56] = 90 + np.arange(48 * 48).reshape(48, 48) % 20
        return image

    def read_mask(self, key: str) -> np.ndarray:
        return self.read(key) > 100


class Kept(MemoryDataset):
    def _release(self) -> None: ...


WHOLE = PreparationOptions(crop="none")


def run(training: TrainingOptions, preparation: PreparationOptions = WHOLE, slices: int = 3) -> dict[str, Any]:
    rows = [(f"{patient}/{number}", patient, number) for patient in "abcd" for number in range(slices)]
    cases = pd.DataFrame(rows, columns=["case_id", "patient", "slice"])
    kind = np.where(cases["patient"] == "d", "test", "train")
    cases = cases.assign(image=kind, mask=kind, height=64, width=64, channels=1, tumour_pixels=np.where(kind == "test", 4000, 50))
    inputs = {
        "images": Images(),
        "cases": cases,
        "splits": cases[["case_id", "patient"]].assign(split=kind, fold=-1),
        "params:preparation": preparation,
        "params:training": training,
        "params:ingestion": IngestionOptions(reader="paired"),
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for name in OUTPUTS:
        catalog[name] = Kept()
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in OUTPUTS}


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(memory=2**34, gpu=False, bfloat16=False)
    monkeypatch.setattr("tumourflow.training.machine.describe_machine", lambda: machine)


def test_a_plan_follows_from_the_training_patients_and_can_be_read_as_a_recipe(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="tumourflow"):
        left = run(TrainingOptions(network="auto", steps=20))
    described = left["cohort_description"]
    assert (described["patients"], described["labelled"], described["channels"], described["ordered"]) == (3, 9, 1, True)
    assert described["tumour_pixels"]["high"] == 50
    assert described["tumour_diameter_of_view"] == pytest.approx(described["tumour_diameter_of_side"])
    assert left["plan"]["preparation"] == {"size": 64, "normalisation": "zscore", "context": 1}
    planned = left["plan"]["training"]
    assert planned.pop("precision") in ("float32", "bfloat16")
    assert planned == {"network": "unet", "width": 16, "depth": 4, "batch": 16}
    assert yaml.safe_load(yaml.dump(left["plan"])) == left["plan"]
    reasons = left["plan_reasons"].set_index("parameter")
    assert reasons.loc["preparation.size", ["default", "planned"]].tolist() == [128, 64]
    assert reasons.loc["preparation.size", "because"].startswith("nine images in ten show no more than 64 pixels a side; 128 is the")
    assert "Planned: preparation.size = 64" in caplog.text


def test_slices_without_order_are_planned_without_context() -> None:
    assert run(TrainingOptions(network="auto", steps=20), slices=1)["plan"]["preparation"]["context"] == 0


def test_a_network_with_a_name_is_taken_as_given_and_looks_at_no_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tumourflow.training.machine", None)
    left = run(TrainingOptions(network="resunet", width=8), PreparationOptions(size=32))
    assert left["plan"]["preparation"]["size"] == 32
    assert (left["plan"]["training"]["network"], left["plan"]["training"]["width"]) == ("resunet", 8)
    assert set(left["plan_reasons"]["because"]) == {"as given"}
