"""What each step of the post-processing does alone, counted patient by patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.counts import count_pixels
from tumourflow.measures.effects import PLAIN_STEP, WITHOUT
from tumourflow.networks import choose_precision, convert_precision
from tumourflow.options import PredictionOptions
from tumourflow.prediction.judged import JUDGED, predict_patients
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.slice_predictor import make_predictor
from tumourflow.prediction.volumes import ReadImage, make_masks, patient_rows, read_pictures, restore_rows
from tumourflow.types import Mask

PLAIN = PostProcessing(threshold=0.5, components=0, minimum_area=0)
"""What every step is added to."""

SHARE, AREA = 0.2, 100
"""What is tried of components and area where none is removed in use."""

COLUMNS = ["split", "patient", "case_id", "step", "tp", "fp", "fn"]


def list_steps(used: PostProcessing, options: PredictionOptions) -> dict[str, PostProcessing]:
    """List the plain threshold, each step added to it alone, and all that is used.

    Args:
        used: What was chosen or given.
        options: Where they rule out holes or the field, these are not tried.

    Returns:
        Post-processing by name; the first is `PLAIN_STEP`.

    Example:
        >>> list(list_steps(PostProcessing(), PredictionOptions(crf=False)))
        ['plain', 'threshold', 'components', 'minimum_area', 'fill_holes', 'all_used']
    """
    steps = {
        PLAIN_STEP: PLAIN,
        "threshold": replace(PLAIN, threshold=used.threshold),
        "components": replace(PLAIN, components=used.components or SHARE),
        "minimum_area": replace(PLAIN, minimum_area=used.minimum_area or AREA),
    }
    if options.fill_holes is not False:
        steps["fill_holes"] = replace(PLAIN, fill_holes=True)
    if options.crf is not False:
        steps["crf"] = replace(PLAIN, crf=True)
    return steps | {"all_used": used}


def count_steps(
    probability: npt.NDArray[Any],
    index: pd.DataFrame,
    preparation: Preparation,
    read_truth: Callable[[str], Mask | None],
    read_image: ReadImage,
    steps: Mapping[str, PostProcessing],
) -> pd.DataFrame:
    """Count the pixels that every step leaves, slice by slice, holding one patient at a time.

    Args:
        probability: `(n, size, size)`, 0..1, possibly on disk.
        index: `n` rows of `case_id, patient, slice, split, top, left, side, height, width`; rows of a patient side by side, in order.
        preparation: What made the network's input.
        read_truth: Gives the native mask of a case, or null where it has none.
        read_image: Gives the stored image of a case.
        steps: Post-processing by name.

    Returns:
        `split, patient, case_id, step, tp, fp, fn` at native resolution, one row a step and slice with a mask of the validation and
        test patients.
    """
    rows: list[tuple[object, ...]] = []
    for places in patient_rows(index):
        patient = index.iloc[places]
        if patient["split"].isin(JUDGED).any():
            some = probability[places[0] : places[-1] + 1]
            rows.extend(_count_patient(some, patient, preparation, read_truth, read_image, steps))
    return pd.DataFrame(rows, columns=COLUMNS)


def count_without(
    network: keras.Model,
    images: npt.NDArray[Any],
    index: pd.DataFrame,
    preparation: Preparation,
    read_truth: Callable[[str], Mask | None],
    read_image: ReadImage,
    options: PredictionOptions,
) -> pd.DataFrame:
    """Predict the validation and test slices without each of the ways in which the network is asked, and threshold them plainly.

    Args:
        network: Gives logits `(batch, size, size, 1)`; not changed.
        images: Prepared slices `(n, size, size, channels)`, possibly on disk.
        index: Their table, as for `count_steps`.
        preparation: What made them.
        read_truth: Gives the native mask of a case, or null where it has none.
        read_image: Gives the stored image of a case.
        options: How the network is asked.

    Returns:
        What `count_steps` gives, for each of `WITHOUT` that the options ask for, all else as it is used.
    """
    wanted = np.flatnonzero(index["split"].isin(JUDGED))
    rows: list[tuple[object, ...]] = []
    for name in (name for name, is_used in options.ways.items() if is_used):
        fast = convert_precision(network, choose_precision())
        predictor = make_predictor(fast, preparation.layout, **(options.ways | {name: False}))
        for patient, some in predict_patients(predictor, images, index, wanted):
            rows.extend(_count_patient(some, patient, preparation, read_truth, read_image, {WITHOUT[name]: PLAIN}))
    return pd.DataFrame(rows, columns=COLUMNS)


def _count_patient(
    probability: npt.NDArray[Any],
    rows: pd.DataFrame,
    preparation: Preparation,
    read_truth: Callable[[str], Mask | None],
    read_image: ReadImage,
    steps: Mapping[str, PostProcessing],
) -> Iterator[tuple[object, ...]]:
    native = restore_rows(probability, rows, preparation)
    pictures = read_pictures(rows, preparation, read_image) if any(step.crf for step in steps.values()) else []
    truths = [read_truth(case_id) for case_id in rows["case_id"]]
    for name, step in steps.items():
        masks = make_masks(native, rows, preparation, step, pictures)
        for facts, truth, mask in zip(rows[["split", "patient", "case_id"]].itertuples(index=False, name=None), truths, masks, strict=True):
            # Where slices are dealt out one by one, a patient stands on several sides.
            if truth is not None and facts[0] in JUDGED:
                yield (*facts, name, *count_pixels(truth, mask)[:3])
