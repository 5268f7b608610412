"""What each candidate for the post-processing would have scored on one patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.overlap import dice, has_tumour
from tumourflow.options import PredictionOptions
from tumourflow.prediction.components import Labels, component_areas, keep_components, label_volume
from tumourflow.prediction.crf import refine_volume
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.volumes import ReadImage, patient_rows, read_pictures, restore_rows
from tumourflow.types import Float32, Mask

THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
COMPONENTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)
MINIMUM_AREAS = (0, 50, 100, 200, 400)

Floats = npt.NDArray[np.float64]


class Trial(NamedTuple):
    """Scores of all candidates on one patient.

    Attributes:
        dice: Dice coefficient of the volume, NaN where the patient has no tumour, shape `(candidates,)`.
        left_empty: Number of tumour-free slices without a predicted pixel, shape `(candidates,)`.
        empty: Number of tumour-free slices.
    """

    dice: Floats
    left_empty: npt.NDArray[np.int64]
    empty: int


def list_candidates(options: PredictionOptions) -> list[PostProcessing]:
    """List what may be chosen; what the options fix is not varied. Without field and holes comes first, then by threshold.

    Example:
        >>> list_candidates(PredictionOptions(threshold=0.4, components=0.1, minimum_area=9, fill_holes=True, crf=False))
        [PostProcessing(threshold=0.4, components=0.1, minimum_area=9, fill_holes=True, crf=False)]
    """
    thresholds = THRESHOLDS if options.threshold is None else (options.threshold,)
    shares = COMPONENTS if options.components is None else (options.components,)
    areas = MINIMUM_AREAS if options.minimum_area is None else (options.minimum_area,)
    fields, fills = ((False, True) if given is None else (given,) for given in (options.crf, options.fill_holes))
    chosen = product(fields, fills, thresholds, shares, areas)
    return [PostProcessing(threshold, share, area, fill, field) for field, fill, threshold, share, area in chosen]


def try_candidates(
    probabilities: Sequence[Float32],
    truths: Sequence[Mask],
    slices: Sequence[int],
    candidates: Sequence[PostProcessing],
    pictures: Sequence[Float32] = (),
    *,
    together: bool = True,
) -> Trial:
    """Score every candidate on one patient.

    The field is computed once; components are found once for each threshold with and without holes, and which of them a candidate keeps
    only decides whose pixels are summed.

    Args:
        probabilities: Each `(height, width)`, 0..1, at native resolution, in the order of `slices`.
        truths: Masks of the same slices.
        slices: Number of each slice, ascending.
        candidates: What is tried.
        pictures: Grey values of the same slices, 0..1; needed where a candidate has the field.
        together: Whether they are slices of a volume, whose components are looked at as a whole; else each is looked at alone.

    Returns:
        Scores in the order of the candidates.
    """
    tp = np.zeros((len(candidates), len(truths)))
    fp = np.zeros_like(tp)
    sources = {False: probabilities}
    if any(candidate.crf for candidate in candidates):
        sources[True] = refine_volume(probabilities, pictures, min(candidate.threshold for candidate in candidates))
    parts = [slice(None)] if together else [slice(place, place + 1) for place in range(len(truths))]
    for places, part in product(_group_cuts(candidates), parts):
        first = candidates[places[0]]
        labels = label_volume(first.cut(sources[first.crf][part]), slices[part])
        areas = component_areas(labels)
        kept = np.array([keep_components(areas, candidates[place].components, candidates[place].minimum_area) for place in places])
        hits, misses = _pixels_of_components(labels, truths[part], len(areas))
        tp[places, part], fp[places, part] = kept @ hits.T, kept @ misses.T
    return _score(tp, fp, np.array([np.count_nonzero(truth) for truth in truths], float))


def try_on_validation(
    probability: npt.NDArray[Any],
    index: pd.DataFrame,
    preparation: Preparation,
    read_truth: Callable[[str], Mask | None],
    read_image: ReadImage,
    candidates: Sequence[PostProcessing],
) -> list[Trial]:
    """Score every candidate on each validation patient, holding one patient at a time.

    Args:
        probability: `(n, size, size)`, 0..1, possibly on disk.
        index: `n` rows of `case_id, patient, slice, split, top, left, side, height, width`; rows of a patient side by side, in order.
        preparation: What made the network's input.
        read_truth: Gives the native mask of a case, or null where it has none.
        read_image: Gives the stored image of a case; asked only where a candidate has the field.
        candidates: What is tried.

    Returns:
        A trial for each patient with validation slices, all of which have a mask.
    """
    trials = []
    for own in patient_rows(index):
        # Where slices are split and not patients, only those of the validation count.
        places = own[index["split"].iloc[own] == "validation"]
        if not len(places):
            continue
        rows = index.iloc[places]
        truths = [truth for truth in map(read_truth, rows["case_id"]) if truth is not None]
        if len(truths) == len(rows):
            native = restore_rows(probability[places], rows, preparation)
            pictures = read_pictures(rows, preparation, read_image) if any(each.crf for each in candidates) else []
            together = preparation.unit == "patient"
            trials.append(try_candidates(native, truths, rows["slice"].tolist(), candidates, pictures, together=together))
    return trials


def _group_cuts(candidates: Sequence[PostProcessing]) -> list[list[int]]:
    groups: dict[tuple[bool, bool, float], list[int]] = {}
    for place, candidate in enumerate(candidates):
        groups.setdefault((candidate.crf, candidate.fill_holes, candidate.threshold), []).append(place)
    return list(groups.values())


def _pixels_of_components(labels: Sequence[Labels], truths: Sequence[Mask], number: int) -> tuple[Floats, Floats]:
    hits = np.array([np.bincount(each[truth], minlength=number + 1)[1:] for each, truth in zip(labels, truths, strict=True)], float)
    misses = np.array([np.bincount(each[~truth], minlength=number + 1)[1:] for each, truth in zip(labels, truths, strict=True)], float)
    return hits, misses


def _score(tp: Floats, fp: Floats, tumour: Floats) -> Trial:
    overlap = tp.sum(axis=1)
    missed = tumour.sum() - overlap
    volume_dice = np.where(has_tumour(overlap, missed), dice(overlap, fp.sum(axis=1), missed), np.nan)
    empty = tumour == 0
    return Trial(volume_dice, (fp[:, empty] == 0).sum(axis=1), int(empty.sum()))
