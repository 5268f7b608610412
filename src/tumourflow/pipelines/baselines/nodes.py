"""Nodes of the baselines room: tune, segment and score without learning."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.classical.patients import choose_tuning_cases as draw_cases
from tumourflow.classical.patients import read_volumes, require_judges
from tumourflow.classical.tuning import tune_methods as tune_all
from tumourflow.classical.volume import Recipe, Volume, segment_volume
from tumourflow.curation.leakage import leakage_marks
from tumourflow.datasets import ArrayStore, ImageFolder, ImageStore
from tumourflow.figures.banner import mark_leaky
from tumourflow.figures.outlines import choose_slices, draw_outlines
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.definitions import agree_on_units
from tumourflow.measures.methods import CLASSICAL, choose_best, keep_judged, name_method
from tumourflow.measures.scores import READ, SCORES, list_scored, score_masks
from tumourflow.measures.summary import summarise
from tumourflow.options import BaselineOptions, IngestionOptions
from tumourflow.types import Figure, Float32, Mask, Stream

logger = logging.getLogger(__name__)


def choose_tuning_cases(
    cases: pd.DataFrame, splits: pd.DataFrame, leakage_report: Mapping[str, Any], baselines: BaselineOptions, seed: int
) -> pd.DataFrame:
    """Draw the training and validation patients that parameters are chosen on.

    Returns:
        `case_id, patient, slice, split`.

    Raises:
        UserError: Where the cohort has no masks, or every patient trains.
    """
    require_judges(cases, leakage_report["protocol"])
    return draw_cases(cases, splits, baselines.slices, seed)


def tune_methods(
    model_input: ArrayStore, preparation: Mapping[str, Any], tuning_cases: pd.DataFrame, leakage_report: Mapping[str, Any], scheduler: str
) -> dict[str, Any]:
    """Choose each method's parameters on training patients, and the tolerance of the growing region on validation patients.

    Returns:
        `tuned_on`, the patients and slices of either split; `methods`, what was chosen for each and how well that did; `protocol`, `leaky`.
    """

    def read(split: str) -> Iterator[Volume]:
        return (volume for _, volume in _read(model_input, tuning_cases[tuning_cases["split"] == split], preparation))

    tuned = tune_all(partial(read, "train"), partial(read, "validation"), scheduler)
    counts = tuning_cases.groupby("split").agg(patients=("patient", "nunique"), slices=("case_id", "size"))
    return {
        "tuned_on": {str(split): {name: int(count) for name, count in row.items()} for split, row in counts.iterrows()},
        "methods": {name: chosen.to_dict() for name, chosen in tuned.items()},
        "protocol": leakage_report["protocol"],
        "leaky": leakage_report["leaky"],
    }


def segment_cases(
    model_input: ArrayStore, preparation: Mapping[str, Any], baseline_choices: Mapping[str, Any], scheduler: str
) -> Stream[tuple[str, Mask]]:
    """Find the tumour in every case by every method, patient by patient.

    Returns:
        Stream of `<method>/<case_id>` and the mask at native resolution, `(height, width)` booleans.
    """
    recipes = [Recipe.from_dict(name, chosen) for name, chosen in baseline_choices["methods"].items()]
    boxes = model_input.index.set_index("case_id")[["top", "left", "side", "height", "width"]].T.to_dict("list")
    restore = partial(_restore, boxes, Preparation.from_dict(preparation))

    def segment() -> Iterator[tuple[str, Mask]]:
        volumes = _read(model_input, model_input.index, preparation)
        work = ((case_ids, volume, recipe) for case_ids, volume in volumes for recipe in recipes)
        for case_ids, method, masks in map_parallel(_segment, work, scheduler):
            yield from ((f"{method}/{case_id}", restore(case_id, mask)) for case_id, mask in zip(case_ids, masks, strict=True))

    return Stream(segment)


def score_baselines(
    baseline_masks: ImageFolder,
    images: ImageStore,
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    baseline_choices: Mapping[str, Any],
    leakage_report: Mapping[str, Any],
    scheduler: str,
) -> pd.DataFrame:
    """Measure every slice that has a mask, by every method, as a network is measured.

    Returns:
        One row a slice and method: `case_id, patient, group, site, slice, split, method`, what `score_slice` gives, and whether the
        split is `leaky`; losses are missing, as there are no probabilities.
    """
    scored = list_scored(cases, splits)
    methods = list(baseline_choices["methods"])
    measure = partial(_score, methods=methods, baseline_masks=baseline_masks, images=images)
    measured = map_parallel(measure, scored[READ].itertuples(index=False, name=None), scheduler)
    scores = pd.DataFrame([row for rows in measured for row in rows], columns=list(SCORES))
    facts = scored.drop(columns=READ[1:]).loc[scored.index.repeat(len(methods))].reset_index(drop=True)
    return pd.concat([facts.assign(method=methods * len(scored)), scores], axis=1).assign(leaky=bool(leakage_report["leaky"]))


def summarise_baselines(baseline_scores: pd.DataFrame, leakage_report: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summarise every measure by split, of the method that validation patients choose and of all.

    Returns:
        `{split: {measure: {value, low, high, n, unit}}}` of the best method, whose name is `method`, and `{method: {split: {...}}}`; both
        with `leaky` and `protocol` where the split leaks.
    """
    marks = leakage_marks(leakage_report)
    [agreed] = agree_on_units([baseline_scores])
    by_method = {str(name): rows for name, rows in agreed.groupby("method", sort=False)}
    best, figures = choose_best(by_method), {name: summarise(rows) for name, rows in by_method.items()}
    logger.info("Best of %d classical methods on validation patients: %s.", len(figures), best)
    return {"method": best, **figures[best], **marks}, {**figures, **marks}


