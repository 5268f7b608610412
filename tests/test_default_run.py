"""What a new user sees first: the default run on the embedded cohort, with its real size and time budget."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_default_network_learns_what_no_threshold_can(project: Path, kedro):
    done = kedro(project, "run", "--pipeline=segmentation")
    assert done.returncode == 0, done.stderr[-3000:]
    (file,) = (project / "data/08_reporting/phantoms/segmentation_metrics.json").glob("*/*.json")
    test = json.loads(file.read_text())["test"]
    # Fixed thresholds and Otsu's stay below .6 (benchmarks/phantom_difficulty.py).
    assert test["volume_dice"]["value"] > 0.85
    assert test["volume_dice"]["n"] == 10
