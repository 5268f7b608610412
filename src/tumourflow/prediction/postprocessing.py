"""From probabilities at native resolution to masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tumourflow.prediction.components import remove_components
from tumourflow.types import Float32, Mask

DEFAULT_THRESHOLD = 0.4
"""Where one of two mirrored views is sure of a tumour and the other sees none, their mean is just under .5: faint tumours are found
below that. In cross-validation on lgg volume Dice and specificity hardly differ from .3 to .5."""


@dataclass(frozen=True)
class PostProcessing:
    """How a patient's probabilities become masks.

    Attributes:
        threshold: Probability from which a pixel is tumour, between 0 and 1.
        components: Components of the volume smaller than this share of the patient's largest are removed, 0..1.
        minimum_area: Components of the volume with fewer native pixels than this are removed.

    Example:
        >>> PostProcessing.from_dict({"threshold": 0.5, "components": 0.2, "minimum_area": 0, "patients": 5})
        PostProcessing(threshold=0.5, components=0.2, minimum_area=0)
    """

    threshold: float = DEFAULT_THRESHOLD
    components: float = 0.2
    minimum_area: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1 or not 0 <= self.components <= 1 or self.minimum_area < 0:
            msg = f"`threshold` must be between 0 and 1, `components` in 0..1, `minimum_area` at least 0. Received: {asdict(self)}."
            raise ValueError(msg)

    def to_dict(self) -> dict[str, Any]:
        """Describe it in values that JSON knows."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PostProcessing:
        """Restore what `to_dict` gave; other keys are passed over."""
        return cls(float(values["threshold"]), float(values["components"]), int(values["minimum_area"]))

    def apply(self, probabilities: Sequence[Float32], slices: Sequence[int]) -> list[Mask]:
        """Turn all slices of one patient into masks.

        Args:
            probabilities: Each `(height, width)`, 0..1, in the order of `slices`.
            slices: Number of each slice, ascending.

        Returns:
            A mask for each slice, `(height, width)` booleans.
        """
        masks: list[Mask] = [probability >= self.threshold for probability in probabilities]
        return remove_components(masks, slices, self.components, self.minimum_area)
