"""The patients that judge, predicted and scored once more: by one view, or by each network of an average."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.scores import SCORES, score_slice
from tumourflow.networks import choose_precision, convert_precision, split_average
from tumourflow.prediction.case_reader import CaseReader
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.slice_predictor import SlicePredictor, make_predictor, read_ways
from tumourflow.prediction.volumes import patient_rows, segment_volumes

JUDGED = ("validation", "test")
DESCRIBED = ("case_id", "patient", "slice", "split")
"""What is told of a slice besides its scores."""


def find_patients(index: pd.DataFrame, *splits: str) -> npt.NDArray[np.int64]:
    """Find all slices of the patients who have any in some splits.

    Where slices are dealt out one by one, components are those of the whole patient all the same.

    Args:
        index: Table with `patient` and `split`.
        *splits: Which.

    Returns:
        Numbers of rows.

    Example:
        >>> find_patients(pd.DataFrame({"patient": list("aab"), "split": ["train", "test", "train"]}), "test").tolist()
        [0, 1]
    """
    return np.flatnonzero(index["split"].isin(splits).groupby(index["patient"]).transform("any"))


def predict_patients(
    predictor: SlicePredictor, images: npt.NDArray[Any], index: pd.DataFrame, rows: npt.NDArray[np.int64]
) -> Iterator[tuple[pd.DataFrame, npt.NDArray[np.float16]]]:
    """Predict some slices, holding one patient at a time.

    Args:
        predictor: The network, ready to be asked.
        images: Prepared slices `(n, size, size, channels)`, possibly on disk.
        index: Their table with `n` rows; rows of a patient side by side, in order.
        rows: Which slices.

    Yields:
        The table of a patient's slices and their probabilities, in the precision in which the corridor stores them.
    """
    slices = (each for batch in predictor.predict(images, index, rows) for each in batch)
    for places in patient_rows(index.iloc[rows]):
        yield index.iloc[rows[places]], np.stack(list(islice(slices, len(places)))).astype(np.float16)


def score_slices(
    probability: npt.NDArray[Any],
    rows: pd.DataFrame,
    masks: npt.NDArray[Any],
    preparation: Preparation,
    chosen: PostProcessing,
    reader: CaseReader,
) -> Iterator[dict[str, Any]]:
    """Segment slices and measure those that have a mask.

    Args:
        probability: `(n, size, size)`, 0..1, any float dtype.
        rows: Table of these slices, whole patients side by side; its labels are their places in `masks`.
        masks: `(m, size, size)`, 0 or 1, the masks at the network's resolution, possibly on disk.
        preparation: What made the network's input.
        chosen: How masks are made of probabilities.
        reader: Reads images and masks at native resolution.

    Yields:
        `case_id, patient, slice, split` and what `score_slice` gives.
    """
    for place, (case_id, mask) in enumerate(segment_volumes(probability, rows, preparation, chosen, reader.read_image)):
        truth = reader.read_truth(case_id)
        if truth is not None:
            described = {name: rows[name].iloc[place] for name in DESCRIBED}
            # Of the precision in which the corridor stores probabilities.
            seen = probability[place].astype(np.float16)
            yield described | score_slice(truth, mask, seen, np.asarray(masks[rows.index[place]]), reader.tell_spacing(case_id))


def score_seeds(
    average: keras.Model,
    bundle: Mapping[str, Any],
    images: npt.NDArray[Any],
    masks: npt.NDArray[Any],
    index: pd.DataFrame,
    reader: CaseReader,
) -> pd.DataFrame:
    """Score each network of an average of seeds alone on the validation and test patients, in all else as the average is.

    Not those of an average of folds, each of which has trained on other patients.

    Args:
        average: What was trained, not changed; a single network has nothing to be scored here.
        bundle: What stands beside it: `training, preparation, postprocessing`, and those of `WAYS`.
        images: Prepared slices `(n, size, size, channels)`, possibly on disk.
        masks: Their masks `(n, size, size)`, 0 or 1.
        index: Their table with `n` rows; rows of a patient side by side, in order, row labels are positions.
        reader: Reads images and masks at native resolution.

    Returns:
        `seed, case_id, patient, slice, split` and what `score_slice` gives, one row a seed and slice with a mask.
    """
    seeds = [member["seed"] for member in bundle["training"].get("members", []) if "fold" not in member]
    wanted = find_patients(index, *JUDGED)
    rows: list[dict[str, Any]] = []
    for seed, network in zip(seeds, split_average(average), strict=True) if seeds and len(wanted) else ():
        scores = _score_network(network, bundle, images, masks, index, reader, wanted)
        rows.extend({"seed": seed, **row} for row in scores if row["split"] in JUDGED)
    return pd.DataFrame(rows, columns=["seed", *DESCRIBED, *SCORES])


def _score_network(
    network: keras.Model,
    bundle: Mapping[str, Any],
    images: npt.NDArray[Any],
    masks: npt.NDArray[Any],
    index: pd.DataFrame,
    reader: CaseReader,
    wanted: npt.NDArray[np.int64],
) -> Iterator[dict[str, Any]]:
    preparation, chosen = Preparation.from_dict(bundle["preparation"]), PostProcessing.from_dict(bundle["postprocessing"])
    predictor = make_predictor(convert_precision(network, choose_precision()), preparation.layout, **read_ways(bundle))
    for rows, probability in predict_patients(predictor, images, index, wanted):
        yield from score_slices(probability, rows, masks, preparation, chosen, reader)
