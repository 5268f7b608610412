"""Options of the radiomics room."""

from pydantic import Field

from tumourflow.options.base import Options


class RadiomicsOptions(Options):
    """How types are told from segmented tumours.

    Attributes:
        folds: Outer folds of the nested cross-validation that judges the classifiers; each class needs as many groups of patients.
        mask_folds: Networks that predict the masks, each for the patients it never saw. Where a cross-validation with the same parameters
            (but for `prediction`) has left all of its networks, those are taken.
        minutes: What each of these networks may train, in place of `training.time_budget_minutes`; `training.steps` goes first.
    """

    folds: int = Field(default=5, ge=2, le=100)
    mask_folds: int = Field(default=3, ge=2, le=100)
    minutes: float = Field(default=3, gt=0, le=60 * 24)
