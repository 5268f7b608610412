"""How large the images and the network are."""

from __future__ import annotations

from collections.abc import Set

from tumourflow.options.planning.cohort import Cohort
from tumourflow.options.planning.costs import Machine, Step, fits

LADDER = ((32, 3), (48, 3), (64, 4), (96, 4), (128, 4), (160, 4), (192, 5), (256, 5))
"""Sizes, and depths that halve them down to 4 to 10 pixels; half of each suits its network too, so that training may begin coarse
and prediction may enlarge by half."""
SMALLEST_BATCH, NARROWEST = 4, 4
"""What memory may bring batch and width down to."""

Decision = tuple[int, str]
"""A value and the reason for it."""


def choose_step(start: Step, cohort: Cohort, machine: Machine, given: Set[str]) -> dict[str, Decision]:
    """Choose size, width, depth and batch; where nothing speaks for a change, they stay.

    Args:
        start: What there is where nothing is changed.
        cohort: What is trained on.
        machine: Where.
        given: Names of those that are not to be changed.

    Returns:
        Value and reason of each.
    """
    ladder = list_steps(start, given)
    sized, because = choose_size(start, cohort, ladder)
    chosen = fit_to_memory(sized, ladder, given, machine)
    memory = f"{machine.memory / 2**30:.1f} GiB of memory allow no more"
    return {
        "size": (chosen.size, because if chosen.size == sized.size else memory),
        "depth": (chosen.depth, f"goes with a size of {chosen.size}"),
        "width": (chosen.width, "the default fits into memory" if chosen.width == sized.width else memory),
        "batch": (chosen.batch, "the default fits into memory" if chosen.batch == sized.batch else memory),
    }


def list_steps(start: Step, given: Set[str]) -> list[Step]:
    """List the sizes to choose from, each with its depth.

    Args:
        start: What there is where nothing is changed.
        given: Names of what is not to be changed.

    Returns:
        Steps whose size the network can see, whole, halved (a training may begin so) and enlarged by half (`prediction.multi_scale`), the
        smallest first; the start is among them.

    Example:
        >>> [step[:3] for step in list_steps(Step(128, 16, 6, 16), {"depth"})]
        [(128, 16, 6), (256, 16, 6)]
    """
    if "size" in given:
        return [start]
    steps = [start._replace(size=size, depth=start.depth if "depth" in given else depth) for size, depth in LADDER]
    return sorted({start, *(step for step in steps if step.size % 2 ** (step.depth + 1) == 0 and step.size != start.size)})


def choose_size(start: Step, cohort: Cohort, ladder: list[Step]) -> tuple[Step, str]:
    """Choose the size of the images, and the depth that goes with it.

    Args:
        start: What there is where nothing is changed.
        cohort: What is trained on.
        ladder: What there is to choose from.

    Returns:
        A smaller size where that still shows all that the images do, and the reason. Neither time to spare nor small tumours are a reason
        for a larger one, or for a wider network: at equal time none of these did a cohort any good.
    """
    enough = [step for step in ladder if cohort.widest_view <= step.size < start.size]
    if enough:
        return enough[0], f"nine images in ten show no more than {cohort.widest_view:.0f} pixels a side"
    tumour = "nothing is known of the tumours" if cohort.tumour is None else f"the median tumour is {cohort.tumour * start.size:.1f} wide"
    return start, f"images show {cohort.view:.0f} pixels a side; at {start.size} {tumour}"


def fit_to_memory(step: Step, ladder: list[Step], given: Set[str], machine: Machine) -> Step:
    """Take smaller batches, then smaller images, then a narrower network, until the memory suffices or nothing is left to change.

    Args:
        step: What is wanted.
        ladder: What there is to choose from.
        given: Names of what is not to be changed.
        machine: Whose memory.

    Returns:
        The step.
    """
    while not fits(step, machine):
        smaller = [rung for rung in ladder if rung.size < step.size]
        if step.batch > SMALLEST_BATCH and "batch" not in given:
            step = step._replace(batch=max(step.batch // 2, SMALLEST_BATCH))
        elif smaller:
            step = step._replace(size=smaller[-1].size, depth=smaller[-1].depth)
        elif step.width > NARROWEST and "width" not in given:
            step = step._replace(width=max(step.width // 2, NARROWEST))
        else:
            break
    return step
