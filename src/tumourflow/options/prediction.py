"""Options of the prediction room."""

from pydantic import Field

from tumourflow.options.base import Options

WAYS = ("mirrors", "multi_scale", "patient_statistics")
"""The options that say how a network is asked about a slice."""


class PredictionOptions(Options):
    """How probabilities become masks; what is `null` is chosen on the validation patients and recorded.

    Attributes:
        mirrors: Whether the probabilities of the image and of its left-right mirror image are averaged.
        multi_scale: Whether they are averaged with those of the image enlarged by half.
        patient_statistics: Whether the first half of the network's normalisations take the statistics of the patient in place of those of
            training, where the patient has at least eight slices.
        threshold: Probability from which a pixel is tumour.
        components: Components of the patient's volume smaller than this share of its largest are removed; 0 removes none.
        minimum_area: Components of the volume with fewer pixels than this are removed.
        fill_holes: Whether holes in the mask of a slice are filled.
        crf: Whether a fully connected conditional random field first moves the borders to where the image changes.
    """

    mirrors: bool = True
    multi_scale: bool = False
    patient_statistics: bool = False
    threshold: float | None = Field(default=None, gt=0, lt=1)
    components: float | None = Field(default=None, ge=0, le=1)
    minimum_area: int | None = Field(default=None, ge=0)
    fill_holes: bool | None = None
    crf: bool | None = None

    @property
    def ways(self) -> dict[str, bool]:
        """How the network is asked, as `make_predictor` takes it."""
        return {name: bool(getattr(self, name)) for name in WAYS}
