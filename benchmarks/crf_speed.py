"""How long the conditional random field takes for a slice, and how far it is from the sum over all pairs of pixels.

Run it with nothing else on the machine:

    OPENBLAS_NUM_THREADS=1 python benchmarks/crf_speed.py --json FILE
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import scipy
from report import describe_machine, write_json
from scipy.ndimage import gaussian_filter
from scipy.special import expit, logit

from tumourflow.prediction.crf import DEFAULT_POTENTIALS, SUREST, Potentials, refine
from tumourflow.types import Float32

REFERENCE_SIZE = 64
PASSES = 20


def draw_slice(size: int, seed: int) -> tuple[Float32, Float32]:
    """Draw a probability with unsure borders and a noisy picture that it has to do with."""
    rng = np.random.default_rng(seed)
    smooth = gaussian_filter(rng.normal(size=(size, size)), size / 20)
    probability = expit(4 * smooth / smooth.std() - 2)
    picture = np.clip(0.3 + 0.4 * probability + 0.05 * rng.normal(size=probability.shape), 0, 1)
    return probability.astype(np.float32), picture.astype(np.float32)


def sum_all_pairs(probability: Float32, picture: Float32, potentials: Potentials) -> Float32:
    """Compute the mean field pair by pair, in float64; memory grows with the fourth power of the size."""
    rows, columns = (each.ravel() for each in np.indices(picture.shape))
    apart = np.square(rows[:, None] - rows) + np.square(columns[:, None] - columns)
    alike = np.square(picture.ravel().astype(float)[:, None] - picture.ravel())
    near = apart / (potentials.distance * max(picture.shape)) ** 2
    coupling = np.zeros(apart.shape)
    pairs = ((potentials.appearance, near + alike / potentials.contrast**2), (potentials.smoothness, apart / potentials.reach**2))
    for weight, exponent in pairs:
        kernel = np.exp(-exponent / 2)
        root = np.sqrt(kernel.sum(axis=1))
        np.fill_diagonal(kernel, 0)
        coupling += weight * kernel / root / root[:, None]
    evidence = logit(np.clip(probability.ravel().astype(float), SUREST, 1 - SUREST))
    z = evidence
    for _ in range(potentials.iterations):
        z = evidence + coupling @ np.tanh(z / 2)
    return np.asarray(expit(z).reshape(picture.shape), np.float32)


def measure(size: int) -> dict[str, float]:
    """Take the processor time of one slice; of several passes the fastest and the middle one."""
    probability, picture = draw_slice(size, seed=0)
    times = []
    for _ in range(PASSES):
        start = time.process_time()
        refine(probability, picture)
        times.append(1000 * (time.process_time() - start))
    return {"fastest_ms": round(min(times), 1), "median_ms": round(float(np.median(times)), 1)}


def main() -> None:
    """Measure three sizes, and the error on a small slice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    probability, picture = draw_slice(REFERENCE_SIZE, seed=1)
    wanted = sum_all_pairs(probability, picture, DEFAULT_POTENTIALS)
    found = refine(probability, picture)
    figures = {
        "processor_time": {f"{size} x {size}": measure(size) for size in (128, 256, 512)},
        "iterations": DEFAULT_POTENTIALS.iterations,
        "largest_error": float(np.abs(found - wanted).max()),
        "largest_change": float(np.abs(wanted - probability).max()),
        "versions": {"NumPy": np.__version__, "SciPy": scipy.__version__},
    }
    print(f"{describe_machine()}\n{json.dumps(figures, indent=2)}")
    write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
