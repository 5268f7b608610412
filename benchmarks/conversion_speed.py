"""How much faster MAT files become PNG here than in a loop of h5py and Pillow, at the same PNG settings and with the same pixels.

Run it with nothing else on the machine:

    python benchmarks/conversion_speed.py --root data/01_raw/figshare --json FILE

Without `--root` it writes MAT files of phantoms first. The three take turns, so that other programs disturb all alike:

- loop: one process opens file after file with h5py, windows the image, and saves image and mask with Pillow.
- store: `store_images` as in a run that has inspected: each file is read again, its pixels are checked against their key, encoded, and
  written under the key, on every core.
- ingestion: inspection and store, as in the first run of all: every file is read twice; besides, mask and border are compared, marks are
  looked for, thumbnails and statistics computed.

Wall time tells what a user waits for, if nothing else runs; time of the processor what each of them works, whatever else runs (with
`--scheduler threads`, as other processes are not counted). The goal is 1.7 for the store.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from PIL import Image
from report import describe_machine, write_json

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.phantoms.patient import draw_patient, draw_slices
from tumourflow.cohorts.readers import read_cohort
from tumourflow.curation.integrity import inspect_case
from tumourflow.curation.storage import list_images
from tumourflow.datasets import ImageStoreDataset
from tumourflow.imaging.mask import binarise
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.png import decode_png
from tumourflow.options import IngestionOptions, PhantomOptions

OPTIONS = IngestionOptions(reader="figshare")
WORKS = ("loop", "store", "ingestion")
# What OpenCV uses where nothing is said: level 1 and run-length encoding, so that the loop is not made to work harder.
PNG = {"compress_level": 1, "compress_type": 3}


def convert_in_a_loop(index: CohortIndex, target: Path) -> None:
    """Convert file after file as a notebook does: read, window, save image and mask."""
    target.mkdir()
    for case in index.cases:
        with h5py.File(index.root / case.image) as file:
            values, mask = file["cjdata/image"][()].T, file["cjdata/tumorMask"][()].T
        low, high = np.percentile(values, [OPTIONS.window_low, OPTIONS.window_high], method="nearest")
        image = np.rint(np.clip((values - float(low)) / (float(high) - float(low)), 0, 1) * 255).astype(np.uint8)
        Image.fromarray(image).save(target / f"{case.case_id}.png", **PNG)
        Image.fromarray(mask * np.uint8(255)).save(target / f"{case.case_id}_mask.png", **PNG)


def convert_into_store(index: CohortIndex, cases: pd.DataFrame, target: Path, scheduler: str) -> None:
    """Convert as a run does: read, window, check against the key, encode, write under the key."""
    ImageStoreDataset(filepath=str(target)).save(list_images(index, cases, scheduler))


def inspect(index: CohortIndex, scheduler: str) -> pd.DataFrame:
    """Look at every case and name the keys of its pixels."""
    facts = list(map_parallel(inspect_case, index.cases, scheduler))
    columns = {"case_id": "case_id", "image": "image_key", "mask": "mask_key"}
    return pd.DataFrame({column: [each[fact] for each in facts] for column, fact in columns.items()})


def compare_pixels(cases: pd.DataFrame, loop: Path, store: Path) -> float:
    """Tell by how much the loop's pixels differ from the store's at most."""
    images = ImageStoreDataset(filepath=str(store)).load()
    largest = 0
    for row in cases.itertuples():
        ours, theirs = images.read(str(row.image)).astype(int), decode_png((loop / f"{row.case_id}.png").read_bytes()).astype(int)
        mask = decode_png((loop / f"{row.case_id}_mask.png").read_bytes())
        largest = max(largest, int(np.abs(ours - theirs).max()), int((images.read_mask(str(row.mask)) != binarise(mask)).max()))
    return largest


def write_mats(root: Path, count: int) -> Path:
    """Write phantom slices as the figshare cohort stores its own."""
    root.mkdir()
    options = PhantomOptions(patients=count, slices=12, size=512)
    slices = ((index, each) for index in range(count) for each in draw_slices(draw_patient(options, index)))
    for number, (patient, drawn) in enumerate(islice(slices, count), start=1):
        with h5py.File(root / f"{number}.mat", "w", userblock_size=512) as file:
            packing = {"chunks": (64, 128), "compression": "gzip", "compression_opts": 4}
            struct = file.create_group("cjdata")
            struct.create_dataset("image", data=drawn.image[..., 1].T.astype(np.int16) * 9 + number % 7, **packing)
            struct.create_dataset("tumorMask", data=drawn.mask.T.astype(np.uint8), **packing)
            struct.create_dataset("tumorBorder", data=np.array([[1.0, 1, 1, 9, 9, 9]]))
            struct.create_dataset("PID", data=np.array([[ord(letter)] for letter in f"{patient:06}"], np.uint16))
            struct.create_dataset("label", data=np.array([[1.0]]))
    return root


def take_turns(works: dict[str, Callable[[Path], object]], rounds: int, folder: Path) -> pd.DataFrame:
    """Time each work once a round, each time into a folder that is not there yet: seconds of `wall` and `processor` by work and round."""
    times = []
    for turn in range(rounds):
        for name, work in works.items():
            shutil.rmtree(folder / name, ignore_errors=True)
            start = time.perf_counter(), time.process_time()
            work(folder / name)
            times.append((name, turn, time.perf_counter() - start[0], time.process_time() - start[1]))
    return pd.DataFrame(times, columns=["work", "round", "wall", "processor"])


def compare_times(times: pd.DataFrame, clock: str) -> dict[str, float]:
    """Tell how many times as long as each work the loop took, as the median over rounds."""
    seconds = times.pivot(index="round", columns="work", values=clock)
    return {name: round(float((seconds["loop"] / seconds[name]).median()), 2) for name in WORKS[1:]}


def main() -> None:
    """Measure the loop, the store, and the store with the inspection before it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--root", type=Path, help="folder of the figshare cohort; phantoms are written where it is left out")
    parser.add_argument("--slices", type=int, default=96, help="number of phantom slices")
    parser.add_argument("--rounds", type=int, default=5, help="number of turns")
    parser.add_argument("--scheduler", default="threads", help="as the parameter of this name")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = read_cohort(arguments.root or write_mats(folder / "raw", arguments.slices), OPTIONS, PhantomOptions())
        cases = inspect(index, arguments.scheduler)
        works: dict[str, Callable[[Path], object]] = {
            "loop": lambda target: convert_in_a_loop(index, target),
            "store": lambda target: convert_into_store(index, cases, target, arguments.scheduler),
            "ingestion": lambda target: convert_into_store(index, inspect(index, arguments.scheduler), target, arguments.scheduler),
        }
        times = take_turns(works, arguments.rounds, folder)
        difference = compare_pixels(cases, folder / "loop", folder / "store")
        megabytes = {name: sum(file.stat().st_size for file in (folder / name).rglob("*.png")) / 1e6 for name in ("loop", "store")}
    best = times.groupby("work")[["wall", "processor"]].min() * 1000 / len(cases)
    figures: dict[str, object] = {
        "slices": len(cases),
        "scheduler": arguments.scheduler,
        "png": PNG,
        "largest_difference": difference,
        "megabytes": {name: round(size, 1) for name, size in megabytes.items()},
        "milliseconds_per_slice": {clock: {name: round(float(best.loc[name, clock]), 2) for name in WORKS} for clock in best},
        "times_as_fast_as_the_loop": compare_times(times, "wall"),
        # With every core to itself, and none of them waiting for another.
        "at_most_times_as_fast": {
            name: round(ratio * len(os.sched_getaffinity(0)), 2) for name, ratio in compare_times(times, "processor").items()
        },
    }
    print(f"{describe_machine()}\n{json.dumps(figures, indent=2)}")
    write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
