"""This project: `whole` training as `kedro run` does it, the `step` alone, the `loader` alone, or the matrix `products` of a step."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# As the package sets it, which `operations` would be too early for with its Keras.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

sys.path.append(str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd
from operations import training_operations
from protocol import open_data, serve, time_steps

from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import choose_precision
from tumourflow.options import AugmentationOptions, TrainingOptions
from tumourflow.training import train_segmenter
from tumourflow.training.assemble import build_for_training
from tumourflow.training.batches import make_batches, make_sampler
from tumourflow.training.devices import choose_devices, device_scope
from tumourflow.training.loader import Loader

LAYOUT = InputLayout(channels=3, lead_channel=1, context=0)
SLICES = 16
SIDE = 2048


def describe(masks: np.ndarray) -> pd.DataFrame:
    """Call every sixteen slices a patient; the last one validates."""
    patients = np.arange(len(masks)) // SLICES
    split = np.where(patients == patients[-1], "validation", "train")
    tumour = masks.any(axis=(1, 2))
    return pd.DataFrame({"patient": patients.astype(str), "slice": np.arange(len(masks)) % SLICES, "split": split, "tumour": tumour})


def measure_whole(folder: Path) -> Callable[[float], float]:
    """Reading, augmenting and stepping, as the curves report it: compilation and validation do not count."""
    images, masks = open_data(folder)
    index = describe(masks)

    def measure(seconds: float) -> float:
        # At full size throughout, as the others train.
        options = TrainingOptions(time_budget_minutes=seconds / 60, validations=1, coarse=0)
        trained = train_segmenter(
            images, masks, index, LAYOUT, augmentation=AugmentationOptions(), options=options, seed=0, listener=lambda _: None
        )
        return float(trained.curves["images_per_second"].iloc[-1])

    return measure


def measure_step(folder: Path) -> Callable[[float], float]:
    """The same batch again and again."""
    images, masks = open_data(folder)
    with device_scope(choose_devices("auto", 16)) as learner_of:
        learner = learner_of(build_for_training((*images.shape[1:3], LAYOUT.depth), TrainingOptions(), seed=0))
    batch = np.array(images[:16], np.float32), np.array(masks[:16, ..., None])

    def step() -> int:
        float(learner.train_on_batch(*batch))
        return 16

    return lambda seconds: time_steps(step, seconds)


def measure_loader(folder: Path) -> Callable[[float], float]:
    """Batches that nobody uses, made by one thread."""
    images, masks = open_data(folder)
    index = describe(masks)
    sampler = make_sampler(index, batch=16, tumour_share=0.5, seed=0)
    make = make_batches(images, masks, index, LAYOUT, augmentation=AugmentationOptions(), sampler=sampler)

    def measure(seconds: float) -> float:
        with Loader(make) as batches:
            return time_steps(lambda: len(next(batches).images), seconds)

    return measure


def measure_products(folder: Path) -> Callable[[float], float]:
    """How many images' convolutions there would be time for if all were square matrix products in the precision that is fast here."""
    # One product is shared by all cores, as nothing else runs beside it.
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "0", "TF_NUM_INTEROP_THREADS": "0"}
    import tensorflow as tf

    images, _ = open_data(folder)
    operations = training_operations(build_for_training((*images.shape[1:3], LAYOUT.depth), TrainingOptions(), seed=0))
    precision = choose_precision().removeprefix("mixed_")
    matrix = tf.cast(tf.random.normal((SIDE, SIDE)) / SIDE**0.5, precision)

    def multiply() -> int:
        tf.matmul(matrix, matrix).numpy()
        return 1

    return lambda seconds: time_steps(multiply, seconds) * 2 * SIDE**3 / operations


if __name__ == "__main__":
    part, folder = sys.argv[1], Path(sys.argv[2])
    parts = {"whole": measure_whole, "step": measure_step, "loader": measure_loader, "products": measure_products}
    serve(parts[part](folder))
