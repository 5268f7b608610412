"""Nodes of the preparation room."""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from tumourflow.datasets import ArrayStore, ImageStore
from tumourflow.errors import UserError
from tumourflow.imaging.intensity import require_channels
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.preparation import Preparation, prepare_volume
from tumourflow.options import IngestionOptions, PreparationOptions
from tumourflow.types import ArrayChunk, Figure, Stream

SHEET_PATIENTS = 5

logger = logging.getLogger(__name__)


def describe_preparation(cases: pd.DataFrame, options: PreparationOptions, ingestion: IngestionOptions) -> dict[str, Any]:
    """Decide what the network sees, from the options and from what the cohort has.

    Args:
        cases: One row a case with `slice` and `channels`.
        options: What is wanted.
        ingestion: Names the lead channel.

    Returns:
        The `Preparation` as a dictionary. Without an order of slices its context is 0.

    Raises:
        UserError: Where no case has the lead channel.
    """
    channels = int(cases["channels"].max())
    if ingestion.lead_channel >= channels:
        msg = f"`ingestion.lead_channel` is {ingestion.lead_channel}, but the images have {channels} channel(s), counted from 0."
        raise UserError(msg)
    ordered = bool((cases["slice"] != 0).any())
    if options.context and not ordered:
        logger.info("The cohort has no order of slices: `preparation.context` is 0 instead of %d.", options.context)
    values = options.model_dump() | {"context": options.context if ordered else 0}
    return Preparation(**values, lead_channel=ingestion.lead_channel, channels=channels).to_dict()


def prepare_model_input(
    images: ImageStore, cases: pd.DataFrame, splits: pd.DataFrame, preparation: Mapping[str, Any], scheduler: str
) -> Stream[ArrayChunk]:
    """Prepare all cases that have a split, one patient at a time.

    Args:
        images: Store of images and masks.
        cases: One row a case with `case_id, patient, slice, image, mask`; an empty `mask` means that there is none.
        splits: One row a case with `case_id, split`.
        preparation: What `describe_preparation` decided.
        scheduler: Where the work runs.

    Returns:
        One chunk a patient, in the order of patients and slices.
    """
    wanted = cases.merge(splits[["case_id", "split"]], on="case_id", validate="one_to_one")
    wanted = wanted.sort_values(["patient", "slice", "case_id"], ignore_index=True)
    patients = [rows for _, rows in wanted.groupby("patient", sort=False)]
    prepare = partial(_prepare_patient, images, Preparation.from_dict(preparation))
    return Stream(lambda: map_parallel(prepare, patients, scheduler))


def draw_preparation_sheet(
    images: ImageStore, cases: pd.DataFrame, model_input: ArrayStore, preparation: Mapping[str, Any], ingestion: IngestionOptions
) -> Figure:
    """Show a slice of some patients before and after.

    Args:
        images: Store of images.
        cases: One row a case with `case_id, image`.
        model_input: Prepared slices.
        preparation: What `describe_preparation` decided.
        ingestion: Names the channels.

    Returns:
        The figure.
    """
    from tumourflow.figures.examples import choose_rows
    from tumourflow.figures.preparation_sheet import PreparedExample, draw_prepared

    recipe = Preparation.from_dict(preparation)
    keys = cases.set_index("case_id")["image"]
    examples = []
    for row in choose_rows(model_input.index, SHEET_PATIENTS):
        facts = model_input.index.iloc[row]
        before = require_channels(images.read(keys[facts["case_id"]]), recipe.channels)
        box = (int(facts["top"]), int(facts["left"]), int(facts["side"]))
        mask = model_input["masks"][row] > 0
        examples.append(PreparedExample(str(facts["case_id"]), before, model_input["images"][row], mask, box))
    names = [*ingestion.channels, *(f"channel {channel}" for channel in range(len(ingestion.channels), recipe.channels))]
    return draw_prepared(examples, names[: recipe.channels], recipe.picture_window)


def _prepare_patient(images: ImageStore, preparation: Preparation, cases: pd.DataFrame) -> ArrayChunk:
    volume = [images.read(key) for key in cases["image"]]
    masks = [images.read_mask(key) if key else None for key in cases["mask"]]
    return prepare_volume(volume, masks, cases, preparation)
