"""The rules of `training.network: auto`."""

from __future__ import annotations

from typing import Any

from tumourflow.options.networks import AUTO
from tumourflow.options.plan import PLANNED, Plan, Reason, default_of, is_given
from tumourflow.options.planning.cohort import Cohort
from tumourflow.options.planning.costs import Machine, Step
from tumourflow.options.planning.sizes import choose_step
from tumourflow.options.preparation import PreparationOptions
from tumourflow.options.training import TrainingOptions


def make_plan(
    cohort: Cohort, machine: Machine, precision: str, preparation: PreparationOptions, training: TrainingOptions
) -> tuple[Plan, list[Reason]]:
    """Plan what the network sees, and which network is trained; where nothing speaks for a change, the defaults stay.

    Args:
        cohort: The training patients.
        machine: What there is to train on.
        precision: That the machine computes fast, `float32` or `bfloat16`.
        preparation: Parameters; one that differs from its default was given by somebody, and stays.
        training: The same.

    Returns:
        The plan, and a reason for each of its parameters.
    """
    groups: dict[str, PreparationOptions | TrainingOptions] = {"preparation": preparation, "training": training}
    names = {name: (group, options) for group, options in groups.items() for name in PLANNED[group]}
    given = {name: getattr(options, name) for name, (_, options) in names.items() if is_given(options, name)}
    start = Step(preparation.size, training.width, training.depth, training.batch)
    decided: dict[str, tuple[Any, str]] = {
        "network": ("unet", "the default"),
        "context": choose_context(cohort),
        "normalisation": (default_of(PreparationOptions, "normalisation"), _tell_clipped(cohort)),
        "precision": (precision, "what this machine computes fast"),
        **choose_step(start, cohort, machine, given.keys()),
        **{name: (value, "given") for name, value in given.items()},
    }
    plan = {group: {name: decided[name][0] for name in PLANNED[group]} for group in groups}
    reasons = []
    for name, (group, options) in names.items():
        default, (planned, because) = default_of(type(options), name), decided[name]
        told = because if name in given else because + _qualify(default, planned)
        reasons.append(Reason(f"{group}.{name}", default, planned, told))
    return plan, reasons


def _qualify(default: Any, planned: Any) -> str:
    # Whoever gave the default itself, on the command line or in conf/, would else look in vain for the reason.
    return "" if default in (planned, AUTO) else f"; {default} is the default, and counts as not given whoever gave it"


def choose_context(cohort: Cohort) -> tuple[int, str]:
    """Choose how many neighbouring slices are seen on each side: none where slices have no order."""
    if not cohort.ordered:
        return 0, "slices have no order"
    return default_of(PreparationOptions, "context"), "slices have an order"


def _tell_clipped(cohort: Cohort) -> str:
    shares = {name: f"{share:.1%}" for name, share in cohort.clipped.items()}
    return "the default; of the tumours' pixels " + ", ".join(f"`{name}` clips {share}" for name, share in shares.items())
