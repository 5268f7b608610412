"""How many images a second onnxruntime predicts with an exported network, beside Keras.

All predict the same slices of a memory-mapped array, 16 at a time with the slices before and after as channels, by a U-Net of width 16 and
depth 4 or a stored network. Keras does so in float32, and in what is fast on this machine (the same where that is float32). They take turns
as in `training_speed.py`; ratios are medians over the rounds.

    taskset -c 0,1 python benchmarks/onnx_speed.py --json FILE
    taskset -c 0,1 python benchmarks/onnx_speed.py --model data/06_models/lgg/segmenter.keras/VERSION/segmenter.keras
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from report import describe_machine, write_json
from training_speed import Contender, compare, middle_speeds, take_turns, write_slices


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", help="a .keras file of 3 channels and 1 slice of context, instead of a new U-Net")
    parser.add_argument("--size", type=int, default=128, help="rows and columns of its input")
    parser.add_argument("--seconds", type=float, default=10, help="how long each predicts in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    print(describe_machine(), flush=True)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        write_slices(Path(folder), size=arguments.size)
        ways = ("onnx", "float32", "fastest")
        contenders = {by: Contender(sys.executable, "onnx_prediction.py", by, folder, arguments.model) for by in ways}
        speeds = take_turns(contenders, arguments.seconds, arguments.rounds)
    figures = {
        "onnx_against_keras_float32": compare(speeds, "onnx", "float32"),
        "onnx_against_keras_fastest": compare(speeds, "onnx", "fastest"),
        "images_per_second": middle_speeds(speeds),
        "load_before": round(load, 2),
        "rounds": [{name: round(value, 1) for name, value in speed.items()} for speed in speeds],
    }
    print(json.dumps({name: value for name, value in figures.items() if name != "rounds"}, indent=2))
    write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
