from pathlib import Path

import pytest
import yaml

from tumourflow.hooks.resume import CHECKPOINTS, NETWORKS
from tumourflow.measures.promotion import TASKS
from tumourflow.options import Parameters
from tumourflow.pipeline_registry import register_pipelines
from tumourflow.pipelines.comparison import nodes as comparison
from tumourflow.pipelines.promote import nodes as promotion

BASE = Path(__file__).parents[1] / "conf/base"
IN_MLFLOW = ("tumourflow.datasets.TrackedRunsDataset", "tumourflow.datasets.RegisteredModelsDataset")
LAYERS = ["raw", "intermediate", "primary", "model_input", "models", "model_output", "reporting"]


@pytest.fixture(scope="module")
def catalog():
    entries: dict = {}
    for file in sorted(BASE.glob("catalog_*.yml")):
        entries |= yaml.safe_load(file.read_text())
    return entries


@pytest.fixture(scope="module")
def pipelines():
    return register_pipelines()


def test_every_dataset_of_every_pipeline_has_an_entry_and_every_entry_is_used(catalog, pipelines):
    used = set().union(*(pipeline.datasets() for pipeline in pipelines.values()))
    datasets = {name for name in used if not name.startswith("params:")}
    assert datasets - {"training_listener", "fold_tracker"} == set(catalog) - {"run_manifest"}


def test_layers_follow_one_another(catalog, pipelines):
    """Kedro-Viz draws no layers at all where one leads back to an earlier one."""
    layer = {name: LAYERS.index(entry["metadata"]["kedro-viz"]["layer"]) for name, entry in catalog.items()}
    for node in {node for pipeline in pipelines.values() for node in pipeline.nodes}:
        inputs = [layer[name] for name in node.inputs if name in layer]
        assert max(inputs, default=0) <= min((layer[name] for name in node.outputs), default=len(LAYERS)), node.name


def test_every_file_is_versioned_and_below_its_cohort(catalog):
    # New images belong to no cohort.
    own = yaml.safe_load((BASE / "catalog_inference.yml").read_text())
    for name, entry in catalog.items():
        if "filepath" not in entry:
            assert entry["type"] in ("MemoryDataset", *IN_MLFLOW), name
            continue
        assert entry["filepath"].split("/")[2] == ("inference" if name in own else "${globals:cohort}"), name
        # Content that is addressed by its hash never changes, a cache holds nothing that could not be found out again, and the scores
        # of methods and the scores and networks of folds are kept under a fingerprint of what made them. A checkpoint is gone when the
        # training is over.
        stores = {"images", "fold_scores", "finished_folds", "fold_networks", "class_fold_scores", "method_scores", *NETWORKS}
        unversioned = stores | {*CHECKPOINTS, "inspection_cache", "stored_versions", "pruned_versions", "inference_results"}
        assert entry.get("versioned", False) or name in unversioned, name


def test_every_parameter_group_is_read_by_a_room(pipelines):
    inputs = set().union(*(pipeline.inputs() for pipeline in pipelines.values()))
    read = {name.removeprefix("params:").split(".")[0] for name in inputs if name.startswith("params:")}
    # A recipe is laid over the other parameters before anything runs.
    assert read | {"recipe"} == set(Parameters.model_fields)


def test_a_tracked_run_reads_all_that_it_is_compared_and_promoted_by(catalog):
    needed = {*comparison.REFERRED, *promotion.REFERRED, *(task.scores for task in TASKS.values())}
    assert needed <= set(catalog["tracked_runs"]["datasets"])
