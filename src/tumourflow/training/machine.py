"""What there is to train on."""

from __future__ import annotations

import os
import subprocess

from tumourflow.networks import choose_precision, has_gpu
from tumourflow.options.planning import Machine
from tumourflow.training.fit import count_cores

SMALL_GPU = 8 * 2**30
"""Bytes of a GPU that does not tell."""


def describe_machine() -> Machine:
    """Look at processor, memory and GPU.

    Returns:
        The machine as plans see it: memory as it was built in, so that the same machine gives the same plan whatever else it does.
    """
    gpu = has_gpu()
    return Machine(count_cores(), _gpu_memory() if gpu else _memory(), gpu, choose_precision() == "mixed_bfloat16")


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
