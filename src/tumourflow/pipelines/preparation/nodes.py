"""Nodes of the preparation room."""

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from tumourflow.curation.description import count_channels, have_order
from tumourflow.datasets import ArrayStore, ImageStore
from tumourflow.figures.banner import mark_leaky
from tumourflow.imaging.intensity import require_channels
from tumourflow.imaging.model_input import prepare_volume, tell_lost_tumours
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.preparation import Preparation
from tumourflow.imaging.steps import follow_steps
from tumourflow.options import IngestionOptions, PreparationOptions, TrainingOptions
from tumourflow.options.plan import Plan, planned_preparation
from tumourflow.types import ArrayChunk, Figure, Pixels, Stream

SHEET_PATIENTS = 5

logger = logging.getLogger(__name__)


def describe_preparation(
    cases: pd.DataFrame, plan: Plan, preparation: PreparationOptions, training: TrainingOptions, ingestion: IngestionOptions
) -> dict[str, Any]:
    """Decide what the network sees, from the options, the plan and what the cohort has.

    Args:
        cases: One row a case with `slice` and `channels`.
        plan: What was planned.
        preparation: What is wanted.
        training: Whether there is anything to plan.
        ingestion: Names the lead channel.

    Returns:
        The `Preparation` as a dictionary. Without an order of slices its context is 0 and every slice is measured alone.

    Raises:
        UserError: Where no case has the lead channel.
    """
    channels, ordered = count_channels(cases, ingestion.lead_channel), have_order(cases)
    options = planned_preparation(plan, preparation, training)
    if options.context and not ordered:
        logger.info("The cohort has no order of slices: `preparation.context` is 0 instead of %d.", options.context)
    values = options.model_dump() | {"context": options.context if ordered else 0, "unit": "patient" if ordered else "slice"}
    return Preparation(**values, lead_channel=ingestion.lead_channel, channels=channels).to_dict()


def prepare_model_input(
    images: ImageStore, cases: pd.DataFrame, splits: pd.DataFrame, preparation: Mapping[str, Any], scheduler: str
) -> Stream[ArrayChunk]:
    """Prepare all cases that have a split, one patient at a time.

    Args:
        images: Store of images and masks.
        cases: One row a case with `case_id, patient, slice, image, mask, tumour_pixels`; an empty `mask` means that there is none.
        splits: One row a case with `case_id, split`.
        preparation: What `describe_preparation` decided.
        scheduler: Where the work runs.

    Returns:
        One chunk a patient, in the order of patients and slices.
    """
    wanted = cases.merge(splits[["case_id", "split"]], on="case_id", validate="one_to_one")
    wanted = wanted.sort_values(["patient", "slice", "case_id"], ignore_index=True)
    patients = [rows for _, rows in wanted.groupby("patient", sort=False)]
    recipe = Preparation.from_dict(preparation)
    prepare = partial(_prepare_patient, images, recipe)
    return Stream(lambda: tell_lost_tumours(map_parallel(prepare, patients, scheduler), wanted, recipe))


def draw_preparation_sheet(
    images: ImageStore,
    cases: pd.DataFrame,
    model_input: ArrayStore,
    preparation: Mapping[str, Any],
    ingestion: IngestionOptions,
    leakage_report: Mapping[str, Any],
) -> Figure:
    """Show all channels of a slice of some patients before and after.

    Args:
        images: Store of images.
        cases: One row a case with `case_id, image`.
        model_input: Prepared slices.
        preparation: What `describe_preparation` decided.
        ingestion: Names the channels.
        leakage_report: The gate's report.

    Returns:
        The figure.
    """
    from tumourflow.figures.preparation_sheet import PreparedExample, draw_prepared

    recipe = Preparation.from_dict(preparation)
    examples = []
    for row, case_id, stored in _read_examples(images, cases, model_input):
        facts, mask = model_input.index.iloc[row], model_input["masks"][row] > 0
        box = (int(facts["top"]), int(facts["left"]), int(facts["side"]))
        examples.append(PreparedExample(case_id, require_channels(stored[case_id], recipe.channels), model_input["images"][row], mask, box))
    return mark_leaky(draw_prepared(examples, _channel_names(ingestion, recipe), recipe.picture_window), leakage_report)


def draw_preparation_steps(
    images: ImageStore,
    cases: pd.DataFrame,
    model_input: ArrayStore,
    preparation: Mapping[str, Any],
    ingestion: IngestionOptions,
    leakage_report: Mapping[str, Any],
) -> Figure:
    """Show what each step does to the lead channel of the slices of `draw_preparation_sheet`, from the same inputs.

    Returns:
        The figure.
    """
    from tumourflow.figures.preparation_steps import draw_steps

    recipe = Preparation.from_dict(preparation)
    examples = []
    for row, case_id, stored in _read_examples(images, cases, model_input):
        volume = list(stored.values()) if recipe.unit == "patient" else [stored[case_id]]
        prepared, mask = model_input["images"][row], model_input["masks"][row] > 0
        examples.append(follow_steps(case_id, stored[case_id], volume, prepared, mask, recipe))
    return mark_leaky(draw_steps(examples, _channel_names(ingestion, recipe)[recipe.lead_channel]), leakage_report)


def _read_examples(images: ImageStore, cases: pd.DataFrame, model_input: ArrayStore) -> Iterator[tuple[int, str, dict[str, Pixels]]]:
    from tumourflow.figures.examples import choose_rows

    index, keys = model_input.index, cases.set_index("case_id")["image"]
    for row in choose_rows(index, SHEET_PATIENTS):
        of_patient = index["case_id"][index["patient"] == index["patient"].iloc[row]]
        yield row, str(index["case_id"].iloc[row]), {str(case_id): images.read(keys[case_id]) for case_id in of_patient}


def _channel_names(ingestion: IngestionOptions, recipe: Preparation) -> list[str]:
    names = [*ingestion.channels, *(f"channel {channel}" for channel in range(len(ingestion.channels), recipe.channels))]
    return names[: recipe.channels]


def _prepare_patient(images: ImageStore, preparation: Preparation, cases: pd.DataFrame) -> ArrayChunk:
    volume = [images.read(key) for key in cases["image"]]
    masks = [images.read_mask(key) if key else None for key in cases["mask"]]
    return prepare_volume(volume, masks, cases, preparation)
