"""What stops a training: numbers that are none, and a budget without time for a step."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from tumourflow.errors import UserError
from tumourflow.options import TrainingOptions


def require_time(options: TrainingOptions, validation: float, step: float) -> None:
    """Refuse a budget that the first step and its validation would use up.

    Args:
        options: Length of the training.
        validation: Seconds that one takes on this machine.
        step: The same of a step.

    Raises:
        UserError: Where no time is left for a step.
    """
    minutes = options.time_budget_minutes
    if options.steps is None and 60 * minutes <= validation + step:
        msg = (
            f"`training.time_budget_minutes` is {minutes:g}, too short for one step: it takes {step:.2g} seconds here, and its validation "
            f"{validation:.2g}. Give it more, or set `training.steps`."
        )
        raise UserError(msg)


def has_finite_weights(model: keras.Model) -> bool:
    """Tell whether every weight is a number.

    A loss that is a number may have a gradient that is none; the next loss would tell, but by then the state would be kept.
    """
    return all(np.isfinite(weight).all() for weight in model.get_weights())


def explain_break(what: str, step: int, cases: Sequence[str], rate: float, kept_step: int | None, before: Sequence[str] = ()) -> str:
    """Say where a training broke, with which images, and what to do.

    Args:
        what: What was seen.
        step: Number of the step, counted from 1.
        cases: Ids of the cases of its batch.
        rate: Learning rate of the training.
        kept_step: The last step whose state is kept, if any.
        before: Ids of the cases of the batch before, where it may be that which left weights that are no numbers.

    Returns:
        One sentence, or two.

    Example:
        >>> explain_break("The loss is nan", 3, ["a", "b"], 0.1, None)
        'The loss is nan at step 3, whose batch holds the cases a, b: lower `training.learning_rate` (now 0.1), or look at these images.'
    """
    remedy = f"lower `training.learning_rate` (now {rate}), or look at these images."
    kept = f" The state after step {kept_step} is kept: `training.resume=true` goes on from it, at a lower rate too."
    earlier = f", after step {step - 1}, whose batch holds {', '.join(before)}" if before else ""
    where = f"at step {step}, whose batch holds the cases {', '.join(cases)}{earlier}"
    return f"{what} {where}: {remedy}{kept if kept_step is not None else ''}"
