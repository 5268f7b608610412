"""A model behind `mlflow models serve`, as the documentation starts it."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, kedro: Callable, copied: Callable) -> Path:
    """A project whose last run has learned enough to find tumours."""
    project = copied(tmp_path_factory.mktemp("trained") / "project")
    done = kedro(project, "run", "--pipeline=segmentation", "--env=test", "--params=training.steps=200")
    assert done.returncode == 0, done.stderr[-3000:]
    return project


@pytest.fixture(scope="module")
def address(trained: Path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    scripts = str(Path(sys.executable).parent)
    variables = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    variables |= {"PATH": f"{scripts}:{os.environ['PATH']}", "PYTHONPATH": str(trained / "src"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = ["mlflow", "models", "serve", "-m", "models:/test-segmentation@champion", "--env-manager", "local", "--port", str(port)]
    with (trained / "server.txt").open("w") as log:
        server = subprocess.Popen(command, cwd=trained, env=variables, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_for(f"http://127.0.0.1:{port}/ping", server, trained / "server.txt")
            yield f"http://127.0.0.1:{port}/invocations"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


def wait_for(ping: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(180):
        time.sleep(1)
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(ping, timeout=10).close()
        except OSError:
            continue
        return
    pytest.fail(log.read_text())


def post(address: str, body: bytes) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body, {"Content-Type": "application/json"}), timeout=120) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def read_patients(project: Path) -> dict[str, list[dict]]:
    """Each patient's images as they lie among the raw files, those that curation has kept."""
    cases = pd.read_parquet(max(project.glob("data/03_primary/test/cases.parquet/*/cases.parquet")))
    patients: dict[str, list[dict]] = {}
    for case in cases.itertuples():
        (file,) = project.glob(f"data/01_raw/test/**/{case.patient}/{case.patient}_{case.slice}.tif")
        image = {"image": base64.b64encode(file.read_bytes()).decode(), "patient": case.patient, "slice": case.slice}
        patients.setdefault(case.patient, []).append(image)
    return patients


def test_patients_posted_over_http_get_the_masks_of_the_pipeline(trained, address) -> None:
    folder = max((trained / "data/07_model_output/test/predicted_masks").iterdir())
    filled = 0
    for patient, images in read_patients(trained).items():
        status, answer = post(address, json.dumps({"dataframe_records": images[::-1]}).encode())
        assert status == 200, answer
        for image, found in zip(images[::-1], answer["predictions"], strict=True):
            wanted = cv2.imread(str(folder / patient / f"{image['slice']}.png"), cv2.IMREAD_UNCHANGED)
            mask = cv2.imdecode(np.frombuffer(base64.b64decode(found["mask"]), np.uint8), cv2.IMREAD_UNCHANGED)
            np.testing.assert_array_equal(mask, wanted, err_msg=f"{patient}/{image['slice']}")
            filled += bool(mask.any())
    assert filled


def test_bad_posts_get_a_sentence_and_the_server_lives_on(trained, address) -> None:
    bad = {b"\xff\xd8\xff": 400, b'{"dataframe_records": [{"image": "SGFsbG8="}]}': 400, bytes(2**28 + 1): 413}
    for body, expected in bad.items():
        status, answer = post(address, body)
        assert status == expected
        assert len(answer["message"]) < 500
    images = next(iter(read_patients(trained).values()))
    assert post(address, json.dumps({"dataframe_records": images}).encode())[0] == 200
