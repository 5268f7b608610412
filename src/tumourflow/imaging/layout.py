"""Which channels the network sees: those of the slice itself, then the lead channel of its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.types import Float32


@dataclass(frozen=True)
class InputLayout:
    """Order of the network's input channels.

    The slice's own `channels` come first, the derived ones last among them, then the lead channel of the slices
    -context, ..., -1, +1, ..., +context.

    Attributes:
        channels: Number of the slice's own channels.
        lead_channel: The one of them, counted from 0, on which tumours show best.
        context: Number of neighbouring slices on each side.
        derived: How many of the own channels were computed from the lead channel, such as its edges; the others are sequences.

    Example:
        >>> InputLayout(channels=3, lead_channel=1, context=1).depth
        5
    """

    channels: int
    lead_channel: int
    context: int
    derived: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.lead_channel < self.sequences:
            msg = (
                f"`lead_channel` must be one of the {self.sequences} channels, counted from 0. Received: lead_channel={self.lead_channel}."
            )
            raise ValueError(msg)
        if self.context < 0:
            msg = f"`context` must be at least 0. Received: context={self.context}."
            raise ValueError(msg)

    @property
    def sequences(self) -> int:
        """Number of the channels that were taken by the scanner."""
        return self.channels - self.derived

    @property
    def depth(self) -> int:
        """Number of the network's input channels."""
        return self.channels + 2 * self.context

    def to_dict(self) -> dict[str, Any]:
        """Describe the layout in values that JSON knows."""
        return asdict(self)


def neighbour_rows(index: pd.DataFrame, context: int) -> npt.NDArray[np.int64]:
    """Find the rows of each slice's neighbours; at the ends of a volume the nearest slice there is takes their place.

    Args:
        index: Table with a column `patient`; rows of a patient are contiguous and in the order of the slices.
        context: Number of neighbours on each side.

    Returns:
        Rows, shape `(n, 2 * context)`, in the order -context, ..., -1, +1, ..., +context.

    Raises:
        ValueError: Where the rows of a patient are not contiguous.

    Example:
        >>> neighbour_rows(pd.DataFrame({"patient": ["a", "a", "a", "b"]}), context=1).tolist()
        [[0, 1], [0, 2], [1, 2], [3, 3]]
    """
    codes = pd.factorize(index["patient"])[0]
    starts_here = np.append(True, codes[1:] != codes[:-1])[: len(codes)]
    volume = np.cumsum(starts_here) - 1
    if volume.size and volume[-1] != codes.max():
        msg = "`index` must hold the rows of a patient side by side."
        raise ValueError(msg)
    first = np.flatnonzero(starts_here)
    last = np.append(first[1:], len(codes)) - 1
    offsets = np.array([step for step in range(-context, context + 1) if step], dtype=np.int64)
    wanted = np.arange(len(codes))[:, None] + offsets[None, :]
    nearest: npt.NDArray[np.int64] = np.clip(wanted, first[volume][:, None], last[volume][:, None])
    return nearest


def stack_context(
    images: npt.NDArray[Any], rows: Sequence[int] | npt.NDArray[np.integer[Any]], neighbours: npt.NDArray[np.int64], layout: InputLayout
) -> Float32:
    """Gather slices with their neighbours from an array that may lie on disk.

    Args:
        images: Shape `(n, height, width, channels)`, any float dtype; a memory map is read at the wanted rows only.
        rows: Which slices, shape `(b,)`.
        neighbours: What `neighbour_rows` gave for all `n` rows.
        layout: Order of the channels.

    Returns:
        Shape `(b, height, width, layout.depth)`.

    Raises:
        ValueError: Where the arrays do not have the layout's channels or neighbours.
    """
    if images.shape[-1] != layout.channels or neighbours.shape[1] != 2 * layout.context:
        msg = f"`images` {images.shape} and `neighbours` {neighbours.shape} must fit the layout. Received: {layout}."
        raise ValueError(msg)
    stacked = np.empty((len(rows), *images.shape[1:3], layout.depth), np.float32)
    for place, row in enumerate(rows):
        stacked[place, :, :, : layout.channels] = images[row]
        for channel, neighbour in enumerate(neighbours[row], start=layout.channels):
            stacked[place, :, :, channel] = images[neighbour, :, :, layout.lead_channel]
    return stacked
