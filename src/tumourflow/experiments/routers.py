"""A router of all cohorts, and one more for each cohort that is left out, so that it is judged by images whose like it never saw."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import numpy.typing as npt
import pandas as pd

from tumourflow.curation.modalities import UNSEEN, leave_out, list_modalities
from tumourflow.experiments.routing import RouterInput, score_genuine, score_intruders, train_router
from tumourflow.measures.routers import ROUTER
from tumourflow.options import AugmentationOptions, ClassificationOptions, TrainingOptions
from tumourflow.training import Trained
from tumourflow.training.curves import continue_steps
from tumourflow.types import KerasModel, Listener

logger = logging.getLogger(__name__)


def train_each(
    seen: RouterInput,
    chosen: pd.DataFrame,
    cohorts: tuple[str, ...],
    *,
    augmentation: AugmentationOptions,
    classification: ClassificationOptions,
    options: TrainingOptions,
    seed: int,
    listener: Listener,
) -> dict[str, Trained]:
    """Train the router, and one more for each cohort that is left out; all with the same seed and budget.

    Args:
        seen: Prepared images.
        chosen: What `choose_images` gave.
        cohorts: Those that are left out in turn.
        augmentation: What changes from image to image.
        classification: Which network.
        options: How and for how long each.
        seed: Of all trainings.
        listener: Called with the figures of the trainings, one after the other, and closed at the end of each.

    Returns:
        What each training left, by the cohort that was left out; that of the router itself under an empty name.
    """
    made: dict[str, Trained] = {}
    for cohort in ("", *cohorts):
        logger.info("Training the router%s.", f" without {cohort}" if cohort else "")
        with closing(listener):
            made[cohort] = train_router(
                seen,
                leave_out(chosen, cohort) if cohort else chosen,
                list_modalities(chosen),
                augmentation=augmentation,
                classification=classification,
                options=options,
                seed=seed,
                listener=continue_steps(listener, sum(int(each.record["steps"]) for each in made.values())),
            )
    return made


def score_each(
    router: KerasModel,
    unseen_routers: Mapping[str, KerasModel],
    seen: RouterInput,
    chosen: pd.DataFrame,
    intruders: tuple[npt.NDArray[Any], pd.DataFrame],
) -> pd.DataFrame:
    """Ask every router about all images, those that judge also turned upside down, and about all intruders.

    Args:
        router: The router of all cohorts.
        unseen_routers: The others, by the cohort that each was trained without.
        seen: Prepared images.
        chosen: What `choose_images` gave.
        intruders: Prepared pictures `(n, height, width, channels)` and their index of `case_id, kind, split`.

    Returns:
        Rows of `score_genuine` and `score_intruders`, with the name of the `router`: `router`, or that of the split which it never saw.
    """
    classes = list_modalities(chosen)
    asked = {ROUTER: (router, chosen)}
    asked |= {UNSEEN + cohort: (model, leave_out(chosen, cohort)) for cohort, model in unseen_routers.items()}
    tables = []
    for name, (model, images) in asked.items():
        genuine = score_genuine(model, seen, images, classes)
        tables += [table.assign(router=name) for table in (genuine, score_intruders(model, *intruders, classes))]
    return pd.concat(tables, ignore_index=True)
