"""What there is to train on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from tumourflow.networks import choose_precision, count_lanes, has_gpu
from tumourflow.options import TrainingOptions
from tumourflow.options.planning import Machine
from tumourflow.startup import count_cores

SMALL_GPU = 8 * 2**30
"""Bytes of a GPU that does not tell."""


def describe_machine() -> Machine:
    """Look at memory, GPU and what is computed fast.

    Returns:
        The machine as plans see it: memory as it was built in, so that the same machine gives the same plan whatever else it does.
    """
    gpu = has_gpu()
    return Machine(_gpu_memory() if gpu else _memory(), gpu, choose_precision() == "mixed_bfloat16")


def loader_threads() -> int:
    """Choose how many threads make batches.

    Returns:
        1 where the processor itself trains, as more would only take its time; beside a GPU all cores but one.
    """
    return max(1, count_cores() - 1) if has_gpu() else 1


def describe_arithmetic(options: TrainingOptions, devices: Sequence[str]) -> dict[str, Any]:
    """Tell what decides about the last digits of a training here: `precision, backend, devices, lanes` (see `Trained`)."""
    return {
        "precision": choose_precision(options.precision),
        "backend": keras.backend.backend(),
        "devices": len(devices),
        "lanes": count_lanes(options.batch) if len(devices) == 1 else 1,
    }


def doubt_repetition(options: TrainingOptions, devices: Sequence[str], stretches: Sequence[Mapping[str, Any]] = ()) -> str:
    """Say why the same seed would not give the same weights once more on this machine; empty where it would.

    Args:
        options: How long the training is.
        devices: Where it runs.
        stretches: What it was trained by, more than one where it was resumed by something else.

    Example:
        >>> doubt_repetition(TrainingOptions(steps=9), ["cpu:0"]), doubt_repetition(TrainingOptions(), ["cpu:0"])
        ('', 'its length is set in minutes, not in `training.steps`')
    """
    if has_gpu() or len(devices) > 1:
        return "a GPU, or several devices, may add numbers in another order"
    changed = sorted({name for stretch in stretches for name, value in stretch.items() if value != stretches[0].get(name)})
    if changed:
        return f"it was resumed with another {', '.join(changed)} than it began with"
    return "" if options.steps else "its length is set in minutes, not in `training.steps`"


def describe_place(options: TrainingOptions, devices: list[str]) -> tuple[str, str]:
    """Tell precision and place of a training, in words."""
    place = "a GPU" if has_gpu() else f"{count_cores()} processor cores (no GPU)"
    if len(devices) > 1:
        place = f"{len(devices)} devices ({', '.join(devices)})"
    return choose_precision(options.precision).removeprefix("mixed_"), place


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _gpu_memory() -> int:
    # Neither backend tells the size of a GPU in a way that both share.
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        return min(int(line) for line in told.split()) * 2**20
    except (OSError, subprocess.CalledProcessError, ValueError):
        return SMALL_GPU
