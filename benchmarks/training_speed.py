"""How many images a second are trained on: this project, a plain Keras notebook, and MONAI on PyTorch.

All train a U-Net of width 16 and depth 4 on the same 128 x 128 x 3 slices in a memory-mapped array, 16 a batch. Each is a process
of its own that idles while another one runs; they take turns for several rounds, and ratios are medians over the rounds. What is
compiled or started before the first step does not count. `products` are the images whose convolutions there would be time for if all
were square matrix products in the precision that is fast here, which tells what the step makes of the machine; `loading_cost` is what
a step takes longer with its loading than without, as a share. The machine must have nothing else to do: PyTorch's threads wait for one
another at every operation and lose most when they are disturbed, so that a busy machine flatters this project.

    python benchmarks/training_speed.py --json FILE

The first run makes an environment with PyTorch and MONAI below `build/benchmarks`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import numpy as np
from report import describe_machine, write_json

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parent / "build" / "benchmarks" / "monai"
REQUIREMENTS = ["torch==2.13.0", "monai>=1.6,<1.7", "numpy"]

BUSY = 0.5
"""Load of the last minute above which something else is running."""


class Contender:
    """A process that trains for as long as it is told and says how fast it was."""

    def __init__(self, python: Path | str, script: str, *arguments: str) -> None:
        command = [str(python), str(HERE / "contenders" / script), *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def run(self, seconds: float) -> float:
        """Images a second over some seconds."""
        if self.process.stdin is None or self.process.stdout is None or self.process.poll() is not None:
            msg = f"{self.process.args} has ended."
            raise RuntimeError(msg)
        self.process.stdin.write(f"{seconds}\n")
        return float(json.loads(self.process.stdout.readline()))

    def end(self) -> None:
        """Close its input, which ends it; TensorFlow's threads may wait for one another for ever."""
        try:
            self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


def write_slices(folder: Path, count: int = 512, size: int = 128) -> None:
    """Write noisy slices, of which every other one has a bright disc."""
    rng = np.random.default_rng(0)
    images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.float16, (count, size, size, 3))
    masks = np.lib.format.open_memmap(folder / "masks.npy", "w+", np.uint8, (count, size, size))
    rows, columns = np.mgrid[:size, :size]
    for position in range(count):
        row, column = rng.uniform(0.3, 0.7, size=2) * size
        masks[position] = ((rows - row) ** 2 + (columns - column) ** 2 < (size / 12) ** 2) & (position % 2 == 1)
        images[position] = rng.normal(size=(size, size, 3)) + 2 * masks[position, ..., None]


def prepare_environment() -> Path:
    """Make the environment of PyTorch and MONAI where it is missing; returns its interpreter."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / "complete").exists():
        print(f"Installing {', '.join(REQUIREMENTS)} into {ENVIRONMENT}", flush=True)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
        (ENVIRONMENT / "complete").touch()
    return python


def take_turns(contenders: dict[str, Contender], seconds: float, rounds: int) -> list[dict[str, float]]:
    """Let each run in turn, after one round that warms up and does not count, and end them."""
    speeds = []
    try:
        for contender in contenders.values():
            contender.run(min(seconds, 4.0))
        for number in range(rounds):
            speeds.append({name: contender.run(seconds) for name, contender in contenders.items()})
            print(f"round {number + 1}: " + ", ".join(f"{name} {speed:.1f}" for name, speed in speeds[-1].items()), flush=True)
    finally:
        for contender in contenders.values():
            contender.end()
    return speeds


def middle_speeds(speeds: list[dict[str, float]]) -> dict[str, float]:
    """Median over the rounds of each contender's images a second."""
    return {name: round(statistics.median(speed[name] for speed in speeds), 1) for name in speeds[0]}


def compare(speeds: list[dict[str, float]], first: str, second: str) -> float:
    """Median over the rounds of the ratio of two contenders."""
    return round(statistics.median(speed[first] / speed[second] for speed in speeds), 2)


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="how long each contender trains in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--monai-workers", type=int, default=1, help="processes of PyTorch's DataLoader")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    print(describe_machine(), flush=True)
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"The machine is busy (load {load:.1f}): these ratios are not to be quoted.", flush=True)
    torch_python = prepare_environment()
    with tempfile.TemporaryDirectory() as folder:
        write_slices(Path(folder))
        ours = "tumourflow_training.py"
        contenders = {
            "tumourflow": Contender(sys.executable, ours, "whole", folder),
            "keras": Contender(sys.executable, "plain_keras.py", folder),
            "monai": Contender(torch_python, "monai_loop.py", folder, str(arguments.monai_workers)),
            "step": Contender(sys.executable, ours, "step", folder),
            "loader": Contender(sys.executable, ours, "loader", folder),
            "products": Contender(sys.executable, ours, "products", folder),
        }
        speeds = take_turns(contenders, arguments.seconds, arguments.rounds)
    figures = {
        "against_keras": compare(speeds, "tumourflow", "keras"),
        "against_monai": compare(speeds, "tumourflow", "monai"),
        "loader_against_step": compare(speeds, "loader", "step"),
        "step_against_products": compare(speeds, "step", "products"),
        "loading_cost": round(compare(speeds, "step", "tumourflow") - 1, 2),
        "images_per_second": middle_speeds(speeds),
        "load_before": round(load, 2),
        "rounds": [{name: round(value, 1) for name, value in speed.items()} for speed in speeds],
    }
    print(json.dumps({name: value for name, value in figures.items() if name != "rounds"}, indent=2))
    write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
