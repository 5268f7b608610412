"""What memory training a U-Net takes, estimated from its layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

PROCESS_BYTES = 2**29
"""What the process takes beside the step: with it the default network is expected to take 1.0 GiB in bfloat16, and takes 0.9
(benchmarks/training_memory.py)."""
MEMORY_SHARE = 0.5
"""Largest share of the memory that a training is planned to take."""


@dataclass(frozen=True)
class Machine:
    """What there is to train on.

    Attributes:
        memory: Bytes of memory of what trains: the GPU where there is one, else the computer.
        gpu: Whether there is a GPU.
        bfloat16: Whether it computes fast in bfloat16.
    """

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


def count_weights(step: Step) -> int:
    """Count the weights of the convolutions: `48.5 w^2` a stage, `13.5 w^2` at the bottom.

    Example:
        >>> count_weights(Step(size=128, width=16, depth=4, batch=16))
        1938944
    """
    stages = sum(48.5 * 4.0**stage for stage in range(step.depth)) + 13.5 * 4.0**step.depth
    return round(step.width**2 * (stages - 4.5))


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
