"""What the network sees of an image, and the way back to the image's own pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from tumourflow.imaging.crop import View, find_views
from tumourflow.imaging.edges import find_seen_edges
from tumourflow.imaging.filter_order import filter_in_order
from tumourflow.imaging.filters import find_whites
from tumourflow.imaging.frame import VolumeFrame
from tumourflow.imaging.geometry import Box, cut_box, paste_box, resize_square
from tumourflow.imaging.intensity import (
    PICTURE_WINDOWS,
    WINDOWS,
    Counts,
    count_values,
    find_threshold,
    measure_channel,
    normalise,
    require_channels,
)
from tumourflow.imaging.layout import InputLayout
from tumourflow.options.preparation import Crop, Edges, FilterStep, Normalisation
from tumourflow.types import Float32, Mask, Pixels


@dataclass(frozen=True)
class Preparation:
    """How images become the network's input, the same at training and at use.

    In this order: the view is found on the stored pixels, filters change those, as a whole or within the view, the grey values are
    measured on what the filters leave, the view is cut out, resized and normalised, and edges are found in the result.

    Attributes:
        size: Rows and columns of the network's input.
        crop: Which part of the image is looked at, see `find_views`.
        normalisation: Per channel over the foreground, see `measure_channel`.
        context: Number of neighbouring slices on each side.
        lead_channel: Channel that shows tissue and tumour best.
        channels: Number of channels of a stored slice.
        filters: What is done to the stored pixels, in this order; after `crop` only to those that are seen.
        edges: Which edges of the lead channel are one more channel.
        unit: What is measured together. A `patient` where slices have an order; else each `slice` alone, as slices of a patient may
            then be of different directions.
    """

    size: int
    crop: Crop
    normalisation: Normalisation
    context: int
    lead_channel: int
    channels: int
    filters: tuple[FilterStep, ...] = ()
    edges: Edges = "none"
    unit: Literal["patient", "slice"] = "patient"

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preparation:
        """Make the object that `to_dict` described; what an older version did not write is as it was then."""
        return cls(**{**values, "filters": tuple(values.get("filters", ()))})

    def to_dict(self) -> dict[str, Any]:
        """Describe the object in values that JSON knows."""
        return asdict(self) | {"filters": list(self.filters)}

    @property
    def layout(self) -> InputLayout:
        """Order of the network's input channels."""
        derived = int(self.edges != "none")
        return InputLayout(self.channels + derived, self.lead_channel, self.context, derived)

    @property
    def window(self) -> tuple[float, float]:
        """Smallest and largest value of a prepared image."""
        return WINDOWS[self.normalisation]

    @property
    def picture_window(self) -> tuple[float, float]:
        """Values that a figure shows as black and as white: narrower than `window`, as nearly all tissue is."""
        return PICTURE_WINDOWS[self.normalisation]

    def prepare(self, volume: Sequence[Pixels]) -> tuple[list[Float32], list[VolumeFrame]]:
        """Prepare a patient's slices, each of which is filtered once.

        Args:
            volume: Slices, uint8 or uint16; they may differ in size.

        Returns:
            For each slice the network's input and what was measured, see `apply` and `measure`.
        """
        groups = [[image] for image in volume] if self.unit == "slice" else [volume]
        frames: list[VolumeFrame] = []
        filtered: list[Pixels] = []
        for group in groups:
            frame, smooth = self._measure(group)
            frames += [frame] * len(group)
            filtered += smooth
        return [self._apply(image, frame) for image, frame in zip(filtered, frames, strict=True)], frames

    def measure(self, volume: Sequence[Pixels]) -> VolumeFrame:
        """Measure slices together; they may differ in size.

        Args:
            volume: Slices as they are stored, uint8 or uint16.

        Returns:
            What `apply` needs for each of them.

        Raises:
            ValueError: Where there is no slice, one of another dtype, or one whose channels are not as many as the cohort's.
        """
        return self._measure(volume)[0]

    def apply(self, image: Pixels, frame: VolumeFrame) -> Float32:
        """Prepare one slice.

        Args:
            image: One of the slices that were measured, as it is stored.
            frame: What `measure` gave.

        Returns:
            Shape `(size, size, layout.channels)`; beyond what is seen stands what black becomes.
        """
        return self._apply(filter_in_order(image, self.filters, frame.view_of(image).seen, frame.whites), frame)

    def apply_mask(self, mask: Mask, frame: VolumeFrame) -> Mask:
        """Prepare a mask as `apply` does its image; a pixel is tumour where at least half of its area is.

        Args:
            mask: Shape `(height, width)`.
            frame: What `measure` gave.

        Returns:
            Shape `(size, size)`.
        """
        return resize_square(cut_box(mask, *frame.view_of(mask)).astype(np.float32), self.size) >= 0.5

    def restore(self, probability: Float32, box: tuple[int, int, int], shape: tuple[int, int]) -> Float32:
        """Bring a map from the network's grid back to the image's own.

        Args:
            probability: Shape `(size, size)`.
            box: Top, left and side in native pixels.
            shape: Native height and width.

        Returns:
            Shape `(height, width)`, 0 outside the box.
        """
        top, left, side = (int(value) for value in box)
        patch = resize_square(np.asarray(probability, np.float32), side)
        return np.asarray(paste_box(patch, Box(top, left, side), int(shape[0]), int(shape[1])), np.float32)

    def locate(self, volume: Sequence[Pixels]) -> dict[tuple[int, int], View]:
        """Find what is looked at, without filtering anything; see `measure`."""
        return self._locate(volume, self._count(volume))

    def find_whites(self, volume: Sequence[Pixels], views: Mapping[tuple[int, int], View]) -> tuple[float, ...]:
        """Find what filters take for white in each channel, after `crop` of what is looked at; none where no filter asks, as of 8 bits."""
        if "clahe" not in self.filters or all(image.dtype == np.uint8 for image in volume):
            return ()
        if "crop" in self.filters:
            seen = [views[image.shape[0], image.shape[1]].seen for image in volume]
            volume = [image[each.top : each.bottom, each.left : each.right] for image, each in zip(volume, seen, strict=True)]
        return find_whites(self._count(volume))

    def _measure(self, volume: Sequence[Pixels]) -> tuple[VolumeFrame, list[Pixels]]:
        counts = self._count(volume)
        views = self._locate(volume, counts)
        whites = self.find_whites(volume, views)
        seen = [views[image.shape[0], image.shape[1]] for image in volume]
        filtered = [filter_in_order(image, self.filters, view.seen, whites) for image, view in zip(volume, seen, strict=True)]
        if self.filters or self.crop in ("contour", "fan"):
            # What lies beside a head or a fan is writing, and says nothing about tissue.
            counts = self._count([view.keep(image) for image, view in zip(filtered, seen, strict=True)])
        return VolumeFrame(tuple(measure_channel(channel, self.normalisation) for channel in counts), views, whites), filtered

    def _count(self, volume: Sequence[Pixels]) -> Counts:
        return count_values(self._fit(image) for image in volume)

    def _locate(self, volume: Sequence[Pixels], counts: Counts) -> dict[tuple[int, int], View]:
        leads = [self._fit(image)[:, :, self.lead_channel] for image in volume]
        return find_views(leads, self.crop, find_threshold(counts[self.lead_channel]))

    def _apply(self, image: Pixels, frame: VolumeFrame) -> Float32:
        view = frame.view_of(image)
        cut = cut_box(self._fit(image), *view).astype(np.float32)
        prepared = normalise(resize_square(cut, self.size), frame.scales, self.normalisation)
        if self.edges == "none":
            return prepared
        edges = find_seen_edges(self.edges, prepared[:, :, self.lead_channel], self.picture_window, view, image.shape[:2])
        return np.dstack([prepared, edges])

    def _fit(self, image: Pixels) -> Pixels:
        return require_channels(image, self.channels)
