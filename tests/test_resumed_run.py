"""A run that was killed while it trained goes on as the same run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import numpy as np
import pytest

COMMAND = ["run", "--pipeline=segmentation", "--env=test"]
STEPS = "training.steps=600"


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
    client = mlflow.MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiments = [each.experiment_id for each in client.search_experiments()]
    (run,) = client.search_runs(experiments)
    assert (run.info.status, run.data.tags["outcome"]) == ("FINISHED", "finished")
    assert run.data.metrics["test.volume_dice"] >= 0
    assert not list((project / "data/06_models/test").glob(".training_checkpoint*"))
