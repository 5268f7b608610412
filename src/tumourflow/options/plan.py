"""A plan: the parameters that follow from a cohort and a machine, in the format of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from tumourflow.errors import UserError
from tumourflow.options.base import Options
from tumourflow.options.networks import AUTO
from tumourflow.options.preparation import PreparationOptions
from tumourflow.options.training import TrainingOptions

PLANNED = {"preparation": ("size", "normalisation", "context"), "training": ("network", "width", "depth", "batch", "precision")}
"""What a plan holds; whatever else a run needs is not the cohort's to decide."""

Plan = dict[str, dict[str, Any]]
"""`{group: {parameter: value}}`, as a file in conf/recipes is read."""
Group = TypeVar("Group", bound=Options)


class Reason(NamedTuple):
    """Why a parameter has its value.

    Attributes:
        parameter: Its dotted name.
        default: What it is where nobody says anything.
        planned: What it is now.
        because: The reason.
    """

    parameter: str
    default: Any
    planned: Any
    because: str


def default_of(options: type[Options], name: str) -> Any:
    """Tell the value of a parameter where nobody says anything."""
    return options.model_fields[name].default


def is_given(options: Options, name: str) -> bool:
    """Tell whether somebody chose the value of a parameter; `auto` leaves the choice of the network open.

    Example:
        >>> is_given(TrainingOptions(width=32), "width"), is_given(TrainingOptions(network="auto"), "network")
        (True, False)
    """
    value = getattr(options, name)
    return bool(value != default_of(type(options), name) and value != AUTO)


def take_as_given(preparation: PreparationOptions, training: TrainingOptions) -> tuple[Plan, list[Reason]]:
    """Make the plan of somebody who named a network: the parameters as they are.

    Args:
        preparation: What the network sees.
        training: Which network.

    Returns:
        The plan, and a reason for each of its parameters.
    """
    groups: dict[str, Options] = {"preparation": preparation, "training": training}
    plan = {group: {name: getattr(options, name) for name in PLANNED[group]} for group, options in groups.items()}
    reasons = [
        Reason(f"{group}.{name}", default_of(type(options), name), plan[group][name], "as given")
        for group, options in groups.items()
        for name in PLANNED[group]
    ]
    return plan, reasons


def planned_preparation(
    plan: Mapping[str, Mapping[str, Any]], preparation: PreparationOptions, training: TrainingOptions
) -> PreparationOptions:
    """Tell what the network sees.

    Args:
        plan: What was planned.
        preparation: The parameters; where somebody gave one, it stands above the plan.
        training: Whether there is anything to plan: a network with a name is taken as given, whatever an earlier run has planned.

    Returns:
        The parameters to go by.
    """
    return _follow(preparation, plan, "preparation") if training.network == AUTO else preparation


def planned_training(plan: Mapping[str, Mapping[str, Any]], training: TrainingOptions) -> TrainingOptions:
    """Tell which network is trained, and how; see `planned_preparation`."""
    return _follow(training, plan, "training") if training.network == AUTO else training


def _follow(options: Group, plan: Mapping[str, Mapping[str, Any]], name: str) -> Group:
    # Somebody may have edited the file.
    planned = plan.get(name) if isinstance(plan, Mapping) else None
    if not isinstance(planned, Mapping):
        lack = f"it has no group `{name}`"
        raise _refuse(lack)
    known = type(options).model_fields
    free = {key: value for key, value in planned.items() if key not in known or not is_given(options, key)}
    try:
        return type(options).model_validate(options.model_dump() | free)
    except ValidationError as error:
        wrong = (f"`{'.'.join(map(str, detail['loc']))}` is {detail['input']!r} ({detail['msg']})" for detail in error.errors())
        raise _refuse("; ".join(wrong)) from None


def _refuse(wrong: str) -> UserError:
    msg = f"The plan at hand (plan.yml) cannot be followed: {wrong}. Mend it, or plan anew: kedro run --pipeline=segmentation."
    return UserError(msg)
