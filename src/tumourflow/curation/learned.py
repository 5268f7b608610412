"""Whom a network knows that a training begins with: nobody of them may judge."""

from __future__ import annotations

import logging

import pandas as pd

from tumourflow.curation.groups import choose_telling
from tumourflow.errors import UserError

logger = logging.getLogger(__name__)


def require_unseen(cases: pd.DataFrame, splits: pd.DataFrame, learned: pd.DataFrame | None, weights: str) -> None:
    """Make sure that a training begins with no network that was trained on those who judge it, or chosen on those who are tested.

    They are known again by their images, whatever they are called, and stand for all of their group; by an image that a person keeps apart
    from its copies only under the same name. Where only names are the same (another cohort, or this one through another window), the log
    says so.

    Args:
        cases: The table of cases.
        splits: `case_id, split`.
        learned: `patient, image, split`: the images behind the network, and the side of its own split that each stood on; nothing
            where nobody knows them.
        weights: Where the network lies, for the message.

    Raises:
        UserError: Naming the first case of them.
    """
    if learned is None:
        return
    table = cases.merge(splits[["case_id", "split"]], on="case_id", validate="one_to_one")
    groups = {side: _recognise(table, learned[learned["split"] == side]) for side in ("train", "validation")}
    seen = table["split"].isin(["validation", "test"]) & table["group"].isin(groups["train"])
    seen |= (table["split"] == "test") & table["group"].isin(groups["validation"])
    if seen.any():
        first, number = table[seen].iloc[0], table.loc[seen, "patient"].nunique()
        msg = f"Leak: the network in `training.weights` ({weights}) has learned from {number} of the patients that would judge here, the "
        msg += f"first is {first['patient']} ({first['case_id']}, {first['split']}): begin with a network of other patients, or keep the "
        msg += "split that it was trained with."
        raise UserError(msg)
    namesakes = table["split"].isin(["validation", "test"]) & table["patient"].isin(learned.loc[learned["split"] == "train", "patient"])
    if namesakes.any():
        logger.warning(
            "`training.weights`: %d of the patients that judge here, such as %s, are called as patients that %s was trained on, but have "
            "other pixels; if they are the same people, figures are too good.",
            table.loc[namesakes, "patient"].nunique(),
            table.loc[namesakes, "patient"].iloc[0],
            weights,
        )


def _recognise(table: pd.DataFrame, learned: pd.DataFrame) -> set[str]:
    telling = choose_telling(table)
    # What a person keeps apart is no copy of others, and still the same as itself.
    apart = choose_telling(table.drop(columns="apart", errors="ignore")).drop(telling.index)
    known = set(zip(learned["patient"], learned["image"], strict=True))
    itself = {group for *named, group in apart[["patient", "image", "group"]].itertuples(index=False) if tuple(named) in known}
    return itself | set(telling.loc[telling["image"].isin(learned["image"]), "group"])
