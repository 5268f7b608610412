"""How many images a second a GPU trains on, and what share of its peak that is: U-Net 32 on 256 x 256 slices in bfloat16.

It needs nothing but Keras, JAX and NumPy beside a checkout of this project, whose network, loss, optimiser, step and loader it takes
from their files:

    pip install keras "jax[cuda12]" numpy
    python benchmarks/gpu_speed.py --json FILE

- `whole`: batches of noisy slices, drawn, mirrored and scaled by threads and copied to the device ahead, one step on each;
- `step`: the same steps on one batch that lies on the device;
- `loader`: the same batches with no step behind them;
- the loader's cost: what a step of `whole` takes longer than one of `step`, as a share of the latter;
- operations: those of the convolutions, two a product, once forwards, once for the kernel and once for the image (not for the first
  layer's); XLA's own count of the whole step, made before it chooses kernels, stands beside;
- peak: the best of several chains of square bfloat16 matrix products on the same device, and what the maker states for dense ones.

On a processor it runs too, for a trial: `--width 4 --size 32 --batch 2 --seconds 1`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import keras
import lean  # noqa: F401  # before anything of the project
import numpy as np
from operations import training_operations
from report import describe_machine, write_json

from tumourflow.networks.precision import precision_scope
from tumourflow.networks.unet import build_unet
from tumourflow.training.loader import Loader
from tumourflow.training.losses import LOSSES
from tumourflow.training.optimiser import PartedAdamW
from tumourflow.training.queued import AHEAD, QueuedLearner, send_ahead

CHANNELS = 3
SLICES = 64

NOMINAL = {"H200": 989.0, "H100 PCIe": 756.0, "H100": 989.0, "A100": 312.0}
"""TFLOP/s of dense bfloat16 matrix products that NVIDIA states, by what the device's name holds; the first that fits."""


class Batch(NamedTuple):
    """Images `(batch, size, size, 3)`, float32, and masks `(batch, size, size, 1)`, uint8."""

    images: Any
    masks: Any


def build(width: int, size: int) -> keras.Model:
    """Build the project's network and compile it as the project trains it."""
    with precision_scope("mixed_bfloat16"):
        model = build_unet((size, size, CHANNELS), width=width)
    model.compile(PartedAdamW(2e-3, 1e-4), loss=LOSSES["dice_cross_entropy"], jit_compile=True)
    return model


def slices_of(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Make noisy slices, of which every other one has a bright disc."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:size, :size]
    centres = rng.uniform(0.3, 0.7, size=(SLICES, 2, 1, 1)) * size
    masks = (np.hypot(rows - centres[:, 0], columns - centres[:, 1]) < size / 12) & (np.arange(SLICES) % 2 == 1)[:, None, None]
    images = rng.standard_normal((SLICES, size, size, CHANNELS), dtype=np.float32) + 2 * masks[..., None]
    return images, masks[..., None].astype(np.uint8)


def batch_maker(images: np.ndarray, masks: np.ndarray, batch: int) -> Callable[[int], Batch]:
    """Function from a number to its batch: slices drawn, mirrored and scaled at random."""

    def make(number: int) -> Batch:
        rng = np.random.default_rng([0, number])
        rows, (down, across) = rng.integers(len(images), size=batch), rng.choice([1, -1], size=2)
        gain = rng.uniform(0.8, 1.2, size=(batch, 1, 1, 1)).astype(np.float32)
        return Batch(images[rows, ::down, ::across] * gain, np.ascontiguousarray(masks[rows, ::down, ::across]))

    return make


def operations_by_xla(model: keras.Model, batch: Batch) -> float:
    """Floating-point operations of one image in training as XLA counts them, everything included."""
    state = ([variable.value for variable in model.trainable_variables], [variable.value for variable in model.non_trainable_variables])
    state += ([variable.value for variable in model.optimizer.variables], [variable.value for variable in model.metrics_variables])
    counts = jax.jit(model.train_step).lower(state, tuple(batch)).cost_analysis()
    return float(counts["flops"]) / len(batch.images)


def time_steps(step: Callable[[], Any], seconds: float, warm_up: int = 3) -> float:
    """Repeat a step, looking at its result every so often as the training does; steps a second."""
    for _ in range(warm_up):
        jax.block_until_ready(step())
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        results = [step() for _ in range(AHEAD)]
        jax.block_until_ready(results)
        done += AHEAD
    return done / (time.perf_counter() - started)


def measure_products(side: int, seconds: float) -> float:
    """TFLOP/s of square bfloat16 matrix products, each of the result of the last; the best of several chains."""
    length = 16
    matrix = jnp.asarray(np.random.default_rng(0).normal(size=(side, side)) / side**0.5, jnp.bfloat16)
    chain = jax.jit(lambda x: jax.lax.fori_loop(0, length, lambda _, y: y @ matrix, x))
    chain(matrix).block_until_ready()
    times, started = [], time.perf_counter()
    while not times or time.perf_counter() - started < seconds:
        before = time.perf_counter()
        chain(matrix).block_until_ready()
        times.append(time.perf_counter() - before)
    return 2 * side**3 * length / min(times) / 1e12


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Time the step, the whole and the loader, and set them in proportion."""
    device = jax.devices()[0]
    cores = len(os.sched_getaffinity(0))
    make = batch_maker(*slices_of(arguments.size), arguments.batch)
    model = build(arguments.width, arguments.size)
    learner = QueuedLearner(model)
    still = Batch(*(keras.ops.convert_to_tensor(part) for part in make(0)))
    step = time_steps(lambda: learner.train_on_batch(*still), arguments.seconds)
    with Loader(make, threads=max(1, cores - 1)) as batches, send_ahead(batches) as ready:
        whole = time_steps(lambda: learner.train_on_batch(*next(ready)), arguments.seconds)
        loader = time_steps(lambda: next(ready).images, arguments.seconds)
    products = measure_products(8192 if device.platform == "gpu" else 512, arguments.seconds / 4)
    nominal = next((value for name, value in NOMINAL.items() if name in device.device_kind), None)
    operations = training_operations(model)
    reached = operations * step * arguments.batch / 1e12
    return {
        "device": {"kind": device.device_kind, "platform": device.platform, "jax": jax.__version__, "keras": keras.__version__},
        "network": {"width": arguments.width, "size": arguments.size, "batch": arguments.batch, "parameters": model.count_params()},
        "images_per_second": {name: speed * arguments.batch for name, speed in {"whole": whole, "step": step, "loader": loader}.items()},
        "loader_cost": step / whole - 1,
        "gflop_per_image": {"convolutions": operations / 1e9, "xla": operations_by_xla(model, still) / 1e9},
        "tflops": {"step": reached, "whole": reached * whole / step, "products": products, "nominal": nominal},
        "share_of_products": {"step": reached / products, "whole": reached * whole / step / products},
        "share_of_nominal": {"step": reached / nominal, "whole": reached * whole / step / nominal} if nominal else None,
    }


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=32, help="feature maps of the U-Net's first stage")
    parser.add_argument("--size", type=int, default=256, help="height and width of a slice, a multiple of 16")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20, help="how long each part is timed")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    print(describe_machine(), flush=True)
    if keras.backend.backend() != "jax":
        parser.error(f"KERAS_BACKEND is {keras.backend.backend()}, but this script measures JAX.")
    if jax.devices()[0].platform == "cpu":
        print("There is no GPU here: these figures are a trial's.", flush=True)
    figures = measure(arguments)
    print(json.dumps(figures, indent=2))
    write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
