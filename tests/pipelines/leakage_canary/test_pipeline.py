import logging

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions, LeakageOptions
from tumourflow.pipelines.leakage_canary import create_pipeline
from tumourflow.pipelines.leakage_canary.nodes import heed_canary


class Store(dict):
    """Stands in for the image store."""

    read = dict.__getitem__


class Kept(MemoryDataset):
    """Is not emptied once its readers have run."""

    def _release(self) -> None:
        pass


def cohort(patients: int = 16, slices: int = 6) -> tuple[pd.DataFrame, Store]:
    """Patients whose slices are all alike in the second channel, and nothing in the first."""
    rng = np.random.default_rng(0)
    rows, store = [], Store()
    for patient in range(patients):
        picture = rng.integers(0, 200, (40, 40))
        for place in range(slices):
            key = f"{patient}-{place}"
            store[key] = np.stack([rng.integers(0, 255, (40, 40)), picture + rng.integers(0, 20, (40, 40))], axis=-1).astype(np.uint8)
            rows.append((f"p{patient}/{place}", f"p{patient}", key))
    return pd.DataFrame(rows, columns=["case_id", "group", "image"]).assign(blank=False), store


def by_slice(cases: pd.DataFrame) -> pd.DataFrame:
    return cases[["case_id"]].assign(
        split=np.random.default_rng(1).choice(["train", "validation", "test"], len(cases), p=[0.6, 0.15, 0.25])
    )


def by_patient(cases: pd.DataFrame) -> pd.DataFrame:
    number = cases["group"].str[1:].astype(int)
    return cases[["case_id"]].assign(split=np.select([number % 4 == 0, number % 7 == 1], ["test", "validation"], "train"))


def run(splits: pd.DataFrame, leakage_report: dict, seed: int = 0, **changed) -> dict:
    cases, store = cohort()
    inputs = {
        "images": store,
        "cases": cases,
        "splits": splits,
        "leakage_report": leakage_report,
        "params:ingestion": IngestionOptions(reader="paired", lead_channel=1),
        "params:leakage": LeakageOptions(**changed),
        "params:seed": seed,
        "params:scheduler": "threads",
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    catalog["canary_report"] = Kept()
    SequentialRunner().run(create_pipeline(), catalog)
    return catalog.load("canary_report")


def test_a_split_by_slice_is_caught_and_goes_on_as_it_was_asked_for(caplog):
    with caplog.at_level(logging.INFO):
        report = run(by_slice(cohort()[0]), {"protocol": "slice", "leaky": True})
    assert report["verdict"] == "leaks"
    assert report["accuracy"]["low"] > report["chance"] == 0.5
    assert "Canary under `protocol: slice`: leaks" in caplog.text


def test_a_split_by_patient_passes():
    report = run(by_patient(cohort()[0]), {"protocol": "patient", "leaky": False}, labelings=7)
    assert report["verdict"] == "no leak seen"
    assert report["patients"] == {"test": 4, "train": 10}
    assert report["images"] == {"test": 24, "train": 60}
    assert (report["protocol"], report["leaky"], report["labelings"]) == ("patient", False, 7)


def test_seed_and_parameters_reach_the_labels_and_the_draw_of_images():
    splits = by_patient(cohort()[0])

    def ask(**changed) -> tuple[dict, dict]:
        report = run(splits, {"protocol": "slice", "leaky": True}, **changed)
        return report["accuracy"], report["patients"]

    accuracy, _ = ask(labelings=7)
    assert ask(labelings=8)[0] != accuracy
    assert ask(labelings=7, seed=1)[0] != accuracy
    drawn = [ask(labelings=2, images=54, seed=seed)[1] for seed in range(5)]
    assert {sum(counts.values()) for counts in drawn} == {9}, "of 14 patients with 6 images"
    assert len({counts["test"] for counts in drawn}) > 1


def test_a_leak_nobody_asked_for_stops_the_run():
    with pytest.raises(UserError, match=r"Leak under `protocol: patient`: random labels of patients are told in (1\.000|0\.9\d+) \["):
        run(by_slice(cohort()[0]), {"protocol": "patient", "leaky": False})


def test_the_stop_tells_the_interval_from_its_low_end_to_its_high_one():
    accuracy = {"value": 0.8, "low": 0.6, "high": 0.9}
    with pytest.raises(UserError, match=r"told in 0\.800 \[0\.600, 0\.900\] of the test images, where chance is 0\.5"):
        heed_canary({"verdict": "leaks", "accuracy": accuracy, "chance": 0.5, "protocol": "patient", "leaky": False})


def test_the_report_is_kept_before_the_run_stops():
    (stop,) = (node for node in create_pipeline().nodes if node.name == "heed_canary")
    assert stop.inputs == ["canary_report"]
