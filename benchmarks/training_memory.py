"""How much memory training takes, for cohorts of different sizes.

Each cohort is written in the project's own array store and trained on for some steps in a process of its own. `anonymous` is what
the process has allocated; `resident` also counts pages of the mapped files, which are the system's cache and are given back when
something else needs the room.

    python benchmarks/training_memory.py --json FILE
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import TracebackType

import numpy as np
import pandas as pd
from report import describe_machine, write_json

from tumourflow.cohorts.phantoms.patient import draw_patient, draw_slices
from tumourflow.datasets.array_store import ArrayStoreDataset
from tumourflow.options import PhantomOptions
from tumourflow.types import ArrayChunk, Stream

DISTINCT = 40
"""Number of phantom patients that are drawn; larger cohorts show them again under other names."""
VALIDATION = 20
"""Every twentieth patient validates."""
SETTLED = 0.1
"""Growth from the smallest to the largest cohort, as a share, that passes for noise of the allocator."""


class MemoryWatch:
    """Looks every tenth of a second how large this process is, in MiB."""

    def __init__(self) -> None:
        self.peaks = {"anonymous": 0.0, "resident": 0.0}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
            now = {words[0]: int(words[1]) / 1024 for words in lines if words[0] in ("RssAnon:", "VmRSS:")}
            self.peaks["anonymous"] = max(self.peaks["anonymous"], now["RssAnon:"])
            self.peaks["resident"] = max(self.peaks["resident"], now["VmRSS:"])


@cache
def draw_arrays(number: int) -> dict[str, np.ndarray]:
    """Images and masks of one phantom patient, 128 x 128 pixels."""
    slices = list(draw_slices(draw_patient(PhantomOptions(size=128), number)))
    images = np.stack([piece.image for piece in slices]).astype(np.float32)
    prepared = (images - images.mean(axis=(0, 1, 2))) / (images.std(axis=(0, 1, 2)) + 1e-3)
    return {"images": prepared.astype(np.float16), "masks": np.stack([piece.mask for piece in slices]).astype(np.uint8)}


def make_chunks(slices: int) -> Iterator[ArrayChunk]:
    """One chunk a patient until there are enough slices."""
    written = 0
    for number in itertools.count():
        arrays = {name: array[: slices - written] for name, array in draw_arrays(number % DISTINCT).items()}
        count = len(arrays["masks"])
        split = "train" if number % VALIDATION else "validation"
        tumour = arrays["masks"].any(axis=(1, 2))
        yield ArrayChunk(pd.DataFrame({"patient": f"P{number:05}", "slice": range(count), "split": split, "tumour": tumour}), arrays)
        written += count
        if written >= slices:
            return


def train(folder: str, steps: int) -> dict[str, float]:
    """Train on a written cohort and watch this process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tumourflow.imaging.layout import InputLayout
    from tumourflow.options import AugmentationOptions, TrainingOptions
    from tumourflow.training import train_segmenter

    store = ArrayStoreDataset(filepath=folder).load()
    layout = InputLayout(channels=3, lead_channel=1, context=1)
    options = TrainingOptions(steps=steps, validations=1)
    with MemoryWatch() as watch:
        train_segmenter(
            store["images"],
            store["masks"],
            store.index,
            layout,
            augmentation=AugmentationOptions(),
            options=options,
            seed=0,
            listener=lambda _: None,
        )
    return watch.peaks


def measure(slices: int, steps: int) -> dict[str, float]:
    """Write a cohort and train on it in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = f"{folder}/model_input"
        ArrayStoreDataset(filepath=place).save(Stream(lambda: make_chunks(slices)))
        command = [sys.executable, __file__, "--train", place, "--steps", str(steps)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    peaks: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return {name: round(value) for name, value in peaks.items()}


def main() -> None:
    """Measure each size, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", default="200+20000", help="sizes of the cohorts, joined by +")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--train", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.train:
        print(json.dumps(train(arguments.train, arguments.steps)))
        return
    print(describe_machine(), flush=True)
    peaks = {}
    for slices in arguments.slices.split("+"):
        peaks[slices] = measure(int(slices), arguments.steps)
        print(f"{slices} slices: {peaks[slices]} MiB", flush=True)
    anonymous = [peak["anonymous"] for peak in peaks.values()]
    growth = anonymous[-1] / anonymous[0] - 1
    print(f"growth of anonymous memory: {growth:+.1%}")
    write_json(arguments.json, {"peak_mib": peaks, "growth": round(growth, 4), "flat": growth <= SETTLED})


if __name__ == "__main__":
    main()
