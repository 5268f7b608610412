"""Whom a network knows that a training begins with: nobody of them may judge."""

from __future__ import annotations

import pandas as pd

from tumourflow.curation.groups import choose_telling
from tumourflow.errors import UserError


def require_unseen(cases: pd.DataFrame, splits: pd.DataFrame, learned: pd.DataFrame, weights: str) -> None:
    """Make sure that a training begins with no network that was trained on those who judge it, or chosen on those who are tested.

    They are known again by their images, whatever they are called, and stand for all of their group.

    Args:
        cases: The table of cases.
        splits: `case_id, split`.
        learned: `image, split`: the images behind the network, and the side of its own split that each stood on.
        weights: Where the network lies, for the message.

    Raises:
        UserError: Naming the first case of them.
    """
    table = cases.merge(splits[["case_id", "split"]], on="case_id", validate="one_to_one")
    telling = choose_telling(table)
    known = {side: set(learned.loc[learned["split"] == side, "image"]) for side in ("train", "validation")}
    groups = {side: telling.loc[telling["image"].isin(images), "group"] for side, images in known.items()}
    seen = table["split"].isin(["validation", "test"]) & table["group"].isin(groups["train"])
    seen |= (table["split"] == "test") & table["group"].isin(groups["validation"])
    if seen.any():
        first, number = table[seen].iloc[0], table.loc[seen, "patient"].nunique()
        msg = f"Leak: the network in `training.weights` ({weights}) has learned from {number} of the patients that would judge here, the "
        msg += f"first is {first['patient']} ({first['case_id']}, {first['split']}): begin with a network of other patients, or keep the "
        msg += "split that it was trained with."
        raise UserError(msg)
