"""What the network sees of an image, and the way back to the image's own pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.geometry import Box, box_around, cut_box, paste_box, remove_specks, resize_square, whole_box
from tumourflow.imaging.intensity import (
    PICTURE_WINDOWS,
    WINDOWS,
    ChannelScale,
    Normalisation,
    count_values,
    measure_channel,
    normalise,
    require_channels,
)
from tumourflow.imaging.layout import InputLayout
from tumourflow.types import ArrayChunk, Float32, Mask, Pixels

RARE = 0.1
"""Where no more than this share of a patient's slices shows tissue, it is a nose, a neck or an artefact, and does not widen the box."""


@dataclass(frozen=True)
class VolumeFrame:
    """What was measured on a patient's slices and holds for all of them.

    Attributes:
        scales: Grey values of each channel.
        boxes: The square that is cut out, for each native `(height, width)` among the slices.
    """

    scales: tuple[ChannelScale, ...]
    boxes: dict[tuple[int, int], Box]

    def box_of(self, image: Pixels) -> Box:
        """Name the box of an image or mask of one of the native sizes."""
        return self.boxes[image.shape[0], image.shape[1]]


@dataclass(frozen=True)
class Preparation:
    """How images become the network's input, the same at training and at use.

    Attributes:
        size: Rows and columns of the network's input.
        crop: `foreground` cuts to the square around the patient's tissue, `none` keeps the whole image, squared.
        normalisation: Per patient and channel over the foreground, see `measure_channel`.
        context: Number of neighbouring slices on each side.
        lead_channel: Channel that shows tissue and tumour best.
        channels: Number of channels of a slice.
    """

    size: int
    crop: Literal["foreground", "none"]
    normalisation: Normalisation
    context: int
    lead_channel: int
    channels: int

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preparation:
        """Make the object that `to_dict` described."""
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Describe the object in values that JSON knows."""
        return asdict(self)

    @property
    def layout(self) -> InputLayout:
        """Order of the network's input channels."""
        return InputLayout(self.channels, self.lead_channel, self.context)

    @property
    def window(self) -> tuple[float, float]:
        """Smallest and largest value of a prepared image."""
        return WINDOWS[self.normalisation]

    @property
    def picture_window(self) -> tuple[float, float]:
        """Values that a figure shows as black and as white: narrower than `window`, as nearly all tissue is."""
        return PICTURE_WINDOWS[self.normalisation]

    def measure(self, volume: Sequence[Pixels]) -> VolumeFrame:
        """Measure a patient's slices; they may differ in size.

        Args:
            volume: Slices, uint8 or uint16.

        Returns:
            What `apply` needs for each of them.

        Raises:
            ValueError: Where there is no slice, one of another dtype, or one whose channels are not as many as the cohort's.
        """
        counts = count_values(self._fit(image) for image in volume)
        scales = tuple(measure_channel(channel, self.normalisation) for channel in counts)
        if self.crop == "none":
            return VolumeFrame(scales, {_shape(image): whole_box(*_shape(image)) for image in volume})
        threshold = scales[self.lead_channel].threshold
        tissue: dict[tuple[int, int], list[Mask]] = {}
        for image in volume:
            tissue.setdefault(_shape(image), []).append(remove_specks(self._fit(image)[:, :, self.lead_channel] > threshold))
        return VolumeFrame(scales, {shape: box_around(np.mean(masks, axis=0) > RARE) for shape, masks in tissue.items()})

    def apply(self, image: Pixels, frame: VolumeFrame) -> Float32:
        """Prepare one slice.

        Args:
            image: One of the slices that were measured.
            frame: What `measure` gave.

        Returns:
            Shape `(size, size, channels)`; beyond the image's edge stands what black becomes.
        """
        cut = cut_box(self._fit(image), frame.box_of(image)).astype(np.float32)
        return normalise(resize_square(cut, self.size), frame.scales, self.normalisation)

    def apply_mask(self, mask: Mask, frame: VolumeFrame) -> Mask:
        """Prepare a mask as `apply` does its image; a pixel is tumour where at least half of its area is.

        Args:
            mask: Shape `(height, width)`.
            frame: What `measure` gave.

        Returns:
            Shape `(size, size)`.
        """
        return resize_square(cut_box(mask, frame.box_of(mask)).astype(np.float32), self.size) >= 0.5

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

    def _fit(self, image: Pixels) -> Pixels:
        return require_channels(image, self.channels)


def prepare_volume(volume: Sequence[Pixels], masks: Sequence[Mask | None], cases: pd.DataFrame, preparation: Preparation) -> ArrayChunk:
    """Prepare all slices of a patient.

    Args:
        volume: Slices in order.
        masks: Their masks, of the slices' native sizes; none where nobody has drawn one.
        cases: One row a slice with `case_id, patient, slice, split`.
        preparation: What to do.

    Returns:
        `images` float16 `(n, size, size, channels)` and `masks` uint8 `(n, size, size)` of 0 and 1, with an index of
        `case_id, patient, slice, split, tumour, labelled, top, left, side, height, width`; `labelled` tells which slices have a mask.
    """
    frame = preparation.measure(volume)
    images = np.stack([preparation.apply(image, frame) for image in volume]).astype(np.float16)
    small = np.zeros(images.shape[:3], np.uint8)
    for row, mask in enumerate(masks):
        if mask is not None:
            small[row] = preparation.apply_mask(mask, frame)
    boxes = pd.DataFrame([(*frame.box_of(image), *_shape(image)) for image in volume], columns=["top", "left", "side", "height", "width"])
    index = cases[["case_id", "patient", "slice", "split"]].reset_index(drop=True)
    index["tumour"] = [bool(mask.any()) for mask in small]
    index["labelled"] = [mask is not None for mask in masks]
    return ArrayChunk(pd.concat([index, boxes], axis=1), {"images": images, "masks": small})


def labelled_rows(index: pd.DataFrame, split: str) -> npt.NDArray[np.bool_]:
    """Tell which slices of a split have a mask: an empty one is not the same as none.

    Args:
        index: Table with `split`; without the column `labelled` every slice has a mask.
        split: Name of the split.

    Returns:
        One boolean a row.

    Example:
        >>> labelled_rows(pd.DataFrame({"split": ["train", "train", "test"], "labelled": [True, False, True]}), "train").tolist()
        [True, False, False]
    """
    chosen = index["split"] == split
    return np.asarray(chosen & index["labelled"] if "labelled" in index else chosen, bool)


def _shape(image: Pixels) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
