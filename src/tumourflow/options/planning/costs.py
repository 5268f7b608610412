"""What training a U-Net costs: arithmetic, time and memory, estimated from its layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

CORE_SPEED = {True: 150e9, False: 64e9}
"""Operations a second of a core, with and without bfloat16: the default network on two cores of an AMD EPYC trains on 66 and 28 images
a second (benchmarks/training_speed.py)."""
MOST_CORES = 8
"""Cores beyond these are not counted on: batches are too small to keep them busy."""
GPU_SPEED = {True: 5e12, False: 1e12}
"""Assumed, not measured, and low: a fiftieth of what a large GPU computes at its best, since narrow convolutions wait for memory."""
LOADED_PIXELS = 1400 * 128**2
"""Pixels a second that one thread augments (benchmarks/training_speed.py); beside a GPU all cores but one do nothing else."""
PROCESS_BYTES = 2**29
"""What the process takes beside the step: with it the default network is expected to take 1.0 GiB in bfloat16, and takes 0.9
(benchmarks/training_memory.py)."""
MEMORY_SHARE = 0.5
"""Largest share of the memory that a training is planned to take."""


@dataclass(frozen=True)
class Machine:
    """What there is to train on.

    Attributes:
        cores: Processor cores that may be used.
        memory: Bytes of memory of what trains: the GPU where there is one, else the computer.
        gpu: Whether there is a GPU.
        bfloat16: Whether it computes fast in bfloat16.
    """

    cores: int
    memory: int
    gpu: bool
    bfloat16: bool


class Step(NamedTuple):
    """A training step of a U-Net.

    Attributes:
        size: Height and width of the images.
        width: Feature maps of the first stage.
        depth: Number of poolings.
        batch: Images a step.
    """

    size: int
    width: int
    depth: int
    batch: int


def count_operations(step: Step) -> float:
    """Count the floating-point operations of training on one image: twice the products of the forward pass, and twice that backward.

    A stage of `w` feature maps and `p` pixels has two 3x3 convolutions on the way down (from `w / 2` and `w` maps: `13.5 w^2 p`) and on the
    way up an up-convolution and two more (`2 w^2 p + 27 w^2 p`); as `w` doubles while `p` is quartered, all stages cost the same.

    Example:
        >>> count_operations(Step(size=128, width=16, depth=4, batch=16))
        4504682496.0
    """
    return 6 * step.size**2 * step.width**2 * (42.5 * step.depth + 9)


def count_weights(step: Step) -> int:
    """Count the weights of the convolutions: `48.5 w^2` a stage, `13.5 w^2` at the bottom.

    Example:
        >>> count_weights(Step(size=128, width=16, depth=4, batch=16))
        1938944
    """
    stages = sum(48.5 * 4.0**stage for stage in range(step.depth)) + 13.5 * 4.0**step.depth
    return round(step.width**2 * (stages - 4.5))


def estimate_speed(step: Step, machine: Machine) -> float:
    """Estimate how many images a second are trained on.

    Args:
        step: What is done with them.
        machine: Where.

    Returns:
        Images a second, loading included.
    """
    if not machine.gpu:
        return CORE_SPEED[machine.bfloat16] * min(machine.cores, MOST_CORES) / count_operations(step)
    loaded = LOADED_PIXELS * max(machine.cores - 1, 1) / step.size**2
    return min(GPU_SPEED[machine.bfloat16] / count_operations(step), loaded)


def estimate_memory(step: Step, machine: Machine) -> float:
    """Estimate the memory of a step.

    Backward, a stage of `w` feature maps needs 15 `w` of them: two convolutions with norm and ReLU down, the up-convolution, the skip
    beside it and two convolutions up. Maps double and pixels are quartered from stage to stage, so that all stages need less than twice
    what the first does; the gradients under way take as much again. Each weight has a gradient and two moments, all float32.

    Returns:
        Bytes.
    """
    maps = 2 * 15 * step.width * step.size**2 * step.batch * (2 if machine.bfloat16 else 4)
    return 2 * maps + 16 * count_weights(step) + (0 if machine.gpu else PROCESS_BYTES)


def fits(step: Step, machine: Machine) -> bool:
    """Tell whether the memory of the machine suffices, with room for what else goes on there."""
    return estimate_memory(step, machine) <= MEMORY_SHARE * machine.memory
