"""The images of a volume, as far as they can be read, and what was found on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from tumourflow.errors import UserError
from tumourflow.imaging.parallel import map_parallel
from tumourflow.inference.findings import Row
from tumourflow.inference.kinds import as_stored, count_channels
from tumourflow.inference.reasons import say_why
from tumourflow.inference.volumes import InputSlice, InputVolume
from tumourflow.options import IngestionOptions
from tumourflow.types import Mask, Pixels


class Reading(NamedTuple):
    """What was read of a volume.

    Attributes:
        volume: The volume.
        images: uint8 or uint16, by place in the volume.
        unreadable: Why an image is not there, by place.
        window: How values beyond 8 bits are shown in them.
    """

    volume: InputVolume
    images: dict[int, Pixels]
    unreadable: dict[int, str]
    window: IngestionOptions

    def parts(self) -> Iterator[list[int]]:
        """List places of images with as many channels as one another."""
        by_channels: dict[int, list[int]] = {}
        for place, image in self.images.items():
            by_channels.setdefault(count_channels(image), []).append(place)
        yield from by_channels.values()

    def show(self, places: Sequence[int], window: IngestionOptions) -> list[Pixels]:
        """Give images through a window; they are read again where they were read through another and it makes a difference.

        Raises:
            UserError: Where one cannot be read any more.
        """
        if window == self.window or not self.volume.has_window:
            return [self.images[place] for place in places]
        return [read_again(self.volume.slices[place], window) for place in places]


class Inspected(NamedTuple):
    """What was found in a volume.

    Attributes:
        volume: The volume.
        rows: Columns of the table of findings, one row a slice.
        masks: Of the images that were segmented, by place; `(height, width)` booleans.
    """

    volume: InputVolume
    rows: list[Row]
    masks: dict[int, Mask]


def read_volumes(volumes: Sequence[InputVolume], scheduler: str, window: IngestionOptions) -> Iterator[Reading]:
    """Read volumes one after the other, a few images ahead.

    Args:
        volumes: Their files may be damaged, or gone by now.
        scheduler: Where images are read, see `map_parallel`.
        window: How values beyond 8 bits are shown.

    Yields:
        For each what could be read, and why the rest could not.
    """
    read = map_parallel(partial(_read_slice, window=window), (each for volume in volumes for each in volume.slices), scheduler)
    for volume in volumes:
        found = list(islice(read, len(volume.slices)))
        images = {place: each for place, each in enumerate(found) if not isinstance(each, str)}
        yield Reading(volume, images, {place: each for place, each in enumerate(found) if isinstance(each, str)}, window)


def read_again(each: InputSlice, window: IngestionOptions) -> Pixels:
    """Read an image that was read before.

    Args:
        each: An image of a volume.
        window: How values beyond 8 bits are shown.

    Returns:
        The image, uint8 or uint16.

    Raises:
        UserError: Where it cannot be read any more.
    """
    found = _read_slice(each, window)
    if isinstance(found, str):
        msg = f"`input` changed meanwhile, {each.source}: {found} Run again: what was found is kept."
        raise UserError(msg)
    return found


def _read_slice(each: InputSlice, window: IngestionOptions) -> Pixels | str:
    try:
        return as_stored(each.load(window), window)
    except (OSError, ValueError) as error:
        return say_why(error)
