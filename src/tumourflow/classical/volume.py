"""A patient's slices, and what a tuned method makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tumourflow.classical.field import Field, Sight, see_volume
from tumourflow.classical.registry import METHODS
from tumourflow.types import Float32, Mask


@dataclass(frozen=True)
class Volume:
    """The slices of one patient, as the network sees them.

    Attributes:
        leads: Lead channel of each slice, `(side, side)` float32.
        masks: The tumour in each, `(side, side)` booleans.
        slices: Number of each slice, ascending.
        together: Whether the slices share one scale of grey values.
    """

    leads: Sequence[Float32]
    masks: Sequence[Mask]
    slices: Sequence[int]
    together: bool


@dataclass(frozen=True)
class Recipe:
    """A method with all that was chosen for it.

    Attributes:
        method: Its name, a key of `METHODS`.
        sight: How slices are looked at.
        setting: The parameters of the method.
        components: Components of the volume smaller than this share of the patient's largest are removed, 0..1.
    """

    method: str
    sight: Sight
    setting: Mapping[str, float]
    components: float = 0

    def to_dict(self) -> dict[str, Any]:
        """Describe it in values that JSON knows.

        Example:
            >>> Recipe("otsu", Sight(1, 0.015, 0.06), {}, components=0.2).to_dict()
            {'polarity': 1, 'smoothing': 0.015, 'rim': 0.06, 'components': 0.2, 'parameters': {}}
        """
        return {**asdict(self.sight), "components": self.components, "parameters": dict(self.setting)}

    @classmethod
    def from_dict(cls, method: str, values: Mapping[str, Any]) -> Recipe:
        """Restore what `to_dict` gave; other keys are passed over."""
        sight = Sight(values["polarity"], values["smoothing"], values["rim"])
        return cls(method, sight, dict(values["parameters"]), values["components"])


def segment_fields(fields: Sequence[Field], recipe: Recipe) -> list[Mask]:
    """Apply a method to all slices of a patient, and fill holes: tumours are dark within where tissue has died.

    Args:
        fields: The slices, as `recipe.sight` sees them.
        recipe: Method and parameters; its `components` are not yet looked at.

    Returns:
        A mask for each slice, `(side, side)` booleans.
    """
    from tumourflow.prediction.components import fill_holes

    segment = METHODS[recipe.method].segment
    return [fill_holes(segment(field, **recipe.setting)) for field in fields]


def segment_volume(volume: Volume, recipe: Recipe) -> list[Mask]:
    """Find the tumour in all slices of a patient.

    Args:
        volume: The slices; their masks are not looked at.
        recipe: Method and parameters.

    Returns:
        A mask for each slice, `(side, side)` booleans.
    """
    from tumourflow.prediction.components import remove_components

    masks = segment_fields(see_volume(volume.leads, recipe.sight, together=volume.together), recipe)
    if volume.together:
        return remove_components(masks, volume.slices, recipe.components, minimum_area=0)
    return [remove_components([mask], [0], recipe.components, minimum_area=0)[0] for mask in masks]
