"""How many images a second one thread augments with the default policy.

Run it with nothing else on the machine:

    python benchmarks/augmentation_speed.py --json FILE
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from report import describe_machine, write_json

from tumourflow.imaging.augmentation import augment
from tumourflow.imaging.layout import InputLayout
from tumourflow.options import AugmentationOptions

GEOMETRY_ONLY = {"brightness": 0, "contrast": 0, "gamma": 0, "blur": 0, "noise": 0, "missing_sequence": 0}


def measure(work: Callable[[], object], seconds: float) -> float:
    """Count how often a second `work` is done, best of five stretches, so that other programs disturb it little."""
    work()
    best = 0.0
    for _ in range(5):
        done, start = 0, time.perf_counter()
        while (passed := time.perf_counter() - start) < seconds / 5:
            work()
            done += 1
        best = max(best, done / passed)
    return best


def main() -> None:
    """Measure the default policy, its geometry alone and always-elastic geometry."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", type=int, default=128, help="height and width of an image in pixels")
    parser.add_argument("--seconds", type=float, default=5, help="duration of each measurement")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()

    cv2.setNumThreads(1)
    layout = InputLayout(channels=3, lead_channel=1, context=1)
    rng = np.random.default_rng(0)
    image = rng.normal(size=(arguments.size, arguments.size, layout.depth)).astype(np.float32)
    mask = (image[:, :, 0] > 1).astype(np.uint8)
    policies = {
        "default": AugmentationOptions(),
        "geometry": AugmentationOptions(**GEOMETRY_ONLY),
        "always_elastic": AugmentationOptions(elastic_share=1),
    }
    works = {name: partial(augment, image, mask, policy, layout, rng) for name, policy in policies.items()}
    speeds = {name: round(measure(work, arguments.seconds)) for name, work in works.items()}
    figures = {"shape": list(image.shape), "threads": 1, "images_per_second": speeds}
    figures |= {"versions": {"OpenCV": cv2.__version__, "NumPy": np.__version__}}
    print(f"{describe_machine()}\n{json.dumps(figures, indent=2)}")
    write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
