"""The images of a post: out of base64 into volumes, as the store of images would keep them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

import pandas as pd

from tumourflow.cohorts.loaders import to_grey
from tumourflow.curation.canonical import canonical_image
from tumourflow.imaging.preparation import Preparation
from tumourflow.imaging.read import decode_pixels
from tumourflow.serving.posts import FORM, PostedPatient, PostError
from tumourflow.serving.volumes import Volume
from tumourflow.types import Pixels

MAX_POST_PIXELS = 2**27
"""Pixels of all images of a post together: 512 slices of 512 x 512."""


def decode_volumes(table: pd.DataFrame, patients: Sequence[PostedPatient], preparation: Preparation) -> Iterator[Volume]:
    """Decode the images of a post, patient by patient.

    Args:
        table: The post; `image` is a file (PNG, TIFF, ...) in base64.
        patients: What `group_images` gave.
        preparation: Tells how many channels there should be; where it is one, colours become grey values as in the ingestion.

    Yields:
        The images of each patient, as the store of images would keep them.

    Raises:
        PostError: Where an image cannot be decoded, has other channels, or there are too many pixels.
    """
    images, seen = table["image"].tolist(), 0
    for patient in patients:
        volume = list[Pixels]()
        for place in patient.places:
            volume.append(_decode(images[place], f"image {place}", preparation.channels))
            seen += volume[-1].shape[0] * volume[-1].shape[1]
            if seen > MAX_POST_PIXELS:
                msg = f"The images of the post have more than {MAX_POST_PIXELS} pixels together: post patients one after the other."
                raise PostError(msg)
        yield Volume(volume, patient.slices)


def _decode(image: object, name: str, channels: int) -> Pixels:
    if not isinstance(image, str):
        msg = f"`{name}` is no file in base64. {FORM}"
        raise PostError(msg)
    try:
        data = base64.b64decode(image, validate=True)
    except ValueError as error:
        msg = f"`{name}` is no base64: {error}. {FORM}"
        raise PostError(msg) from error
    try:
        pixels = canonical_image(decode_pixels(data, name))
    except (OSError, ValueError) as error:
        # Pillow names the buffer that it was given.
        reason = "it is no PNG, JPEG, TIFF or other picture." if "cannot identify" in str(error) else str(error)
        msg = reason if reason.startswith(f"`{name}`") else f"`{name}` cannot be read: {reason}"
        raise PostError(msg) from error
    return _fit(pixels, name, channels)


def _fit(pixels: Pixels, name: str, channels: int) -> Pixels:
    received = pixels.shape[2] if pixels.ndim == 3 else 1
    if received == channels:
        return pixels
    if channels == 1:
        return to_grey(pixels)
    msg = f"`{name}` has {received} channels, but the model takes images with {channels}."
    raise PostError(msg)
