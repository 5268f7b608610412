"""How many cases a second the radiomics room measures: 512 x 512, each on its mask, through the mapping over Dask.

Run it with nothing else on the machine:

    OPENBLAS_NUM_THREADS=1 python benchmarks/radiomics_speed.py --json FILE
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import skimage
from report import describe_machine, write_json

from tumourflow.imaging.crop import find_contour
from tumourflow.imaging.parallel import map_parallel
from tumourflow.radiomics.extract import extract_features
from tumourflow.radiomics.first_order import measure_first_order
from tumourflow.radiomics.fractal import measure_fractal
from tumourflow.radiomics.glcm import count_neighbours, measure_glcm
from tumourflow.radiomics.lbp import measure_lbp
from tumourflow.radiomics.margin import measure_margin
from tumourflow.radiomics.place import measure_place
from tumourflow.radiomics.region import cut_region
from tumourflow.radiomics.ring import measure_ring
from tumourflow.radiomics.run_lengths import count_runs, measure_run_lengths
from tumourflow.radiomics.shape import measure_shape

SIDE = 512
HEADS = 16
"""Different images; each is measured again and again."""

Case = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]


def draw_case(seed: int) -> Case:
    """Draw a head with texture and, in it, a tumour as large as those of figshare: 20 to 120 pixels across."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((SIDE, SIDE)) - SIDE / 2
    head = (rows / 220) ** 2 + (columns / 180) ** 2 < 1
    noise = cv2.GaussianBlur(rng.normal(size=(SIDE, SIDE)), (0, 0), 3) * 120 + rng.normal(size=(SIDE, SIDE)) * 8
    row, column, radius = rng.uniform(-90, 90), rng.uniform(-70, 70), rng.uniform(10, 60)
    edge = radius * (1 + 0.15 * np.sin(5 * np.arctan2(rows - row, columns - column)))
    mask = np.hypot(rows - row, columns - column) < edge
    return np.clip(head * (90 + 60 * mask + noise), 0, 255).astype(np.uint8), mask


def measure_speed(cases: list[Case], number: int, scheduler: str) -> float:
    """Measure cases a second, the first few not counted: pools of processes take seconds to start."""
    inputs = [cases[place % len(cases)] for place in range(number + HEADS)]
    results = map_parallel(_extract, inputs, scheduler)
    for _ in range(HEADS):
        next(results)
    start = time.perf_counter()
    done = sum(1 for _ in results)
    return round(done / (time.perf_counter() - start), 1)


def measure_processor_time(cases: list[Case]) -> float:
    """Measure the processor time of a case in milliseconds, the mean of a second pass over the cases."""
    for case in cases:
        _extract(case)
    start = time.process_time()
    for case in cases:
        _extract(case)
    return round(1000 * (time.process_time() - start) / len(cases), 1)


def measure_families(cases: list[Case]) -> dict[str, float]:
    """Measure the processor time of each family in milliseconds, mean over the cases, with what it is the first to need."""
    times: dict[str, float] = {}
    for plane, mask in cases:
        if mask is None:
            continue
        body = _timed(times, "body", partial(find_contour, plane, 12.0))
        region = _timed(times, "cut and scale", lambda plane=plane, mask=mask, body=body: cut_region(plane / np.float32(90), mask, body))
        _timed(times, "shape", lambda region=region: measure_shape(region.mask))
        _timed(times, "fractal", lambda region=region: measure_fractal(region.mask))
        _timed(times, "place", partial(measure_place, mask, body))
        _timed(times, "intensity", lambda region=region: measure_first_order(region.values))
        _timed(times, "glcm", lambda region=region: measure_glcm(count_neighbours(region.levels).sum(axis=2)))
        _timed(times, "glrlm", lambda region=region: measure_run_lengths(count_runs(region.levels)))
        _timed(times, "lbp", lambda region=region: measure_lbp(region.image, region.mask))
        _timed(times, "margin", partial(measure_margin, region))
        _timed(times, "ring", partial(measure_ring, region))
    return {name: round(1000 * total / len(cases), 2) for name, total in times.items()}


def main() -> None:
    """Measure the speed under each local scheduler, of whole images, and of each family."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=400, help="cases of each measurement (default 400)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    cases = [draw_case(seed) for seed in range(HEADS)]
    whole = [(plane, None) for plane, _ in cases]
    figures = {
        "processor_ms_per_case": measure_processor_time(cases),
        "cases_per_second": {name: measure_speed(cases, arguments.cases, name) for name in ("threads", "processes", "synchronous")},
        "whole_images_per_second": {"threads": measure_speed(whole, arguments.cases // 4, "threads")},
        "processor_ms_per_family": measure_families(cases),
        "load_of_the_machine": round(os.getloadavg()[0], 1),
        "versions": {"NumPy": np.__version__, "OpenCV": cv2.__version__, "scikit-image": skimage.__version__},
    }
    print(f"{describe_machine()}\n{json.dumps(figures, indent=2)}")
    write_json(arguments.json, figures)


def _extract(case: Case) -> int:
    return len(extract_features(*case))


def _timed(times: dict[str, float], name: str, call: Callable[[], Any]) -> Any:
    start = time.process_time()
    found = call()
    times[name] = times.get(name, 0.0) + time.process_time() - start
    return found


if __name__ == "__main__":
    main()
