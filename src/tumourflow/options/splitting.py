"""Options of the splitting room."""

from pydantic import Field

from tumourflow.options.base import Options


class SplittingOptions(Options):
    """Shares held back: of patients, those who belong together counted as one; under `protocol` slice, of slices.

    Both are ignored where `split_file` decides, and under `protocol` all, where every patient trains.

    Attributes:
        validation: Share of all that chooses the checkpoint and the threshold; under `protocol` official, of those outside the tested fold.
        test: Share of all that is scored once and never trained on; ignored where `folds` or the published folds say who is tested.
    """

    validation: float = Field(default=0.15, gt=0, lt=0.5)
    test: float = Field(default=0.25, ge=0, lt=0.5)
