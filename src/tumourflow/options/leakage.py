"""Options of the two rooms that show whether, and by how much, a split leaks."""

from pydantic import Field

from tumourflow.options.base import Options


class LeakageOptions(Options):
    """How canary and premium are measured.

    Attributes:
        labelings: How many times the canary gives every patient a random label; more narrow its interval.
        images: Images that the canary looks at, at most; of a larger cohort whole patients are drawn.
        minutes: What each training of the premium may take, in place of `training.time_budget_minutes`; `training.steps` goes first.
        repeats: How many times the premium is measured, each time with other slices and another seed of the training.
        scored: Share of each test patient's slices on which the premium compares; the rest lies open to the slice protocol.
    """

    labelings: int = Field(default=100, ge=2, le=1000)
    images: int = Field(default=20_000, ge=2)
    minutes: float = Field(default=3, gt=0, le=60 * 24)
    repeats: int = Field(default=1, ge=1, le=100)
    scored: float = Field(default=0.25, gt=0, lt=1)
