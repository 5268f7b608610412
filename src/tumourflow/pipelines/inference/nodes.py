"""Nodes of the inference room."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from tumourflow.datasets import MaskFolder, RegisteredModels, ResultStore
from tumourflow.datasets.fingerprint import take_fingerprint
from tumourflow.inference.gather import Gathered, gather_volumes
from tumourflow.inference.models import Chosen, ModelAtHand, choose_models, find_step, tell_passed_over
from tumourflow.inference.place import open_input
from tumourflow.inference.sequences import find_joining
from tumourflow.inference.windows import find_kind_window, find_router_window, tell_windows
from tumourflow.options import InferenceOptions
from tumourflow.types import KerasModel, Mask, Pixels, Stream

if TYPE_CHECKING:
    from tumourflow.inference.inspect import Inspector
    from tumourflow.radiomics.type_model import TypeModel
    from tumourflow.serving.registry import Champion

logger = logging.getLogger(__name__)

TOLD_EVERY = 500
"""Images after which it is said how far an inference is."""


def list_inputs(input: str | None, inference_models: Chosen, modality: str | None) -> Gathered:
    """Sort what lies in the input into volumes of patients, whose sequences are joined as the models take them; no pixel is read.

    Returns:
        The volumes, and the files that are no images.

    Raises:
        UserError: Where nothing is named, it is missing or empty, or no file can be an image.
    """
    joining = find_joining(inference_models, modality)
    sequences = joining.bundle["sequences"] if joining else ()
    gathered = gather_volumes(open_input(input), sequences)
    if joining and any(volume.form == "nifti" for volume in gathered.volumes):
        logger.info("NIfTI files of one case are joined as %s takes them: %s.", joining.label, ", ".join(sequences))
    images = sum(len(volume.slices) for volume in gathered.volumes)
    patients = len({volume.patient for volume in gathered.volumes})
    logger.info("%d images of %d patients; %d other files.", images, patients, len(gathered.passed_over))
    return gathered


def find_models(registered_models: RegisteredModels, options: InferenceOptions, modality: str | None) -> Chosen:
    """Choose a model for each step and kind of image; none is loaded.

    Returns:
        The models.

    Raises:
        UserError: Where there is none at all, or what is named is not there or of another modality.
    """
    from tumourflow.serving.registry import find_registered, list_champions

    named = [_describe(find_registered(address), address) for address in options.models]
    champions = [_describe(each, f"models:/{each.name}/{each.version}") for each in list_champions()]
    chosen = choose_models(named, [model for model in champions if model.step], registered_models.cohort, modality)
    for line in chosen.describe():
        logger.info("%s.", line)
    leaks = [f"LEAKY: {label} was trained on a split that leaks; what it is said to reach is too much." for label in chosen.leaky]
    for line in (*leaks, *tell_passed_over(filter(None, champions), registered_models.cohort), *tell_windows(chosen)):
        logger.warning("%s", line)
    return chosen


def inspect_inputs(
    inference_inputs: Gathered, inference_models: Chosen, inference_results: ResultStore, modality: str | None, scheduler: str
) -> Stream[tuple[str, bytes]]:
    """Route, detect, segment and type every image that is new, and take over what is known of the others.

    Returns:
        Stream of the masks' names and files.
    """
    from tumourflow.inference.results import describe_engine, inspect_new, name_volumes, take_fingerprints

    volumes = name_volumes(inference_inputs)
    fingerprints = take_fingerprints(volumes, take_fingerprint([inference_models.identify(), modality, describe_engine()]))

    @cache
    def inspector() -> Inspector:
        # Where nothing is new, not even the library is loaded that networks need.
        from tumourflow.inference.inspect import Inspector

        return Inspector(inference_models, modality)

    def make() -> Iterator[tuple[str, bytes]]:
        images, done, told = sum(len(volume.slices) for volume in volumes.values()), 0, 0
        window = find_router_window(inference_models)
        for _, result in inspect_new(
            volumes, fingerprints, inference_results, lambda readings: inspector().inspect(readings), scheduler, window
        ):
            yield from result.masks.items()
            done += len(result.rows)
            if done - told >= TOLD_EVERY:
                logger.info("%d of %d images are done.", done, images)
                told = done

    return Stream(make)


def tabulate_findings(
    inference_inputs: Gathered, inference_models: Chosen, inference_masks: MaskFolder, inference_results: ResultStore
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Gather what is told of each image.

    Returns:
        The table of findings, one row an image and one for each file that is none; and how many there are of each, with `leaky`:
        whether a model was trained on a split that leaks.

    Raises:
        UserError: Where no image could be read.
    """
    from tumourflow.inference.findings import count_findings, require_readable, tabulate
    from tumourflow.inference.results import list_rows

    del inference_masks  # they are complete, and so is what was kept beside them
    findings = tabulate(list_rows(inference_inputs, inference_results))
    require_readable(findings, inference_inputs.place.name)
    return findings, count_findings(findings) | {"leaky": bool(inference_models.leaky)}


def render_report(inference_inputs: Gathered, inference_models: Chosen, findings: pd.DataFrame, inference_masks: MaskFolder) -> str:
    """Make the page of what was found, with images as the models of their kinds saw them.

    Returns:
        HTML that needs nothing else.

    Raises:
        UserError: Where an image has gone since it was inspected.
    """
    from tumourflow.inference.reading import read_again
    from tumourflow.reports.inference_page import render_inference

    images = {each.source: each for volume in inference_inputs.volumes for each in volume.slices}
    masks = dict(zip(findings["source"], findings["mask"], strict=True))
    kinds = dict(zip(findings["source"], findings["input_kind"], strict=True))

    def read_image(source: str) -> Pixels:
        return read_again(images[source], find_kind_window(inference_models, kinds[source]))

    def read_mask(source: str) -> Mask | None:
        return inference_masks.read(masks[source]) if masks[source] else None

    return render_inference(findings, read_image, read_mask, leaky=inference_models.leaky)


def _describe(found: Champion, address: str) -> ModelAtHand:
    load = load_types if found.task == "typing" else load_network
    step = find_step(found.name, found.bundle)
    return ModelAtHand(found.label, step, found.bundle.get("input_kind") or "", found.bundle, partial(load, address))


def load_network(address: str) -> KerasModel:
    """Load a network of the registry or of a file."""
    from tumourflow.serving.registry import load_registered

    return load_registered(address).model


def load_types(address: str) -> TypeModel:
    """Load a model that tells types from masks."""
    from tumourflow.serving.typing_model import load_type_model

    return load_type_model(address)
