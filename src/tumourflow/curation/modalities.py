"""Which images of a union a router is taught with, and which it is judged by."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from tumourflow.errors import UserError

COLUMNS = ["case_id", "patient", "group", "cohort", "label", "split", "taught"]

UNSEEN = "unseen_"
"""Begins the name of the split that a cohort is which was left out."""

_PURPOSE = 41


def choose_images(cases: pd.DataFrame, splits: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """List the images that show something, and mark those that are trained on.

    Blank slices, of which nobody could tell what they are of, are left out. Of each cohort at most `most` training images are marked: of
    each patient one in turn, until there are as many.

    Args:
        cases: The table of cases of a union: `site` is the cohort, `label` the modality.
        splits: The split as it passed the gate.
        most: Training images of a cohort.
        seed: Of the choice within a patient.

    Returns:
        `case_id, patient, group, cohort, label, split, taught`, in the order of `cases`.
    """
    table = cases[~cases["blank"].astype(bool)].merge(splits[["case_id", "split"]], on="case_id", validate="one_to_one")
    table = table.rename(columns={"site": "cohort"})
    train = table[table["split"] == "train"]
    shuffled = train.iloc[np.random.default_rng([seed, _PURPOSE]).permutation(len(train))]
    turn = shuffled.groupby("patient").cumcount()
    first = shuffled.assign(turn=turn).sort_values("turn", kind="stable").groupby("cohort").head(most)
    return table.assign(taught=table["case_id"].isin(first["case_id"]))[COLUMNS]


def list_modalities(images: pd.DataFrame) -> list[str]:
    """List the modalities in the order in which networks tell them: by name.

    Args:
        images: What `choose_images` gave.
    """
    return sorted({str(label) for label in images["label"]})


def leave_out(images: pd.DataFrame, cohort: str) -> pd.DataFrame:
    """Make a cohort one that nobody has seen.

    Args:
        images: What `choose_images` gave.
        cohort: Name of the cohort.

    Returns:
        The same with the cohort's images in the split `unseen_<cohort>`, none of them taught. Images of other cohorts in a group with one
        of them are neither taught nor validated with: their split is empty.

    Example:
        >>> table = pd.DataFrame({"group": ["g", "g", "h"], "cohort": ["a", "b", "b"], "split": "train", "taught": True})
        >>> leave_out(table, "a")[["split", "taught"]].to_numpy().tolist()
        [['unseen_a', False], ['', False], ['train', True]]
    """
    own = images["cohort"] == cohort
    akin = ~own & images["group"].isin(images.loc[own, "group"])
    split = images["split"].mask(own, UNSEEN + cohort).mask(akin, "")
    return images.assign(split=split, taught=images["taught"] & ~own & ~akin)


def require_modalities(cases: pd.DataFrame, unseen: Collection[str]) -> None:
    """Make sure that there are modalities to tell apart, also where a cohort is left out.

    Args:
        cases: The table of cases of a union.
        unseen: Cohorts that are left out in turn.

    Raises:
        UserError: If there are fewer than two modalities, or a cohort to leave out is not there or is the only one of its modality.
    """
    cohorts = cases.groupby("label")["site"].agg(set)
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
