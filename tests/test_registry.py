import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORRIDOR = (
    *("ingestion", "splitting", "planning", "preparation", "augmentation"),
    *("training", "prediction", "evaluation", "report", "methods"),
)
HEAVY = ("keras", "tensorflow", "jax", "sklearn", "matplotlib", "skimage")
LOADED_AFTER = """
import sys
from click.testing import CliRunner
from kedro.framework.cli.cli import KedroCLI
from pathlib import Path
result = CliRunner().invoke(KedroCLI(project_path=Path.cwd()), {arguments!r})
assert result.exit_code == 0, result.output
print(result.output)
print("loaded:", [name for name in {heavy!r} if name in sys.modules])
"""


@pytest.mark.parametrize(("arguments", "told"), [(["registry", "list"], "segmentation"), (["run", "--help"], "--pipeline")])
def test_commands_that_compute_nothing_load_no_heavy_library(arguments, told):
    code = LOADED_AFTER.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "loaded: []" in done.stdout
    assert told in done.stdout


def test_a_pipeline_opens_no_room_that_it_does_not_enter():
    code = "import sys; from tumourflow.pipeline_registry import register_pipelines as r; r()['check']; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    rooms = {name for name in loaded if name.startswith("tumourflow.pipelines.") and name.count(".") == 2}
    assert rooms == {"tumourflow.pipelines.ingestion", "tumourflow.pipelines.check"}


@pytest.fixture(scope="module")
def pipelines():
    from tumourflow.pipeline_registry import register_pipelines

    return register_pipelines()


def test_segmentation_is_the_sum_of_all_rooms(pipelines):
    assert pipelines["segmentation"].nodes == pipelines["__default__"].nodes
    assert {node.name for node in pipelines["segmentation"].nodes} == {node.name for room in CORRIDOR for node in pipelines[room].nodes}


def test_every_room_has_a_command(pipelines):
    folders = {path.parent.name for path in (ROOT / "src/tumourflow/pipelines").glob("*/pipeline.py")}
    assert folders == set(pipelines) - {"__default__", "segmentation"}


def test_nodes_are_named_after_their_function(pipelines):
    for pipeline in pipelines.values():
        for node in pipeline.nodes:
            assert node.name == node.func.__name__


def test_check_indexes_as_ingestion_does_and_needs_no_earlier_run(pipelines):
    assert {node.name for node in pipelines["check"].nodes} == {"index_cohort", "sample_cases", "check_cohort"}
    assert {name for name in pipelines["check"].inputs() if not name.startswith("params:")} == {"inspection_cache"}


def test_corridor_needs_nothing_but_parameters_and_the_listener(pipelines):
    free = {name for name in pipelines["segmentation"].inputs() if not name.startswith("params:")}
    of_training = {"training_listener", "training_checkpoint", "seed_networks", "fold_networks", "finished_folds"}
    assert free == of_training | {"inspection_cache", "cohort_name"}


@pytest.mark.parametrize("name", ["leakage_canary", "leakage_premium", "cross_validation", "radiomics", "baselines"])
def test_experiments_need_no_earlier_run_and_make_no_model(pipelines, name):
    free = {name for name in pipelines[name].inputs() if not name.startswith("params:")}
    assert free <= {"training_listener", "inspection_cache", "fold_checkpoint", "finished_folds", "fold_networks", "fold_tracker"}
    assert "segmenter" not in pipelines[name].datasets()
