"""Options of the splitting room."""

from pydantic import Field

from tumourflow.options.base import Options


class SplittingOptions(Options):
    """Shares of patients held back; ignored where `split_file` decides, and that of `test` where `folds` does.

    Attributes:
        validation: Share of all patients that choose the checkpoint and the threshold.
        test: Share of all patients that are scored once and never trained on.
    """

    validation: float = Field(default=0.15, gt=0, lt=0.5)
    test: float = Field(default=0.25, ge=0, lt=0.5)
