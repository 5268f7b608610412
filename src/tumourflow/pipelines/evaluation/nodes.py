"""Nodes of the evaluation room."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.curation.leakage import leakage_marks
from tumourflow.datasets import ArrayStore, ImageFolder, ImageStore, TableStore
from tumourflow.folds.checks import keep_fold
from tumourflow.folds.pooled import pool_folds
from tumourflow.folds.recipe import describe_trained, fingerprint_recipe
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.definitions import agree_on_units
from tumourflow.measures.effects import PLAIN_STEP, tabulate_effects
from tumourflow.measures.methods import NETWORK, keep_judged, name_method
from tumourflow.measures.scores import DESCRIBED, READ, SCORES, Spacing, list_scored, score_slice
from tumourflow.measures.seeds import BETWEEN_SEEDS, spread_by_split
from tumourflow.measures.summary import summarise, summarise_by_group
from tumourflow.options import PredictionOptions, SplittingOptions
from tumourflow.options.agreement import require_agreement
from tumourflow.types import CROSS_VALIDATED, KerasModel


def score_cases(
    predicted_masks: ImageFolder,
    probabilities: ArrayStore,
    model_input: ArrayStore,
    images: ImageStore,
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    leakage_report: Mapping[str, Any],
    scheduler: str,
) -> pd.DataFrame:
    """Measure every slice that has a mask, train, validation and test alike.

    Returns:
        One row a slice: `case_id, patient, group, site, slice, split`, what `score_slice` gives, and whether the split is `leaky`; sorted
        by patient and slice.
    """
    rows = pd.DataFrame({"case_id": model_input.index["case_id"], "row": range(len(model_input.index))})
    scored = list_scored(cases, splits).merge(rows, on="case_id")
    probability, target = probabilities["probability"], model_input["masks"]
    # Rows travel instead of the stores, whose tables would be sent along with every case where the workers are processes.
    inputs = (
        (case_id, mask, np.array(probability[row]), np.array(target[row]), (height, width))
        for case_id, mask, height, width, row in scored[[*READ, "row"]].itertuples(index=False, name=None)
    )
    measure = partial(_score, predicted_masks=predicted_masks, images=images)
    scores = pd.DataFrame(list(map_parallel(measure, inputs, scheduler)), columns=list(SCORES))
    return pd.concat([scored[DESCRIBED], scores], axis=1).assign(leaky=bool(leakage_report["leaky"]))


def score_seeds(
    segmenter: KerasModel,
    segmenter_bundle: Mapping[str, Any],
    model_input: ArrayStore,
    images: ImageStore,
    cases: pd.DataFrame,
    leakage_report: Mapping[str, Any],
) -> pd.DataFrame:
    """Measure the validation and test slices by each network alone, where the segmenter is the average of several seeds.

    Returns:
        The columns of `case_scores` behind that of the `seed`; empty where there is no such average, or where all patients trained.
    """
    from tumourflow.prediction import judged
    from tumourflow.prediction.case_reader import CaseReader

    arrays, reader = (model_input["images"], model_input["masks"]), CaseReader(images, cases)
    scores = judged.score_seeds(segmenter, segmenter_bundle, *arrays, model_input.index, reader)
    scores = scores.merge(cases[["case_id", "group", "site"]], on="case_id")[["seed", *DESCRIBED, *SCORES]]
    return scores.assign(leaky=bool(leakage_report["leaky"]))


def measure_postprocessing(
    segmenter: KerasModel,
    model_input: ArrayStore,
    probabilities: ArrayStore,
    images: ImageStore,
    cases: pd.DataFrame,
    preparation: Mapping[str, Any],
    postprocessing: Mapping[str, Any],
    prediction: PredictionOptions,
    leakage_report: Mapping[str, Any],
) -> pd.DataFrame:
    """Tell what each step of the post-processing adds to the plain threshold of .5 on validation and test patients, nil included.

    What the mirror image, the enlarged image and the patient's own statistics add is told too, where they are used: for each, these
    patients are predicted once more.

    Returns:
        The table of `tabulate_effects`; empty where all patients trained.
    """
    from tumourflow.prediction.case_reader import CaseReader
    from tumourflow.prediction.effects import count_steps, count_without, list_steps
    from tumourflow.prediction.postprocessing import PostProcessing

    reader = CaseReader(images, cases)
    steps, restored = list_steps(PostProcessing.from_dict(postprocessing), prediction), Preparation.from_dict(preparation)
    counts = count_steps(probabilities["probability"], probabilities.index, restored, reader.read_truth, reader.read_image, steps)
    if len(counts):
        seen, index = model_input["images"], model_input.index
        without = count_without(segmenter, seen, index, restored, reader.read_truth, reader.read_image, prediction)
        counts = pd.concat([each for each in (without, counts) if len(each)], ignore_index=True)
    counts = counts.merge(cases[["case_id", "group"]], on="case_id")
    settings = {name: step.describe() for name, step in steps.items()}
    settings["mirrors"] = f"mean with the mirror image, {settings[PLAIN_STEP]}"
    settings["multi_scale"] = f"mean with the image enlarged by half, {settings[PLAIN_STEP]}"
    settings["patient_statistics"] = f"normalised by the patient, {settings[PLAIN_STEP]}"
    return tabulate_effects(counts, settings, leaky=leakage_report["leaky"])


def fingerprint_parameters(
    cases: pd.DataFrame,
    segmenter_bundle: Mapping[str, Any],
    postprocessing: Mapping[str, Any],
    prediction: PredictionOptions,
    splitting: SplittingOptions,
) -> str:
    """Name what the runs of one cross-validation, and the training on all patients after it, have in common.

    Raises:
        UserError: Where this room is run alone, and the masks were made by other parameters: their scores would be kept under these.
    """
    # What an earlier version has predicted does not say by what.
    require_agreement("prediction", prediction, postprocessing.get("options", {}))
    return fingerprint_recipe(cases, describe_trained(segmenter_bundle, prediction, splitting))


def keep_fold_scores(
    case_scores: pd.DataFrame,
    splits: pd.DataFrame,
    recipe_fingerprint: str,
    segmenter_bundle: Mapping[str, Any],
    leakage_report: Mapping[str, Any],
    folds: int | None,
    fold: int,
) -> list[tuple[str, pd.DataFrame]]:
    """Keep the scores of the test cases of a fold for the runs of the other folds; nothing where the run is no fold or leaks.

    Nor where the network is the average of several: a fold's scores are those of one.
    """
    if "members" in segmenter_bundle["training"]:
        return []
    return keep_fold(case_scores, splits, recipe_fingerprint, leakage_report, folds, fold)


def keep_network_scores(
    case_scores: pd.DataFrame, cases: pd.DataFrame, splits: pd.DataFrame, segmenter_bundle: Mapping[str, Any], recipe_fingerprint: str
) -> list[tuple[str, pd.DataFrame]]:
    """Keep the scores of validation and test patients beside those of other methods on this very split; nothing where all trained."""
    from tumourflow.prediction.bundle import fingerprint_data

    judged, members = keep_judged(case_scores), segmenter_bundle["training"].get("members", ())
    network = f"{segmenter_bundle['network']['name']}-{recipe_fingerprint[:8]}" + (f"-mean{len(members)}" if members else "")
    return [(name_method(fingerprint_data(cases, splits), NETWORK, network), judged)] if len(judged) else []


def pool_fold_scores(
    fold_scores: TableStore,
    recipe_fingerprint: str,
    leakage_report: Mapping[str, Any],
    folds: int | None,
    segmenter_bundle: Mapping[str, Any],
) -> dict[str, Any]:
    """Pool the folds of this run's cross-validation, or those that tell what to expect of a network trained on all patients.

    Of the average of a cross-validation's networks it is that one and no other.

    Returns:
        `complete, folds, finished, missing`, and `cross_validated` (`{measure: {value, low, high, n, unit}}`) or a `note` on what is
        missing; empty where the run has nothing to do with a cross-validation.
    """
    if not folds and leakage_report["protocol"] != "all":
        return {}
    averaged = {member["fold"] for member in segmenter_bundle["training"].get("members", ()) if "fold" in member}
    return pool_folds(fold_scores, recipe_fingerprint, folds or len(averaged) or None)


def summarise_scores(
    case_scores: pd.DataFrame, leakage_report: Mapping[str, Any], cross_validated_metrics: Mapping[str, Any], seed_scores: pd.DataFrame
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summarise every measure by split, and by site and tumour size within each split.

    Returns:
        `{split: {measure: {value, low, high, n, unit}}}` and `{split: {grouping: {group: {measure: {...}}}}}`, both with `leaky` and
        `protocol` where the split leaks; in the first also `between_seeds`, what `spread_by_split` gives, where there are several seeds.
        Where all patients trained, the result is what cross-validation told, or a `note` that it is still to be done: figures of
        patients that were trained on tell nothing.
    """
    protocol = leakage_report["protocol"]
    if protocol == "all":
        told = {name: cross_validated_metrics[name] for name in (CROSS_VALIDATED, "note") if name in cross_validated_metrics}
        return {"protocol": protocol, **told}, {"protocol": protocol}
    marks = leakage_marks(leakage_report)
    scores, of_seeds = agree_on_units([case_scores, seed_scores])
    spread = {BETWEEN_SEEDS: spread_by_split(of_seeds)} if len(of_seeds) else {}
    return {**summarise(scores), **spread, **marks}, {**summarise_by_group(scores), **marks}


def _score(
    case: tuple[str, str, npt.NDArray[np.float16], npt.NDArray[np.uint8], Spacing], predicted_masks: ImageFolder, images: ImageStore
) -> dict[str, int | float]:
    case_id, mask, probability, target, spacing = case
    return score_slice(images.read_mask(mask), predicted_masks.read(case_id), probability, target, spacing)
