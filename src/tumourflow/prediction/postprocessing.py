"""From probabilities at native resolution to masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tumourflow.prediction.components import fill_holes, remove_components
from tumourflow.prediction.crf import refine_volume
from tumourflow.types import Float32, Mask

DEFAULT_THRESHOLD = 0.4
"""Where one of two mirrored views is sure of a tumour and the other sees none, their mean is just under .5: faint tumours are found
below that. In cross-validation on lgg volume Dice and specificity hardly differ from .3 to .5."""


@dataclass(frozen=True)
class PostProcessing:
    """How a patient's probabilities become masks: field, threshold, holes and components, in this order.

    Attributes:
        threshold: Probability from which a pixel is tumour, between 0 and 1.
        components: Components of the volume smaller than this share of the patient's largest are removed, 0..1.
        minimum_area: Components of the volume with fewer native pixels than this are removed.
        fill_holes: Whether holes of a slice's mask become tumour.
        crf: Whether the probabilities of each slice first follow its picture, see `refine`.

    Example:
        >>> PostProcessing.from_dict({"threshold": 0.5, "components": 0.2, "minimum_area": 0, "patients": 5})
        PostProcessing(threshold=0.5, components=0.2, minimum_area=0, fill_holes=False, crf=False)
    """

    threshold: float = DEFAULT_THRESHOLD
    components: float = 0.2
    minimum_area: int = 0
    fill_holes: bool = False
    crf: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1 or not 0 <= self.components <= 1 or self.minimum_area < 0:
            msg = f"`threshold` must be between 0 and 1, `components` in 0..1, `minimum_area` at least 0. Received: {asdict(self)}."
            raise ValueError(msg)

    def to_dict(self) -> dict[str, Any]:
        """Describe it in values that JSON knows."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PostProcessing:
        """Restore what `to_dict` gave; other keys are passed over, and what an older version did not write is as it was then."""
        later = {name: bool(values.get(name, False)) for name in ("fill_holes", "crf")}
        return cls(float(values["threshold"]), float(values["components"]), int(values["minimum_area"]), **later)

    def describe(self) -> str:
        """Put it into words.

        Example:
            >>> PostProcessing(threshold=0.5, components=0, minimum_area=50, crf=True).describe()
            'threshold 0.5, area from 50 pixels, CRF'
        """
        words = (
            f"threshold {self.threshold:g}",
            f"components from {self.components:g} of the largest" if self.components else "",
            f"area from {self.minimum_area} pixels" if self.minimum_area else "",
            "holes filled" if self.fill_holes else "",
            "CRF" if self.crf else "",
        )
        return ", ".join(filter(None, words))

    def apply(self, probabilities: Sequence[Float32], slices: Sequence[int], pictures: Sequence[Float32] = ()) -> list[Mask]:
        """Turn all slices of one patient into masks.

        Args:
            probabilities: Each `(height, width)`, 0..1, in the order of `slices`.
            slices: Number of each slice, ascending.
            pictures: Grey values of the same slices, 0..1; only `crf` looks at them.

        Returns:
            A mask for each slice, `(height, width)` booleans.

        Raises:
            ValueError: If `crf` is wanted and a slice lacks its picture.
        """
        refined = refine_volume(probabilities, pictures, self.threshold) if self.crf else probabilities
        return remove_components(self.cut(refined), slices, self.components, self.minimum_area)

    def cut(self, probabilities: Sequence[Float32]) -> list[Mask]:
        """Apply the threshold and fill holes; the first half of `apply` behind the field.

        Args:
            probabilities: Each `(height, width)`, 0..1.

        Returns:
            A mask for each slice, `(height, width)` booleans.
        """
        masks: list[Mask] = [probability >= self.threshold for probability in probabilities]
        return [fill_holes(mask) for mask in masks] if self.fill_holes else masks
