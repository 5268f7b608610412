"""Which images of a union a router is taught with, and which it is judged by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

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


def list_splits(images: pd.DataFrame, unseen: Iterable[str]) -> Iterator[pd.DataFrame]:
    """List the splits under which routers are taught: of all cohorts, and without each of those that are left out in turn.

    Args:
        images: What `choose_images` gave.
        unseen: Names of these cohorts.

    Yields:
        The images of each; whoever has not been seen is tested with, in the split `test`.
    """
    for asked in (images, *(leave_out(images, cohort) for cohort in unseen)):
        yield asked.assign(split=asked["split"].mask(asked["split"].str.startswith(UNSEEN), "test"))
