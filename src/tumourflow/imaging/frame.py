"""What holds for all slices of a patient once they are measured together."""

from __future__ import annotations

from dataclasses import dataclass

from tumourflow.imaging.crop import View
from tumourflow.imaging.intensity import ChannelScale
from tumourflow.types import Pixels


@dataclass(frozen=True)
class VolumeFrame:
    """What was measured on a patient's slices and holds for all of them.

    Attributes:
        scales: Grey values of each channel.
        views: What is looked at, for each native `(height, width)` among the slices.
        whites: Grey value of each channel that filters take for white, see `find_whites`.
    """

    scales: tuple[ChannelScale, ...]
    views: dict[tuple[int, int], View]
    whites: tuple[float, ...] = ()

    def view_of(self, image: Pixels) -> View:
        """Name what is looked at of an image or mask of one of the native sizes."""
        return self.views[image.shape[0], image.shape[1]]
