"""Options of the prediction room."""

from pydantic import Field

from tumourflow.options.base import Options


class PredictionOptions(Options):
    """How probabilities become masks; what is `null` is chosen on the validation patients and recorded.

    Attributes:
        mirrors: Whether the probabilities of the image and of its left-right mirror image are averaged.
        threshold: Probability from which a pixel is tumour.
        components: Components of the patient's volume smaller than this share of its largest are removed; 0 removes none.
        minimum_area: Components of the volume with fewer pixels than this are removed.
    """

    mirrors: bool = True
    threshold: float | None = Field(default=None, gt=0, lt=1)
    components: float | None = Field(default=None, ge=0, le=1)
    minimum_area: int | None = Field(default=None, ge=0)
