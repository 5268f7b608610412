"""Options of the promotion: which version of each registered model is to be looked at."""

from pydantic import Field

from tumourflow.options.base import Options


class PromotionOptions(Options):
    """Candidates by task, the name of a registered model after that of its cohort.

    Attributes:
        segmentation: Version of `<cohort>-segmentation`, or null for the newest.
        classification: Version of `<cohort>-classification`, or null for the newest.
        typing: Version of `<cohort>-typing`, or null for the newest.
    """

    segmentation: int | None = Field(default=None, ge=1)
    classification: int | None = Field(default=None, ge=1)
    typing: int | None = Field(default=None, ge=1)
