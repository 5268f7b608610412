"""Cases that have a type: a tumour, a mask of it and a label."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tumourflow.curation.classes import require_one_writing
from tumourflow.errors import UserError
from tumourflow.radiomics.cohort import list_kinds

COLUMNS = ["case_id", "patient", "site", "group", "split", "label", "image", "mask", "pixel_height", "pixel_width"]


def choose_typed(cases: pd.DataFrame, splits: pd.DataFrame, needed: int) -> pd.DataFrame:
    """Choose the cases whose tumour has a type.

    A case without tumour in its mask takes no part: that its mask is empty would be the answer.

    Args:
        cases: The table of cases.
        splits: `case_id, split`.
        needed: Groups that each class must have.

    Returns:
        `case_id, patient, site, group, split, label, image, mask, pixel_height, pixel_width`; pixels are 1 by 1 where the cohort does not
        know their size of every case, so that all features have one unit.

    Raises:
        UserError: If the cohort has no masks or no labels, a single class has tumours, one is written in two ways, or one has too few
            groups.
    """
    if not (cases["mask"] != "").any():
        msg = "Radiomics measures segmented tumours, and this cohort has no masks: choose one that has, or kedro run "
        raise UserError(msg + "--pipeline=classification, which looks at whole images.")
    labelled = cases[cases["label"].fillna("") != ""]
    if labelled.empty:
        msg = "Radiomics tells types of tumours apart, and this cohort has no labels: name the types in the column `label` of its cases."
        raise UserError(msg)
    typed = labelled[(labelled["mask"] != "") & (labelled["tumour_pixels"] > 0)]
    require_one_writing(sorted(set(typed["label"])))
    _require_groups(typed, needed)
    typed = typed.merge(splits[["case_id", "split"]], on="case_id", validate="one_to_one")
    return (typed if knows_sizes(typed) else typed.assign(pixel_height=1.0, pixel_width=1.0))[COLUMNS].reset_index(drop=True)


def knows_sizes(cases: pd.DataFrame) -> bool:
    """Tell whether the size of every case's pixels is known, in millimetres.

    Args:
        cases: Columns `pixel_height, pixel_width`, NaN where unknown.
    """
    return bool(np.isfinite(cases[["pixel_height", "pixel_width"]].to_numpy(np.float64)).all())


def _require_groups(typed: pd.DataFrame, needed: int) -> None:
    # As folds are dealt: a group counts for the class that most of its cases have, and a fold may lack every other.
    groups = list_kinds(typed["group"], typed["label"]).value_counts().reindex(sorted(set(typed["label"])), fill_value=0)
    if len(groups) < 2:
        found = f"only `{groups.index[0]}` has" if len(groups) else "none has"
        msg = f"Radiomics tells types of tumours apart, and of the labels of this cohort {found} tumours in its masks."
        raise UserError(msg)
    if groups.min() < needed:
        rare = groups.idxmin()
        msg = f"Class `{rare}` has tumours of {groups.min()} patients (those who belong together count as one, and for the class of most "
        msg += f"of their images), and {needed} are needed to choose and judge classifiers: add patients, leave the class out, or lower "
        raise UserError(msg + "`radiomics.folds`.")
