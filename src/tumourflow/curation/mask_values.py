"""Whether the values of a cohort's masks mean the same in all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from tumourflow.errors import UserError

_FULL = {1.0, 255.0, 65535.0}
"""Values that mean nothing but yes: programs differ in which they write."""

_RARE, _FEW = 0.05, 3
"""Share of the drawn masks, and number of masks, below which values are damage, which the ledger tells of, rather than labels."""


def require_one_meaning(facts: pd.DataFrame, left_out: Collection[str]) -> None:
    """Make sure that no value or colour is lesion in one mask and something else in another.

    Of two values the larger is lesion, which is wrong where masks hold labels: those of 1 for an organ and 2 for its tumour have two values
    as well where there is no tumour, and the organ would be learned.

    Args:
        facts: Of all cases, with `case_id`, `mask_low`, `mask_high`, `mask_colours`, `mask_values` and `labels` as `inspect_case` gives
            them.
        left_out: Cases that people excluded.

    Raises:
        UserError: Naming two masks that contradict one another, the values or colours of each of which are not rare.
    """
    masks = facts[~facts["case_id"].isin(left_out)] if left_out else facts
    lesions, others = dict[float, str](), dict[float, str]()
    drawn = (masks["mask_high"] > 0) | (masks["mask_values"] != "") | (masks["mask_colours"] != "")
    least = max(_FEW, _RARE * float(drawn.sum()))
    pairs = _take_frequent(masks, least, "mask_low", "mask_high")
    for case_id, low, high in zip(pairs["case_id"], pairs["mask_low"], pairs["mask_high"], strict=True):
        if high > 0:
            lesions.setdefault(high, case_id)
        if low < high:
            others.setdefault(low, case_id)
    labelled = _take_frequent(masks[masks["mask_values"] != ""], least, "labels")
    for case_id, labels in zip(labelled["case_id"], labelled["labels"], strict=True):
        for label in labels.split()[:-1]:
            others.setdefault(float(label), case_id)
    contradiction = _find_contradiction(lesions, others)
    if contradiction:
        msg = f"Masks disagree on which value is lesion: {contradiction}. If they hold labels, say which of them are lesion by"
        raise UserError(msg + " `ingestion.lesion_values`, for example [2]; name all where all are.")
    _require_one_colour(_take_frequent(masks[masks["mask_colours"] != ""], least, "mask_colours"))


def _require_one_colour(kinds: pd.DataFrame) -> None:
    colours = dict(zip(kinds["mask_colours"], kinds["case_id"], strict=True))
    single = next((colour for colour in colours if " " not in colour), None)
    other = next((colour for colour in colours if colour != single), None)
    if single and other:
        msg = f"Masks disagree on which colour is lesion: `{colours[single]}` has {single}, `{colours[other]}` has {other}. If they have a"
        msg += " palette of labels, say by `ingestion.lesion_values` which places in it are lesion, for example [2]; else draw all"
        raise UserError(msg + " lesions in one colour.")


def _take_frequent(masks: pd.DataFrame, least: float, *values: str) -> pd.DataFrame:
    kinds = masks.groupby([*values], as_index=False).agg(case_id=("case_id", "first"), masks=("case_id", "size"))
    return kinds[kinds["masks"] >= least]


def _find_contradiction(lesions: Mapping[float, str], others: Mapping[float, str]) -> str:
    values = sorted(lesions)
    both = [value for value in values if value in others]
    if both:
        return f"{both[0]:g} is the largest value of `{lesions[both[0]]}`, but `{others[both[0]]}` has a larger one besides it"
    if len(values) > 1 and not set(values) <= _FULL:
        return f"the largest value of `{lesions[values[0]]}` is {values[0]:g}, and of `{lesions[values[-1]]}` {values[-1]:g}"
    return ""
