"""What stops a training: numbers that are none, and a budget without time for a step."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from tumourflow.errors import UserError
from tumourflow.options import TrainingOptions


def require_time(options: TrainingOptions, seconds: float) -> None:
    """Refuse a budget that the first validation would use up.

    Args:
        options: Length of the training.
        seconds: What a validation takes on this machine.

    Raises:
        UserError: Where no time is left for a step.
    """
    minutes = options.time_budget_minutes
    if options.steps is None and 60 * minutes <= seconds:
        msg = (
            f"`training.time_budget_minutes` is {minutes:g}, too short for one step: a validation alone takes {seconds:.1f} seconds "
            "here. Give it more, or set `training.steps`."
        )
        raise UserError(msg)


def has_finite_weights(model: keras.Model) -> bool:
    """Tell whether every weight is a number.

    A loss that is a number may have a gradient that is none; the next loss would tell, but by then the state would be kept.
    """
    return all(np.isfinite(weight).all() for weight in model.get_weights())


def explain_break(what: str, step: int, cases: Sequence[str], rate: float, kept_step: int | None) -> str:
    """Say where a training broke, with which images, and what to do.

    Args:
        what: What was seen.
        step: Number of the step, counted from 1.
        cases: Ids of the cases of its batch.
        rate: Learning rate of the training.
        kept_step: The last step whose state is kept, if any.

    Returns:
        One sentence, or two.

    Example:
        >>> explain_break("The loss is nan", 3, ["a", "b"], 0.1, None)
        'The loss is nan at step 3, whose batch holds the cases a, b: lower `training.learning_rate` (now 0.1), or look at these images.'
    """
    remedy = f"lower `training.learning_rate` (now {rate}), or look at these images."
    kept = f" The state after step {kept_step} is kept: `training.resume=true` goes on from it, at a lower rate too."
    return f"{what} at step {step}, whose batch holds the cases {', '.join(cases)}: {remedy}{kept if kept_step is not None else ''}"
