"""How many images a second are predicted over a cohort: this project against the same U-Net in PyTorch.

Both are a U-Net of width 16 and depth 4 in bfloat16 where the processor has it, else in float32; they get 16 slices of 128 x 128 x 3 at a
time from a memory-mapped array and give probabilities in float32 back. They take turns as in `training_speed.py`; the ratio is the median
over the rounds.

    python benchmarks/prediction_speed.py --json FILE
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from report import describe_machine, write_json
from training_speed import Contender, compare, middle_speeds, prepare_environment, take_turns, write_slices

from tumourflow.networks import choose_precision

SLICES = 4_000
"""As many as LGG has: the network is folded and compiled once a cohort, which belongs to its prediction."""


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="how long each contender predicts in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    print(describe_machine(), flush=True)
    torch_python, precision = prepare_environment(), choose_precision().removeprefix("mixed_")
    with tempfile.TemporaryDirectory() as folder:
        write_slices(Path(folder), SLICES)
        contenders = {
            "tumourflow": Contender(sys.executable, "tumourflow_prediction.py", folder),
            "pytorch": Contender(torch_python, "pytorch_prediction.py", folder, precision),
        }
        speeds = take_turns(contenders, arguments.seconds, arguments.rounds)
    figures = {
        "precision": precision,
        "against_pytorch": compare(speeds, "tumourflow", "pytorch"),
        "images_per_second": middle_speeds(speeds),
    }
    print(json.dumps(figures, indent=2))
    write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
