"""Nodes of the evaluation room."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.datasets import ArrayStore, ImageFolder, ImageStore
from tumourflow.imaging.parallel import map_parallel
from tumourflow.measures.scores import SCORES, score_slice
from tumourflow.measures.summary import Figures, summarise, summarise_by_group


def score_cases(
    predicted_masks: ImageFolder,
    probabilities: ArrayStore,
    model_input: ArrayStore,
    images: ImageStore,
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    scheduler: str,
) -> pd.DataFrame:
    """Measure every slice that has a mask, train, validation and test alike.

    Returns:
        One row a slice: `case_id, patient, site, slice, split` and what `score_slice` gives; sorted by patient and slice.
    """
    described = cases[["case_id", "patient", "site", "slice", "mask"]].merge(splits[["case_id", "split"]], on="case_id")
    rows = pd.DataFrame({"case_id": model_input.index["case_id"], "row": range(len(model_input.index))})
    scored = described[described["mask"] != ""].merge(rows, on="case_id").sort_values(["patient", "slice", "case_id"], ignore_index=True)
    probability, target = probabilities["probability"], model_input["masks"]
    # Rows travel instead of the stores, whose tables would be sent along with every case where the workers are processes.
    inputs = (
        (case_id, mask, np.array(probability[row]), np.array(target[row]))
        for case_id, mask, row in scored[["case_id", "mask", "row"]].itertuples(index=False, name=None)
    )
    measure = partial(_score, predicted_masks=predicted_masks, images=images)
    scores = pd.DataFrame(list(map_parallel(measure, inputs, scheduler)), columns=list(SCORES))
    return pd.concat([scored[["case_id", "patient", "site", "slice", "split"]], scores], axis=1)


def summarise_scores(case_scores: pd.DataFrame) -> tuple[dict[str, Figures], dict[str, Any]]:
    """Summarise every measure by split, and by site and tumour size within each split.

    Returns:
        `{split: {measure: {value, low, high, n, unit}}}` and `{split: {grouping: {group: {measure: {...}}}}}`.
    """
    return summarise(case_scores), summarise_by_group(case_scores)


def _score(
    case: tuple[str, str, npt.NDArray[np.float16], npt.NDArray[np.uint8]], predicted_masks: ImageFolder, images: ImageStore
) -> dict[str, int | float]:
    case_id, mask, probability, target = case
    return score_slice(images.read_mask(mask), predicted_masks.read(case_id), probability, target)
