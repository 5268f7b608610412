"""What is posted to a served model: a table of images, checked, decoded and put in order."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST

from tumourflow.cohorts.loaders import to_grey
from tumourflow.curation.canonical import canonical_image
from tumourflow.imaging.preparation import Preparation
from tumourflow.imaging.read import decode_pixels
from tumourflow.serving.volumes import Volume
from tumourflow.types import Pixels

MAX_BYTES = 2**28
"""Bytes of a post: 256 MiB, several patients of 16 bits in base64."""
MAX_IMAGES = 2048
MAX_POST_PIXELS = 2**27
"""Pixels of all images of a post together: 512 slices of 512 x 512."""

FORM = 'Post {"dataframe_records": [{"image": BASE64, "patient": NAME, "slice": NUMBER}, ...]}.'


class PostError(MlflowException):
    """Why a post is not answered, in one sentence: MLflow's server makes HTTP 400 of it, or 500 where the model failed.

    Attributes:
        message: The sentence. It stays as it is: the server would put the whole post in front of it.
    """

    def __init__(self, message: str, error_code: int = BAD_REQUEST) -> None:
        self._sentence = message
        super().__init__(message, error_code)

    @property
    def message(self) -> str:
        """The sentence."""
        return self._sentence

    @message.setter
    def message(self, _: str) -> None:
        """Keep the sentence."""


class PostedPatient(NamedTuple):
    """The images of a patient in a post.

    Attributes:
        name: Of the patient; none where an image was posted without.
        places: Where its images stand in the post, in the order of the slices.
        slices: Their numbers.
    """

    name: str | None
    places: list[int]
    slices: list[int]


def group_images(table: pd.DataFrame) -> list[PostedPatient]:
    """Group the images of a post by patient.

    Args:
        table: `image`, and where they are known `patient` and `slice`, one row an image.

    Returns:
        Patients in the order of their first images. An image without a patient stands alone; without numbers slices are in the order of
        the post.

    Raises:
        PostError: Where there is no image, too many, or a patient has some slices without number, one whose number is not whole, or two
            with the same.

    Example:
        >>> group_images(pd.DataFrame({"image": ["x", "y", "z"], "patient": ["a", "b", "a"], "slice": [2, 1, 1]}))
        [PostedPatient(name='a', places=[2, 0], slices=[1, 2]), PostedPatient(name='b', places=[1], slices=[1])]
    """
    if "image" not in table or not len(table):
        msg = f"The post holds no image. {FORM}"
        raise PostError(msg)
    if len(table) > MAX_IMAGES:
        msg = f"The post holds {len(table)} images, more than the {MAX_IMAGES} that are allowed: post patients one after the other."
        raise PostError(msg)
    return [_order(name, places, table) for name, places in _places_by_patient(table)]


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


def _places_by_patient(table: pd.DataFrame) -> Iterator[tuple[str | None, list[int]]]:
    names = table["patient"].tolist() if "patient" in table else [None] * len(table)
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        # A number that no name can be keeps images without a patient apart.
        places.setdefault(f"\0{place}" if pd.isna(name) else str(name), []).append(place)
    return ((None if key.startswith("\0") else key, found) for key, found in places.items())


def _order(name: str | None, places: list[int], table: pd.DataFrame) -> PostedPatient:
    numbers = table["slice"].iloc[places] if "slice" in table else pd.Series([None] * len(places))
    if bool(numbers.isna().all()):
        return PostedPatient(name, places, list(range(len(places))))
    what = f"Patient {name!r}" if name is not None else f"Image {places[0]}"
    if bool(numbers.isna().any()):
        msg = f"{what} has slices with a number and slices without: number all of them or none."
        raise PostError(msg)
    ordered = sorted(zip((_read_number(number, what) for number in numbers.tolist()), places, strict=True))
    slices = [number for number, _ in ordered]
    if twice := [number for number, after in pairwise(slices) if number == after]:
        msg = f"{what} has slice {twice[0]} twice: number the slices of a patient in their order."
        raise PostError(msg)
    return PostedPatient(name, [place for _, place in ordered], slices)


def _read_number(value: Any, what: str) -> int:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not number.is_integer():
        msg = f"{what} has slice {value!r:.40}, which is no whole number: number the slices of a patient 0, 1, 2, ... in their order."
        raise PostError(msg)
    return int(number)


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
