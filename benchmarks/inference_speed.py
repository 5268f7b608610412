"""How many new images a second are inspected, from files to masks and findings: this project against a loop of `model.predict`.

Both use the same untrained U-Net (width 16, depth 4, 128 x 128 x 5, float32 or bfloat16 as the processor has it), the same preparation,
the same two views of each image (as it is and mirrored) and the same post-processing of a patient, on the same phantom patients, whose
files they read and whose masks they encode as PNG. The loop asks the network for one view of one image at a time, as a notebook does, by
the same kernels: with XLA, which Keras would choose on a processor, it is slower still. Most of its time is not the network's: each
`model.predict` makes a pipeline of data of its own. They share a process, with the threads that TensorFlow takes by default; in one of its
own this project gives each of two cores its half of a batch. They take turns; the ratios, of time and of processor time, are medians over
the rounds. Without mirrors each image is one view for both.

    python benchmarks/inference_speed.py --json FILE
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"TF_NUM_INTRAOP_THREADS": "0", "TF_NUM_INTEROP_THREADS": "0"}

import numpy as np
from report import describe_machine, write_json
from scipy.special import expit

from tumourflow.cohorts.shown import DEFAULT_WINDOW
from tumourflow.datasets import ResultStore
from tumourflow.imaging.layout import neighbour_rows, stack_context
from tumourflow.imaging.model_input import prepare_volume
from tumourflow.imaging.png import encode_png
from tumourflow.imaging.preparation import Preparation
from tumourflow.inference.findings import measure_mask
from tumourflow.inference.gather import Gathered, gather_volumes
from tumourflow.inference.inspect import Inspector
from tumourflow.inference.models import Chosen, ModelAtHand
from tumourflow.inference.place import open_input
from tumourflow.inference.results import inspect_new, name_volumes, take_fingerprints
from tumourflow.networks import build_unet
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.volumes import restore_rows

PREPARATION = Preparation(128, "foreground", "zscore", context=1, lead_channel=1, channels=3)


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=12, help="phantom patients of about 12 images")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    print(describe_machine(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        gathered = write_input(Path(folder) / "new", arguments.patients)
        figures = {
            name: measure(gathered, Path(folder), mirrors, arguments.rounds) for name, mirrors in (("mirrored", True), ("plain", False))
        }
    print(json.dumps(figures, indent=2))
    write_json(arguments.json, figures)


def write_input(root: Path, patients: int) -> Gathered:
    """Write phantom patients without their masks."""
    from tumourflow.cohorts.phantoms import write_phantoms
    from tumourflow.options import PhantomOptions

    write_phantoms(root, PhantomOptions(patients=patients, seed=1, defects=False))
    for mask in root.rglob("*_mask.tif"):
        mask.unlink()
    return gather_volumes(open_input(str(root)))


def measure(gathered: Gathered, folder: Path, mirrors: bool, rounds: int) -> dict[str, Any]:
    """Let both take turns and compare them."""
    model = build_unet((128, 128, PREPARATION.layout.depth), width=16, depth=4)
    model.compile(jit_compile=False)
    bundle = {"preparation": PREPARATION.to_dict(), "postprocessing": PostProcessing().to_dict(), "mirrors": mirrors}
    chosen = Chosen(
        None, {("segmentation", "brain-flair3"): ModelAtHand("x-segmentation v1", "segmentation", "brain-flair3", bundle, lambda: model)}
    )
    inspector = Inspector(chosen, "brain")
    number = sum(len(volume.slices) for volume in gathered.volumes)
    seconds: dict[str, list[float]] = {"tumourflow": [], "loop": []}
    processor = {name: list[float]() for name in seconds}
    for turn in range(rounds + 1):
        contenders: dict[str, Callable[[], None]] = {
            "tumourflow": lambda turn=turn: inspect(gathered, inspector, folder / f"{mirrors}-{turn}.sqlite"),
            "loop": lambda: ask_one_by_one(gathered, model, mirrors),
        }
        for name, run in contenders.items():
            start, used = time.perf_counter(), time.process_time()
            run()
            took, used = time.perf_counter() - start, time.process_time() - used
            print(f"{name}, {'mirrored' if mirrors else 'plain'}, round {turn}: {took:.1f} s, {used:.1f} s of processor", flush=True)
            if turn:  # the first compiles
                seconds[name].append(took)
                processor[name].append(used)
    speeds = {name: round(number / statistics.median(times), 1) for name, times in seconds.items()}
    times_as_fast, times_as_little = (_compare(times) for times in (seconds, processor))
    return {"images": number, "images_per_second": speeds, "times_as_fast": times_as_fast, "times_as_little_processor": times_as_little}


def _compare(times: dict[str, list[float]]) -> float:
    return round(statistics.median(loop / own for own, loop in zip(times["tumourflow"], times["loop"], strict=True)), 2)


def inspect(gathered: Gathered, inspector: Inspector, store: Path) -> None:
    """Do what the inference room does, findings and masks kept."""
    volumes = name_volumes(gathered)
    for _ in inspect_new(volumes, take_fingerprints(volumes, ""), ResultStore(store), inspector.inspect, "threads", DEFAULT_WINDOW):
        pass


def ask_one_by_one(gathered: Gathered, model: Any, mirrors: bool) -> None:
    """Do it as a notebook does: one image after the other."""
    import pandas as pd

    for volume in gathered.volumes:
        images = [each.load(DEFAULT_WINDOW) for each in volume.slices]
        table = pd.DataFrame({"case_id": "", "patient": "", "slice": range(len(images)), "split": ""})
        prepared = prepare_volume(images, [None] * len(images), table, PREPARATION)
        neighbours = neighbour_rows(prepared.index, PREPARATION.context)
        probabilities = []
        for row in range(len(images)):
            view = stack_context(prepared.arrays["images"], [row], neighbours, PREPARATION.layout)
            probability = expit(model.predict(view, verbose=0)[0, :, :, 0])
            if mirrors:
                probability = (probability + expit(model.predict(view[:, :, ::-1], verbose=0)[0, :, ::-1, 0])) / 2
            probabilities.append(probability)
        native = restore_rows(np.stack(probabilities), prepared.index, PREPARATION)
        for mask, probability in zip(PostProcessing().apply(native, range(len(images))), native, strict=True):
            encode_png(mask)
            measure_mask(mask, probability, None)


if __name__ == "__main__":
    main()
