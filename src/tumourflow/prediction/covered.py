"""Images once more, with what people have drawn into them covered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.covering import cover_marks
from tumourflow.imaging.preparation import Preparation
from tumourflow.prediction.case_reader import CaseReader
from tumourflow.prediction.classes import predict_classes
from tumourflow.types import Float32

AT_ONCE = 64
"""Covered images that are held in memory."""


def predict_covered(
    model: keras.Model, case_ids: Iterable[str], reader: CaseReader, preparation: Preparation, *, mirrors: bool
) -> Iterator[tuple[str, Float32]]:
    """Predict the images on which there is something to cover.

    Args:
        model: Gives logits `(batch, classes)`; it is not changed.
        case_ids: Cases whose images stand alone.
        reader: Reads them as they are stored.
        preparation: What made the network's input.
        mirrors: Whether mirror images are averaged in.

    Yields:
        Case and its probabilities `(classes,)`, for those that covering changes.
    """
    for names, prepared in _prepare_covered(case_ids, reader, preparation):
        index = pd.DataFrame({"patient": names})
        batches = predict_classes(model, prepared, index, preparation.layout, mirrors=mirrors)
        yield from zip(names, np.concatenate(list(batches)), strict=True)


def replace_probabilities(
    model: keras.Model, judged: pd.DataFrame, columns: list[str], reader: CaseReader, preparation: Preparation, *, mirrors: bool
) -> pd.DataFrame:
    """Give images that covering changes the probabilities that they have then.

    Args:
        model: See `predict_covered`.
        judged: One row an image, with `case_id` and the `columns`; not changed.
        columns: Where the probability of each class stands.
        reader: See `predict_covered`.
        preparation: See `predict_covered`.
        mirrors: See `predict_covered`.

    Returns:
        The same with `covered`, which tells where something was; no rows where nothing was.
    """
    again = dict(predict_covered(model, judged["case_id"], reader, preparation, mirrors=mirrors))
    changed = judged["case_id"].isin(list(again))
    replaced = judged.assign(covered=changed)
    probabilities = [again[case_id] for case_id in judged.loc[changed, "case_id"]]
    replaced.loc[changed, columns] = np.array(probabilities, np.float32).reshape(-1, len(columns))
    return replaced if changed.any() else replaced.iloc[:0]


def _prepare_covered(
    case_ids: Iterable[str], reader: CaseReader, preparation: Preparation
) -> Iterator[tuple[list[str], npt.NDArray[np.float16]]]:
    names, images = list[str](), list[Float32]()
    for case_id in case_ids:
        pixels = reader.read_image(case_id)
        covered = cover_marks(pixels)
        if np.array_equal(covered, pixels):
            continue
        names.append(case_id)
        images += preparation.prepare([covered])[0]
        if len(names) == AT_ONCE:
            yield names, np.stack(images).astype(np.float16)
            names, images = [], []
    if names:
        yield names, np.stack(images).astype(np.float16)
