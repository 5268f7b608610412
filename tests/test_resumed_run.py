"""A run that was killed while it trained goes on as the same run, and ends as if it had not been."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import mlflow
import numpy as np
import pytest

COMMAND = ["run", "--pipeline=segmentation", "--env=test"]
STEPS = "training.steps=600,training.validations=20,training.patience=20"
VALIDATIONS = 20


def read_weights(project: Path) -> list[np.ndarray]:
    newest = max((project / "data/06_models/test/segmenter.keras").glob("*/segmenter.keras"))
    return keras.saving.load_model(newest, compile=False).get_weights()


def kill_while_it_trains(project: Path) -> None:
    variables = os.environ | {"PYTHONPATH": str(project / "src")}
    command = [sys.executable, "-m", "kedro", *COMMAND, f"--params={STEPS}"]
    run = subprocess.Popen(command, cwd=project, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    state = project / "data/06_models/test/training_checkpoint.npz"
    while not state.exists():
        assert run.poll() is None, "it ended before it trained"
        time.sleep(0.05)
    time.sleep(np.random.default_rng().uniform(0, 2))
    run.kill()
    assert run.wait() == -signal.SIGKILL
    assert state.exists()


@pytest.mark.slow
def test_a_killed_run_goes_on_in_its_own_tracked_run(project, kedro) -> None:
    kill_while_it_trains(project)
    done = kedro(project, *COMMAND, f"--params={STEPS},training.resume=true")
    assert done.returncode == 0, done.stderr[-3000:]
    goes_on = read_weights(project)
    client = mlflow.MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiments = [each.experiment_id for each in client.search_experiments()]
    (run,) = client.search_runs(experiments)
    assert (run.info.status, run.data.tags["outcome"]) == ("FINISHED", "finished")
    validated = [point.step for point in client.get_metric_history(run.info.run_id, "training.validation_dice")]
    assert len(validated) == len(set(validated)) == VALIDATIONS, "it did not go on, it began anew"
    assert not list((project / "data/06_models/test").glob(".training_checkpoint*"))
    whole = kedro(project, *COMMAND, f"--params={STEPS}")
    assert whole.returncode == 0, whole.stderr[-3000:]
    for one, other in zip(goes_on, read_weights(project), strict=True):
        np.testing.assert_array_equal(one, other)
