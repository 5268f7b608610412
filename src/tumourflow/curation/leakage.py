"""The gate in front of training: nobody may stand on two sides."""

from __future__ import annotations

import pandas as pd

from tumourflow.curation.groups import group_patients
from tumourflow.curation.splits import SPLITS
from tumourflow.errors import UserError

Report = dict[str, str | int | dict[str, int] | list[str]]

_NAMED = 5


def inspect_leakage(splits: pd.DataFrame, cases: pd.DataFrame) -> Report:
    """Let a split pass only if it is complete and no patient and no image stands on two sides.

    Blank images take no part: the black end slices of two volumes are equal, and tell nothing.

    Args:
        splits: `case_id, patient, split, fold`.
        cases: The table of cases.

    Returns:
        `verdict` (`no leak`); `patients`, `cases` and `tumour_cases`, each by split; `blank_images` that were not compared;
        `joined_patients` that share an image and therefore a side.

    Raises:
        UserError: Naming the patients or the cases that stand on two sides, the cases in no split, or the split that is empty or without a
            tumour though training needs one.
    """
    table = cases.merge(splits[["case_id", "split"]], on="case_id", how="left", validate="one_to_one")
    _require_complete(table)
    _require_apart(table)
    _require_content_apart(table)
    joined = pd.Series(group_patients(cases))
    return {
        "verdict": "no leak",
        "patients": _count(table.drop_duplicates("patient")),
        "cases": _count(table),
        "tumour_cases": _count(table[table["tumour_pixels"] > 0]),
        "blank_images": int(table["blank"].sum()),
        "joined_patients": sorted(str(patient) for patient in joined.index[joined.duplicated(keep=False)]),
    }


def _count(table: pd.DataFrame) -> dict[str, int]:
    return {name: int((table["split"] == name).sum()) for name in SPLITS}


def _require_complete(table: pd.DataFrame) -> None:
    lost = table[~table["split"].isin(SPLITS)]
    if len(lost):
        msg = f"{len(lost)} cases are in no split, the first is {lost['case_id'].iloc[0]}: run the room `splitting` on the same cases."
        raise UserError(msg)
    empty = [name for name in ("train", "validation") if not (table["split"] == name).any()]
    if empty:
        msg = f"The split `{empty[0]}` has no case: training needs at least one patient in it."
        raise UserError(msg)
    for name, lack in (("train", "there is nothing to learn"), ("validation", "no checkpoint and no threshold can be chosen")):
        if not table.loc[table["split"] == name, "tumour_pixels"].any():
            msg = f"No patient in `{name}` has a tumour, so {lack}: "
            msg += "raise `splitting.validation`, " if name == "validation" else ""
            msg += "choose another `seed`, or other patients in `split_file`."
            raise UserError(msg)


def _require_apart(table: pd.DataFrame) -> None:
    sides = table.groupby("patient")["split"].nunique()
    torn = sorted(str(patient) for patient in sides.index[sides > 1])
    if torn:
        more = f" and {len(torn) - _NAMED} more" if len(torn) > _NAMED else ""
        msg = f"Leak: {', '.join(torn[:_NAMED])}{more} would stand on two sides of the split. Put all cases of a patient into one split."
        raise UserError(msg)


def _require_content_apart(table: pd.DataFrame) -> None:
    telling = table[~table["blank"].astype(bool) & (table["image"] != "")]
    shared = telling[telling.groupby("image")["split"].transform("nunique") > 1].sort_values(["image", "split", "case_id"])
    if len(shared):
        pair = shared[shared["image"] == shared["image"].iloc[0]].drop_duplicates("split")
        named = " and ".join(f"{row.case_id} ({row.split})" for row in pair.itertuples())
        msg = f"Leak: {shared['image'].nunique()} images stand on two sides of the split, for example {named} are equal pixel by pixel."
        msg += " Put these patients into one split, or remove the copies."
        raise UserError(msg)