def keep_baseline_scores(baseline_scores: pd.DataFrame, cases: pd.DataFrame, splits: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Keep the scores of validation and test patients beside those of the networks on this very split."""
    from tumourflow.prediction.bundle import fingerprint_data

    fingerprint = fingerprint_data(cases, splits)
    judged = keep_judged(baseline_scores).groupby("method", sort=False)
    return [(name_method(fingerprint, CLASSICAL, str(name)), rows.drop(columns="method")) for name, rows in judged]


def draw_baseline_outlines(
    baseline_masks: ImageFolder,
    images: ImageStore,
    cases: pd.DataFrame,
    baseline_scores: pd.DataFrame,
    ingestion: IngestionOptions,
    leakage_report: Mapping[str, Any],
) -> Figure:
    """Draw what every method makes of some slices of test patients, or of validation patients where nobody tests."""
    chosen = choose_slices(baseline_scores)
    keys = cases.set_index("case_id")[["image", "mask"]]
    pictures = {
        case_id: (images.read(keys["image"][case_id]), images.read_mask(keys["mask"][case_id])) for case_id in chosen["case_id"].unique()
    }
    figure = draw_outlines(chosen, pictures, lambda method, case_id: baseline_masks.read(f"{method}/{case_id}"), ingestion.lead_channel)
    return mark_leaky(figure, leakage_report)


def _read(model_input: ArrayStore, wanted: pd.DataFrame, preparation: Mapping[str, Any]) -> Iterator[tuple[list[str], Volume]]:
    recipe = Preparation.from_dict(preparation)
    arrays = model_input["images"], model_input["masks"]
    return read_volumes(arrays, model_input.index, wanted, recipe.lead_channel, together=recipe.unit == "patient")


def _segment(work: tuple[list[str], Volume, Recipe]) -> tuple[list[str], str, list[Mask]]:
    case_ids, volume, recipe = work
    return case_ids, recipe.method, segment_volume(volume, recipe)


def _restore(boxes: Mapping[Any, list[int]], preparation: Preparation, case_id: str, mask: Mask) -> Mask:
    top, left, side, height, width = boxes[case_id]
    native: Float32 = preparation.restore(mask.astype(np.float32), (top, left, side), (height, width))
    return native >= 0.5


def _score(
    case: tuple[str, str, float, float], methods: Iterable[str], baseline_masks: ImageFolder, images: ImageStore
) -> list[dict[str, int | float]]:
    case_id, mask, *spacing = case
    truth = images.read_mask(mask)
    return [score_masks(truth, baseline_masks.read(f"{method}/{case_id}"), (spacing[0], spacing[1])) for method in methods]
