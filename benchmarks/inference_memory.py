"""Memory of an inference while it goes through more and more images, with a network of one layer.

Run it as `python benchmarks/inference_memory.py --images 10000`; on two cores that takes some five minutes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
from PIL import Image
from report import describe_machine, write_json

from tumourflow.cohorts.shown import DEFAULT_WINDOW
from tumourflow.datasets import ResultStore
from tumourflow.imaging.preparation import Preparation
from tumourflow.inference.gather import gather_volumes
from tumourflow.inference.inspect import Inspector
from tumourflow.inference.models import Chosen, ModelAtHand
from tumourflow.inference.place import open_input
from tumourflow.inference.results import inspect_new, name_volumes, take_fingerprints
from tumourflow.prediction.postprocessing import PostProcessing

STOPS = 8
PAGE = 4096


def make_model() -> ModelAtHand:
    """Make a segmenter of one layer."""
    inputs = keras.Input((32, 32, 5))
    network = keras.Model(inputs, keras.layers.Conv2D(1, 1, name="logits")(inputs))
    preparation = Preparation(32, "none", "zscore", context=1, lead_channel=1, channels=3).to_dict()
    bundle = {"preparation": preparation, "postprocessing": PostProcessing().to_dict(), "mirrors": True}
    return ModelAtHand("tiny-segmentation v1", "segmentation", "brain-flair3", bundle, lambda: network)


def write_images(folder: Path, number: int) -> None:
    """Write the same picture under many names."""
    pixels = np.random.default_rng(0).integers(60, 200, (128, 128, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "0.png")
    data = (folder / "0.png").read_bytes()
    for name in range(1, number):
        (folder / f"{name}.png").write_bytes(data)


def measure_memory() -> int:
    """Tell how many megabytes of this process are in memory."""
    return round(int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6)


def main() -> None:
    """Inspect images, then look at them again."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--images", type=int, default=10_000, help="how many images of 128 x 128 pixels")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    print(describe_machine())
    chosen = Chosen(None, {("segmentation", "brain-flair3"): make_model()})
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "images"
        folder.mkdir()
        write_images(folder, arguments.images)
        volumes = name_volumes(gather_volumes(open_input(str(folder))))
        fingerprints, results = take_fingerprints(volumes, ""), ResultStore(Path(home) / "results.sqlite")
        figures: dict[str, float] = {}
        for done, _ in enumerate(
            inspect_new(volumes, fingerprints, results, Inspector(chosen, "brain").inspect, "threads", DEFAULT_WINDOW), start=1
        ):
            if done % (arguments.images // STOPS) == 0:
                figures[f"mb_after_{done}"] = measure_memory()
                print(f"{done:>6} images, {figures[f'mb_after_{done}']} MB", flush=True)
        start = time.perf_counter()
        again = sum(1 for _ in inspect_new(volumes, fingerprints, results, lambda _: [], "threads", DEFAULT_WINDOW))
        figures["seconds_again"] = round(time.perf_counter() - start, 1)
        print(f"again: {again} images in {figures['seconds_again']} s")
    if arguments.json:
        write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
