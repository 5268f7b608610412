"""Whether a router can be taught with the images of a union, told before anything is trained."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from tumourflow.curation.classes import require_one_writing
from tumourflow.errors import UserError


def require_modalities(cases: pd.DataFrame, unseen: Collection[str]) -> None:
    """Make sure that there are modalities to tell apart, also where a cohort is left out.

    Args:
        cases: The table of cases of a union.
        unseen: Cohorts that are left out in turn.

    Raises:
        UserError: If there are fewer than two modalities, one is written in two ways, or a cohort to leave out is not there or is the
            only one of its modality.
    """
    cohorts = cases.groupby("label")["site"].agg(set)
    require_one_writing(list(map(str, cohorts.index)))
    if len(cohorts) < 2:
        found = ", ".join(f"`{label}`" for label in cohorts.index)
        msg = f"A router tells modalities apart, but all images are {found}: name cohorts of another under `ingestion.cohorts`."
        raise UserError(msg)
    for cohort in unseen:
        if cohort not in set().union(*cohorts):
            msg = f"`router.unseen` names {cohort}, which is no cohort of the union: {', '.join(sorted(set(cases['site'])))}."
            raise UserError(msg)
        for label, names in cohorts.items():
            if names == {cohort}:
                msg = (
                    f"`router.unseen` names {cohort}, but without it no image is `{label}`: leave out a cohort whose modality others have."
                )
                raise UserError(msg)


def require_cohorts(images: pd.DataFrame, named: Iterable[str]) -> None:
    """Make sure that every cohort of a union has images left: curation leaves out what is not like most, which may be a whole cohort.

    Args:
        images: What `choose_images` gave.
        named: The cohorts of the union.

    Raises:
        UserError: Naming the first that has none.
    """
    lost = next((cohort for cohort in named if cohort not in set(images["cohort"])), None)
    if lost is not None:
        msg = f"`ingestion.cohorts` names {lost}, but none of its images is left: all are blank, or curation left them out, and the ledger "
        raise UserError(msg + "says why. Switch that rule off (`curation.off`), or take the cohort out of the union.")


def require_sides(images: pd.DataFrame) -> None:
    """Make sure that there is something of each modality to be taught with, and something to choose a threshold on.

    Args:
        images: What `choose_images` gave.

    Raises:
        UserError: Naming the modality that nothing is taught of, or saying that nobody validates.
    """
    taught = set(images.loc[images["taught"], "label"])
    for label in sorted(set(images["label"]) - taught):
        msg = f"No image that is `{label}` is trained on: a router needs training images of every modality. Look at the split."
        raise UserError(msg)
    if not (images["split"] == "validation").any():
        msg = "A router chooses its threshold on validation images, and there are none: take `protocol` patient, or another split."
        raise UserError(msg)


def require_left(images: pd.DataFrame, cohort: str) -> None:
    """Make sure that a router can be taught, and its threshold chosen, where a cohort is left out.

    Args:
        images: What `leave_out` gave.
        cohort: Name of the cohort.

    Raises:
        UserError: Naming the cohort, and what nothing is left of.
    """
    lacking = sorted(set(images["label"]) - set(images.loc[images["taught"], "label"]))
    if lacking or not (images["split"] == "validation").any():
        what = f"image that is `{lacking[0]}` is left to train on" if lacking else "validation image is left to choose the threshold on"
        msg = f"`router.unseen` names {cohort}, but without it, and without those who belong together with its patients, no {what}: "
        raise UserError(msg + "take it out of `router.unseen`, or add cohorts of other patients.")
