"""How the benchmark speaks with a contender: a line of seconds in, a line of images a second out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np


def serve(measure: Callable[[float], float]) -> None:
    """Train for as many seconds as each line of standard input says and answer with the speed; idle in between."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print must not be taken for an answer
    for line in sys.stdin:
        answers.write(json.dumps(measure(float(line))) + "\n")


def time_steps(step: Callable[[], int], seconds: float) -> float:
    """Repeat `step`, which returns its number of images, for some seconds; images a second."""
    images, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        images += step()
    return images / (time.perf_counter() - started)


def time_passes(predict: Callable[[], Iterator[np.ndarray]], seconds: float) -> float:
    """Predict the cohort again and again for some seconds; images a second."""

    def batches() -> Iterator[np.ndarray]:
        while True:
            yield from predict()

    feed = batches()
    return time_steps(lambda: len(next(feed)), seconds)


def open_data(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Map the images `(n, size, size, 3)`, float16, and masks `(n, size, size)`, uint8, that all contenders read."""
    return np.load(folder / "images.npy", mmap_mode="r"), np.load(folder / "masks.npy", mmap_mode="r")


def deal(count: int, seed: int = 0) -> Iterator[int]:
    """Shuffled positions below `count`, endlessly."""
    rng = np.random.default_rng(seed)
    while True:
        yield from rng.permutation(count).tolist()
