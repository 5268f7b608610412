"""What the canary says of the published slices."""

import json
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize(("protocol", "verdict"), [("patient", "no leak seen"), ("slice", "leaks")])
def test_on_lgg_the_split_by_slice_is_caught_and_that_by_patient_passes(publish, project: Path, kedro, protocol: str, verdict: str) -> None:
    raw_root = publish("lgg") / "kaggle_3m"
    done = kedro(project, "run", "--pipeline=leakage_canary", "--env=lgg", f"--params=raw_root={raw_root},protocol={protocol}")
    assert done.returncode == 0, done.stderr[-3000:]
    (report,) = (project / "data").rglob("canary_report.json/*/canary_report.json")
    told = json.loads(report.read_text())
    assert told["verdict"] == verdict
    assert (told["accuracy"]["low"] > 0.5) == (verdict == "leaks")
