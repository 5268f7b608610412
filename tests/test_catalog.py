from pathlib import Path

import pytest
import yaml

from tumourflow.options import Parameters
from tumourflow.pipeline_registry import register_pipelines

BASE = Path(__file__).parents[1] / "conf/base"
LAYERS = {
    "01_raw": "raw",
    "02_intermediate": "intermediate",
    "03_primary": "primary",
    "05_model_input": "model_input",
    "06_models": "models",
    "07_model_output": "model_output",
    "08_reporting": "reporting",
}


@pytest.fixture(scope="module")
def catalog():
    entries: dict = {}
    for file in sorted(BASE.glob("catalog_*.yml")):
        entries |= yaml.safe_load(file.read_text())
    return entries


@pytest.fixture(scope="module")
def corridor():
    return register_pipelines()["segmentation"]


def test_every_dataset_of_the_corridor_has_an_entry_and_every_entry_is_used(catalog, corridor):
    datasets = {name for name in corridor.datasets() if not name.startswith("params:")}
    assert datasets - {"training_listener"} == set(catalog) - {"run_manifest"}


def test_every_dataset_has_the_layer_of_its_folder(catalog):
    for name, entry in catalog.items():
        layer = entry["metadata"]["kedro-viz"]["layer"]
        folder = entry.get("filepath", "").split("/")[1:2]
        assert layer == (LAYERS[folder[0]] if folder else layer), name


def test_every_file_is_versioned_and_below_its_cohort(catalog):
    for name, entry in catalog.items():
        if "filepath" not in entry:
            assert entry["type"] == "MemoryDataset", name
            continue
        assert entry["filepath"].split("/")[2] == "${globals:cohort}", name
        # Content that is addressed by its hash never changes.
        assert entry.get("versioned", False) or name == "images", name


def test_every_parameter_group_is_read_by_a_room(corridor):
    read = {name.removeprefix("params:").split(".")[0] for name in corridor.inputs() if name.startswith("params:")}
    assert read == set(Parameters.model_fields)
