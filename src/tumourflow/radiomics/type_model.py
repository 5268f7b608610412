"""The one way to use a classifier of types: an image and its mask in, probabilities of types out, as when it was judged."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tumourflow.errors import UserError
from tumourflow.imaging.plane import take_plane
from tumourflow.radiomics.classifiers import Classifier
from tumourflow.radiomics.cohort import Floats
from tumourflow.radiomics.extract import extract_features
from tumourflow.radiomics.stored import load_classifier
from tumourflow.types import Mask, Pixels

FILE = "type_model.skops"
MILLIMETRE, PIXEL = "mm", "pixel"
"""Units of lengths that features are measured in."""


class TypeFound(NamedTuple):
    """What was told of one tumour.

    Attributes:
        type: The most probable class; empty where nothing can be told.
        probabilities: Of the classes in their order, `(classes,)`, which add up to 1; NaN where nothing can be told.
    """

    type: str
    probabilities: Floats


class TypeModel:
    """A classifier with all that its use needs.

    Attributes:
        classes: Names of the types, in the order of the probabilities.
        features: Names of the features, in the order in which the classifier takes them.
        lead_channel: Channel that is measured, counted from 0.
        unit: `mm` where lengths are millimetres, `pixel` where the cohort does not know the size of its pixels.
    """

    def __init__(self, classifier: Classifier, bundle: Mapping[str, Any]) -> None:
        """Take a classifier and the content of the `type_model.json` beside it."""
        self.classifier = classifier
        self.classes = tuple(map(str, bundle["classes"]))
        self.features = tuple(map(str, bundle["features"]))
        self.lead_channel = int(bundle["lead_channel"])
        self.unit = str(bundle["unit"])

    @classmethod
    def load(cls, path: Path, bundle: Mapping[str, Any] | None = None) -> TypeModel:
        """Load a classifier from a file.

        Args:
            path: `type_model.skops`, or a folder that holds it somewhere below.
            bundle: What its use needs; by default the content of the `type_model.json` beside it.

        Raises:
            UserError: When there is no classifier of types, or nothing beside it.
        """
        file = next(path.rglob(FILE), path / FILE) if path.is_dir() else path
        classifier = load_classifier(file)
        if bundle is None and not file.with_suffix(".json").is_file():
            msg = f"{file} lacks {file.stem}.json, which names its features and types: put it beside it."
            raise UserError(msg)
        return cls(classifier, json.loads(file.with_suffix(".json").read_text()) if bundle is None else bundle)

    def type_of(self, image: Pixels, mask: Mask, spacing: tuple[float, float] | None = None) -> TypeFound:
        """Tell the type of a tumour.

        Args:
            image: `(height, width)` or `(height, width, channels)`, uint8 or uint16, as it is stored.
            mask: The tumour, `(height, width)`: pixels that are true, or above 0.
            spacing: Height and width of a pixel in millimetres, where known; NaN, as in a table of cases, is not known. Not used where
                the cohort knew none.

        Returns:
            The type and the probabilities. A mask of one pixel has a type like any other, from what one pixel defines. An empty one has
            none, nor has any where millimetres are needed and not known.

        Raises:
            ValueError: Where image and mask are of different sizes.
        """
        if mask.shape != image.shape[:2]:
            msg = f"`mask` must have the height and width of `image`. Received: {mask.shape} and {image.shape[:2]}."
            raise ValueError(msg)
        known = spacing if spacing and all(0 < side < math.inf for side in spacing) else None
        if not mask.any() or (self.unit == MILLIMETRE and known is None):
            return TypeFound("", np.full(len(self.classes), np.nan))
        size = known if known and self.unit == MILLIMETRE else (1.0, 1.0)
        measured = extract_features(take_plane(image, self.lead_channel), mask > 0, size)
        probabilities = self.tell(pd.DataFrame([measured]))[0]
        return TypeFound(self.classes[int(probabilities.argmax())], probabilities)

    def tell(self, features: pd.DataFrame) -> Floats:
        """Give the probabilities of the types for rows of features, `(rows, classes)`.

        Args:
            features: A column for each of `features`, in any order; NaN where a region does not define one.

        Raises:
            ValueError: Where a feature is missing.
        """
        missing = [name for name in self.features if name not in features]
        if missing:
            msg = f"`features` must have a column for each feature of the model. Missing: {', '.join(missing[:5])}."
            raise ValueError(msg)
        return self.classifier.tell(features[list(self.features)])
