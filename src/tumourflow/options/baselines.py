"""Options of the room that segments without learning."""

from pydantic import Field

from tumourflow.options.base import Options


class BaselineOptions(Options):
    """How the classical methods are tuned.

    Attributes:
        slices: Slices of training patients, and of validation patients, that parameters are chosen on, at most; of a larger cohort whole
            patients are drawn among those with tumour, one at least.
    """

    slices: int = Field(default=160, ge=1)
