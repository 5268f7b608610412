"""The script is for a machine with a GPU; here it shows that it runs, with what it says it needs, and that its figures agree."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu_speed.py"
WITHOUT = ["cv2", "dask", "kedro", "mlflow", "pandas", "pydantic", "skimage", "sklearn", "tensorflow"]

RUN = """
import runpy, sys
sys.modules.update(dict.fromkeys(sys.argv.pop(1).split()))
runpy.run_path(sys.argv.pop(1), run_name="__main__")
"""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What it writes where none of `WITHOUT` can be imported."""
    path = tmp_path_factory.mktemp("gpu_speed") / "figures.json"
    tiny = ["--width", "4", "--size", "32", "--batch", "2", "--seconds", "0.5", "--json", str(path)]
    quick = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_backend_optimization_level=0"}
    command = [sys.executable, "-c", RUN, " ".join(WITHOUT), str(SCRIPT), *tiny]
    done = subprocess.run(
        command, env=os.environ | quick | {"PYTHONPATH": str(SCRIPT.parent)}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "There is no GPU here" in done.stdout
    return json.loads(path.read_text())


def test_the_figures_agree_with_one_another(figures: dict[str, Any]) -> None:
    speeds, flops = figures["images_per_second"], figures["tflops"]
    assert speeds["step"] > 0
    assert speeds["whole"] > 0
    assert figures["loader_cost"] == pytest.approx(speeds["step"] / speeds["whole"] - 1)
    assert flops["step"] == pytest.approx(figures["gflop_per_image"]["convolutions"] * speeds["step"] / 1000)
    for part in ("step", "whole"):
        assert figures["share_of_products"][part] == pytest.approx(flops[part] / flops["products"])


def test_a_device_whose_peak_is_not_known_has_no_share_of_it(figures: dict[str, Any]) -> None:
    assert figures["device"]["platform"] == "cpu"
    assert figures["share_of_nominal"] is None


def convolution_operations(channels: int, width: int, side: int, depth: int = 4) -> int:
    """Two a product: 3x3 twice a stage, a 2x2 up-convolution between stages, a head of 1x1; the image needs no gradient."""

    def pair(stage: int, before: int) -> int:
        pixels, after = (side // 2**stage) ** 2, width * 2**stage
        return 9 * pixels * (before * after + after * after)

    first = 9 * side**2 * channels * width
    down = sum(pair(stage, width * 2 ** (stage - 1) if stage else channels) for stage in range(depth + 1))
    ups = sum(4 * (side // 2 ** (stage + 1)) ** 2 * 2 * (width * 2**stage) ** 2 for stage in range(depth))
    up = ups + sum(pair(stage, width * 2 ** (stage + 1)) for stage in range(depth))
    return 2 * (3 * (down + up + side**2 * width) - first)


def test_the_operations_are_those_of_the_layout(figures: dict[str, Any]) -> None:
    counted = figures["gflop_per_image"]
    assert counted["convolutions"] == pytest.approx(convolution_operations(3, 4, 32) / 1e9)
    # XLA leaves out what meets the padding, and counts what is no convolution.
    assert 0.5 < counted["xla"] / counted["convolutions"] < 2


def test_width_16_on_128_pixels_takes_four_and_a_half_milliard_operations() -> None:
    assert convolution_operations(3, 16, 128) == pytest.approx(4.55e9, rel=0.01)
