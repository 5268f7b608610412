"""Nodes of the prediction room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.datasets import ArrayStore, ImageStore
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import IngestionOptions, PredictionOptions
from tumourflow.options.agreement import require_scale
from tumourflow.options.networks import describe_network
from tumourflow.types import ArrayChunk, KerasModel, Mask, Stream


def predict_cases(
    segmenter: KerasModel,
    model_input: ArrayStore,
    preparation: Mapping[str, Any],
    options: PredictionOptions,
    training_record: Mapping[str, Any],
) -> Stream[ArrayChunk]:
    """Predict every slice of every split at the network's resolution.

    Returns:
        Stream of `probability`, float16 `(n, size, size)`, with the index of `model_input`.

    Raises:
        UserError: Where larger images are asked for and the network, which an earlier run may have trained, cannot see them.
    """
    from tumourflow.networks import choose_precision, convert_precision
    from tumourflow.prediction.slice_predictor import make_predictor

    if options.multi_scale:
        require_scale(preparation["size"], training_record["options"])

    def predict() -> Iterator[ArrayChunk]:
        index, layout = model_input.index, Preparation.from_dict(preparation).layout
        network = convert_precision(segmenter, choose_precision())
        done = 0
        predictor = make_predictor(network, layout, **options.ways)
        for probability in predictor.predict(model_input["images"], index):
            rows = index.iloc[done : done + len(probability)]
            yield ArrayChunk(rows, {"probability": probability.astype(np.float16)})
            done += len(probability)

    return Stream(predict)


def choose_postprocessing(
    probabilities: ArrayStore, images: ImageStore, cases: pd.DataFrame, preparation: Mapping[str, Any], options: PredictionOptions
) -> dict[str, Any]:
    """Choose what the options leave open, on the validation patients only.

    Returns:
        What `PostProcessing` holds, on how many patients it was chosen, by which rule, and the scores of all candidates; what
        `fit_confidence` gives; and the `options`, which tell what was chosen from what was given.
    """
    from tumourflow.prediction.case_reader import CaseReader
    from tumourflow.prediction.choose import choose_candidate
    from tumourflow.prediction.confidence import fit_confidence
    from tumourflow.prediction.trials import list_candidates, try_on_validation

    reader, candidates, restored = CaseReader(images, cases), list_candidates(options), Preparation.from_dict(preparation)
    index = probabilities.index
    trials = try_on_validation(probabilities["probability"], index, restored, reader.read_truth, reader.read_image, candidates)
    chosen = choose_candidate(candidates, trials)
    confidence = fit_confidence(probabilities["probability"], index, restored, chosen["threshold"], reader.read_truth)
    return chosen | {"confidence": confidence, "options": options.model_dump(mode="json")}


def bundle_segmenter(
    preparation: Mapping[str, Any],
    postprocessing: Mapping[str, Any],
    augmentation_policy: Mapping[str, Any],
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    leakage_report: Mapping[str, Any],
    training_record: Mapping[str, Any],
    prediction: PredictionOptions,
    ingestion: IngestionOptions,
) -> dict[str, Any]:
    """Gather all that use of the network needs: the same preparation, views, threshold and components as when it was judged.

    Returns:
        Content of `segmenter.json`.
    """
    from tumourflow.prediction.bundle import CLASSES, describe_channels, describe_origin, describe_training
    from tumourflow.prediction.postprocessing import PostProcessing

    return {
        **describe_origin(cases, splits, leakage_report),
        **describe_channels(ingestion.channels),
        **describe_training(preparation, training_record),
        "classes": list(CLASSES),
        "network": describe_network(training_record["options"]),
        **prediction.ways,
        "postprocessing": PostProcessing.from_dict(postprocessing).to_dict(),
        "confidence": postprocessing.get("confidence"),
        "augmentation": dict(augmentation_policy),
    }


def postprocess_masks(
    probabilities: ArrayStore, images: ImageStore, cases: pd.DataFrame, preparation: Mapping[str, Any], postprocessing: Mapping[str, Any]
) -> Stream[tuple[str, Mask]]:
    """Bring the probabilities back to native resolution and make masks of them, patient by patient.

    Returns:
        Stream of `(case_id, mask)`, the mask `(height, width)` booleans.
    """
    from tumourflow.prediction.case_reader import CaseReader
    from tumourflow.prediction.postprocessing import PostProcessing
    from tumourflow.prediction.volumes import segment_volumes

    restored, chosen, reader = Preparation.from_dict(preparation), PostProcessing.from_dict(postprocessing), CaseReader(images, cases)
    return Stream(lambda: segment_volumes(probabilities["probability"], probabilities.index, restored, chosen, reader.read_image))
