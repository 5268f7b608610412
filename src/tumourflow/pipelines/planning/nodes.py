"""Nodes of the planning room."""

import logging
from collections.abc import Mapping
from typing import Any

import pandas as pd

from tumourflow.curation.description import count_channels, describe_cases, scale_spread
from tumourflow.curation.sample import choose_sample, look_at
from tumourflow.datasets import ImageStore
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import IngestionOptions, PreparationOptions, TrainingOptions
from tumourflow.options.networks import AUTO
from tumourflow.options.plan import Plan, Reason, take_as_given

logger = logging.getLogger(__name__)


def describe_cohort(
    images: ImageStore, cases: pd.DataFrame, splits: pd.DataFrame, preparation: PreparationOptions, ingestion: IngestionOptions
) -> dict[str, Any]:
    """Describe the patients that are trained on; a plan sees no others.

    Args:
        images: Store of images and masks.
        cases: One row a case with `case_id, patient, slice, image, mask, height, width, channels, tumour_pixels`.
        splits: One row a case with `case_id, split`.
        preparation: How images are cut.
        ingestion: Names the lead channel.

    Returns:
        What `describe_cases` and `look_at` tell, and the spread of the tumours' diameter as a share of what is cut out.
    """
    channels = count_channels(cases, ingestion.lead_channel)
    training = cases[cases["case_id"].isin(splits["case_id"][splits["split"] == "train"])]
    told = describe_cases(training)
    recipe = Preparation(
        size=preparation.size,
        crop=preparation.crop,
        normalisation=preparation.normalisation,
        context=0,
        lead_channel=ingestion.lead_channel,
        channels=channels,
        unit="patient" if told["ordered"] else "slice",
    )
    seen = look_at(images, choose_sample(training), recipe)
    shares = scale_spread(told["tumour_diameter_of_side"], 1 / seen["view_of_side"])
    return {**told, "channels": channels, **seen, "tumour_diameter_of_view": shares}


def plan_training(
    cohort_description: Mapping[str, Any], preparation: PreparationOptions, training: TrainingOptions
) -> tuple[Plan, pd.DataFrame]:
    """Plan what the network sees and which network is trained, where `training.network` is `auto`; else take the parameters as given.

    Args:
        cohort_description: What `describe_cohort` found.
        preparation: Parameters; those that somebody gave stay.
        training: The same.

    Returns:
        The plan in the format of a recipe, and why: one row a parameter.
    """
    if training.network != AUTO:
        plan, reasons = take_as_given(preparation, training)
        return plan, pd.DataFrame(reasons, columns=Reason._fields)
    from tumourflow.networks import choose_precision
    from tumourflow.options.planning import Cohort, make_plan
    from tumourflow.training.machine import describe_machine

    cohort = Cohort.from_description(cohort_description)
    plan, reasons = make_plan(cohort, describe_machine(), choose_precision().removeprefix("mixed_"), preparation, training)
    for reason in reasons:
        logger.info("Planned: %s = %s (%s).", reason.parameter, reason.planned, reason.because)
    return plan, pd.DataFrame(reasons, columns=Reason._fields)
