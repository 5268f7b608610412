"""The learning rate and the clock, both as shares of the training."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

VALIDATION_SHARE = 0.1
"""Largest share of a time budget that validation takes."""


def learning_rate(progress: float, peak: float, warm_up: float) -> float:
    """Linear warm-up, then a cosine to zero.

    Args:
        progress: Share of the training that is over, 0..1; values outside are clipped.
        peak: Largest learning rate.
        warm_up: Share of the training spent on the warm-up, 0 <= warm_up < 1.

    Returns:
        Learning rate between 0 and `peak`.

    Reference:
        Loshchilov and Hutter 2017, doi:10.48550/arXiv.1608.03983.

    Example:
        >>> [round(learning_rate(progress, peak=1.0, warm_up=0.2), 3) for progress in (0.0, 0.1, 0.2, 0.6, 1.0)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    progress = min(max(progress, 0.0), 1.0)
    if progress < warm_up:
        return peak * progress / warm_up
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


@dataclass
class Clock:
    """Tells how much of the training is over, by steps or by time.

    Time counts from `start`, which the fit loop calls once the graphs are compiled, and includes validation; `reserved_seconds` at
    the end are kept for the last validation, so that the last step's learning rate is near zero.

    Attributes:
        minutes: Time budget.
        steps: Number of steps; where given, time plays no part and the training can be repeated exactly.
        reserved_seconds: What the last validation will take.
        now: Seconds of a monotonic clock.
    """

    minutes: float
    steps: int | None = None
    reserved_seconds: float = 0.0
    now: Callable[[], float] = time.perf_counter
    _started: float | None = field(default=None, init=False)

    def start(self, elapsed: float = 0.0) -> None:
        """Start counting the time.

        Args:
            elapsed: Seconds that an interrupted training has had already.
        """
        self._started = self.now() - elapsed

    @property
    def elapsed(self) -> float:
        """Seconds since `start`, 0 before."""
        return 0.0 if self._started is None else self.now() - self._started

    def progress(self, step: float) -> float:
        """Share of the training that is over, 0..1.

        Args:
            step: Number of steps done; half a step is the middle of the next one.

        Returns:
            `step / steps`, or elapsed time over the budget.
        """
        if self.steps is not None:
            return min(step / self.steps, 1.0)
        budget = max(60 * self.minutes - self.reserved_seconds, 1e-6)
        return min(self.elapsed / budget, 1.0)

    def validation_interval(self, validations: int) -> float:
        """Share of the training between two validations.

        Args:
            validations: How many are wanted.

        Returns:
            `1 / validations`; more within a time budget of which they would take over a tenth.
        """
        wanted = 1 / validations
        if self.steps is not None:
            return wanted
        return min(max(wanted, self.reserved_seconds / (VALIDATION_SHARE * 60 * self.minutes)), 1.0)

    def minutes_left(self, step: int) -> float:
        """Estimate the time left from the progress so far.

        Args:
            step: Number of steps done.

        Returns:
            Minutes; infinite where nothing is done yet.
        """
        if self.steps is None:
            return max(self.minutes - self.elapsed / 60, 0.0)
        done = self.progress(step)
        return self.elapsed / 60 * (1 - done) / done if done else math.inf
