"""How long the search for duplicates takes and how much memory, for cohorts of different sizes.

The cohorts are thumbnails of volumes of 50 slices: mixtures of phantom patients, so that neighbouring slices are alike and heads
resemble one another. Into each, near-copies (other brightness, noise, a mark) of one slice in a hundred are planted under other
patients' names; those that still correlate by .98 must be found. Each cohort is searched in a process of its own, once for pairs
across patients and once for all pairs.

    python benchmarks/duplicate_search.py --json FILE
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from report import describe_machine, write_json

from tumourflow.cohorts.phantoms.patient import draw_patient, draw_slices
from tumourflow.curation.duplicates import find_duplicates
from tumourflow.imaging.perceptual_hash import correlate
from tumourflow.imaging.thumbnail import make_thumbnail
from tumourflow.options import PhantomOptions

SIZES = (1_000, 10_000, 100_000)
DISTINCT = 60
"""Number of phantom patients that are drawn; those of the cohort are mixtures of two."""
SLICES = 50
COPIED = 100
"""One slice in so many has a near-copy."""
CORRELATION = 0.98


def draw_volumes() -> npt.NDArray[np.float32]:
    """Thumbnails of phantom patients, shape `(60, 50, 48, 48)`, without the empty ends of the volumes."""
    options = PhantomOptions(size=64, slices=SLICES)
    volumes = np.empty((DISTINCT, SLICES, 48, 48), np.float32)
    for number in range(DISTINCT):
        thumbnails = np.stack([make_thumbnail(piece.image) for piece in draw_slices(draw_patient(options, number))])
        inner = thumbnails[len(thumbnails) // 8 : -len(thumbnails) // 8]
        volumes[number] = inner[np.linspace(0, len(inner) - 1, SLICES).round().astype(int)]
    return volumes


def make_cohort(images: int) -> tuple[pd.DataFrame, npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Facts of so many images and their thumbnails, the last of which are the near-copies, and the rows of their originals."""
    rng = np.random.default_rng(images)
    volumes = draw_volumes()
    copies = images // COPIED
    thumbnails = np.empty((images, 48, 48), np.uint8)
    for start in range(0, images - copies, SLICES):
        first, second = rng.choice(DISTINCT, 2, replace=False)
        share = rng.uniform(0.2, 0.8)
        head = share * volumes[first] + (1 - share) * volumes[second][:: rng.choice([1, -1])]
        head = np.roll(head, rng.integers(-3, 4, 2), axis=(1, 2)) * rng.uniform(0.5, 1) + rng.normal(0, 2, head.shape)
        thumbnails[start : start + SLICES] = np.clip(head, 0, 255)[: len(thumbnails[start : start + SLICES])]
    originals = np.sort(rng.choice(images - copies, copies, replace=False))
    thumbnails[images - copies :] = np.clip(_copy(thumbnails[originals].astype(np.float32), rng), 0, 255)
    patients = [f"P{row // SLICES:05}" for row in range(images - copies)] + [f"C{row:05}" for row in range(copies)]
    facts = pd.DataFrame({"case_id": [f"{row:06}" for row in range(images)], "patient": patients, "blank": False})
    return facts.assign(image_key=facts["case_id"]), thumbnails, originals


def _copy(pictures: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    copies = pictures * rng.uniform(0.7, 0.9, (len(pictures), 1, 1)) + 10 + rng.normal(0, 2, pictures.shape)
    copies[:, 40:42, 4:8] += 40
    return copies.astype(np.float32)


def search(images: int, across_patients_only: bool) -> dict[str, float]:
    """Search one cohort in this process; as in a run, thumbnails lie in a file, some of which are read at a time."""
    facts, thumbnails, originals = make_cohort(images)
    rows = np.arange(images - len(originals), images)
    alike = correlate(thumbnails, originals, rows) >= CORRELATION
    planted = [(f"{first:06}", f"{second:06}") for first, second in zip(originals[alike], rows[alike], strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "thumbnails")
        thumbnails.tofile(file)
        del thumbnails

        def read(names: Sequence[str]) -> npt.NDArray[np.uint8]:
            picked = np.empty((len(names), 48, 48), np.uint8)
            with file.open("rb") as opened:
                for place, name in enumerate(names):
                    opened.seek(48 * 48 * int(name))
                    opened.readinto(picked[place])
            return picked

        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = _peak()
        start, busy = time.perf_counter(), time.process_time()
        pairs = find_duplicates(facts, CORRELATION, across_patients_only, read)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
    found = set(zip(pairs["first"], pairs["second"], strict=True))
    return {
        "images": images,
        "seconds": round(seconds, 1),
        "processor_seconds": round(busy, 1),
        "milliseconds_per_image": round(1000 * seconds / images, 3),
        "peak_mib": _peak(),
        "before_mib": before,
        "pairs": len(pairs),
        "planted": len(planted),
        "planted_found": round(sum(pair in found for pair in planted) / max(len(planted), 1), 4),
    }


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)


def main() -> None:
    """Search cohorts of every size, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of images")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(search(*arguments.one)))
        return
    figures: dict[str, list[dict[str, float]]] = {"across_patients": [], "all_pairs": []}
    print(describe_machine())
    for kind, rows in figures.items():
        for images in arguments.sizes:
            one = json.dumps([images, kind == "across_patients"])
            done = subprocess.run([sys.executable, __file__, "--one", one], check=True, stdout=subprocess.PIPE, text=True)
            rows.append(json.loads(done.stdout))
            print(kind, rows[-1], flush=True)
    write_json(arguments.json, {"correlation": CORRELATION, **figures})


if __name__ == "__main__":
    main()
