"""How large the images and the network are."""

from __future__ import annotations

from collections.abc import Set

from tumourflow.options.planning.budget import PASSES, Budget
from tumourflow.options.planning.costs import Machine, Step, fits

LADDER = ((32, 3), (48, 3), (64, 4), (96, 4), (128, 4), (160, 4), (192, 5), (256, 5))
"""Sizes, and depths that halve them down to 4 to 10 pixels; half of each suits its network too, so that training may begin coarse
and prediction may enlarge by half."""
SMALL_TUMOUR = 12
"""Pixels: a border that is half a pixel too far in costs a disc of this diameter 9 % of its Dice, 2 * 11^2 / (11^2 + 12^2)."""
SMALLEST_BATCH, NARROWEST = 4, 4
"""What memory may bring batch and width down to."""

Decision = tuple[int, str]
"""A value and the reason for it."""


def choose_step(budget: Budget, given: Set[str]) -> dict[str, Decision]:
    """Choose size, width, depth and batch; where nothing speaks for a change, they stay.

    Args:
        budget: What the training may take.
        given: Names of those that are not to be changed.

    Returns:
        Value and reason of each.
    """
    ladder = list_steps(budget.start, given)
    sized, because = choose_size(budget, ladder)
    chosen = fit_to_memory(sized, ladder, given, budget.machine)
    memory = f"{budget.machine.memory / 2**30:.1f} GiB of memory allow no more"
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


def choose_size(budget: Budget, ladder: list[Step]) -> tuple[Step, str]:
    """Choose the size of the images, and the depth that goes with it.

    Args:
        budget: What the training may take.
        ladder: What there is to choose from.

    Returns:
        A smaller size where that still shows all that the images do; a larger one where tumours would be too small and there is time for
        it, never beyond what the images have; and the reason. Time alone is no reason, for the width neither: with an hour or more of it,
        a larger size did figshare no good, and twice the width did LGG none.
    """
    start, cohort = budget.start, budget.cohort
    enough = [step for step in ladder if cohort.widest_view <= step.size < start.size]
    if enough:
        return enough[0], f"nine images in ten show no more than {cohort.widest_view:.0f} pixels a side"
    finer = [step for step in ladder if start.size < step.size <= cohort.view]
    if not finer:
        return start, f"half of the images show no more than {cohort.view:.0f} pixels a side"
    if cohort.tumour is None:
        return start, "nothing is known of the tumours"
    if cohort.tumour * start.size >= SMALL_TUMOUR:
        return start, f"the median tumour is {cohort.tumour * start.size:.1f} pixels wide at {start.size}, {SMALL_TUMOUR} are enough"
    return _enlarge_for_tumours(budget, finer, cohort.tumour)


def _enlarge_for_tumours(budget: Budget, finer: list[Step], tumour: float) -> tuple[Step, str]:
    paid = [step for step in finer if budget.pays_for(step, PASSES)]
    chosen = next((step for step in paid if tumour * step.size >= SMALL_TUMOUR), paid[-1] if paid else budget.start)
    told = f"the median tumour is {tumour * budget.start.size:.1f} pixels wide at {budget.start.size}, {SMALL_TUMOUR} are wanted"
    return chosen, f"{told}; {_explain(budget, chosen if paid else finer[0])}"


def _explain(budget: Budget, step: Step) -> str:
    if not fits(step, budget.machine):
        return f"{step.size} does not fit into memory"
    return f"{step.size} leaves {budget.passes(step):.0f} passes over {budget.slices} slices, {PASSES} are wanted for it"


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
