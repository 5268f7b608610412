"""What is posted to a served model: a table of images, checked and put in order, and the error that answers a bad one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST

MAX_BYTES = 2**28
"""Bytes of a post: 256 MiB, several patients of 16 bits in base64."""
MAX_IMAGES = 2048

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
