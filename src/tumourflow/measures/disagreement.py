"""Where several runs differ: patients by their Dice, slices by their wrong pixels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tumourflow.measures.overlap import dice_with_empties, tumour_dice
from tumourflow.measures.shared_patients import Shared


def patient_dice(shared: Shared) -> pd.DataFrame:
    """Take each patient's volume Dice in each run.

    Returns:
        A column a run, indexed by patient; patients without tumour are not in it.
    """
    columns = {}
    for name, rows in shared.scores.items():
        sums = rows.groupby("patient", sort=True)[["tp", "fp", "fn"]].sum()
        columns[name] = pd.Series(tumour_dice(sums["tp"], sums["fp"], sums["fn"]), index=sums.index)
    return pd.DataFrame(columns).dropna(how="all")


def rank_patients(shared: Shared) -> pd.DataFrame:
    """Order patients with tumour by how far the runs are apart on them.

    Returns:
        `patient`, the volume Dice in each run, and `spread`, the largest minus the smallest; the largest spread first.
    """
    table = patient_dice(shared)
    table["spread"] = table.max(axis=1) - table.min(axis=1)
    return table.reset_index().sort_values(["spread", "patient"], ascending=[False, True], ignore_index=True)


def rank_slices(shared: Shared) -> pd.DataFrame:
    """Order slices by how far the runs are apart in the number of wrong pixels.

    Of their Dice that would not do: one pixel in an empty slice changes it from 1 to 0.

    Returns:
        `case_id, patient, slice, tumour_pixels`, the Dice in each run (1 where an empty slice was left empty), and `spread`, the largest
        number of wrong pixels minus the smallest; the largest spread first.
    """
    first = next(iter(shared.scores.values()))
    table = first[["case_id", "patient", "slice"]].assign(tumour_pixels=first["tp"] + first["fn"])
    wrong = np.stack([(rows["fp"] + rows["fn"]).to_numpy() for rows in shared.scores.values()])
    for name, rows in shared.scores.items():
        table[name] = dice_with_empties(rows["tp"], rows["fp"], rows["fn"])
    table["spread"] = wrong.max(axis=0) - wrong.min(axis=0)
    return table.sort_values(["spread", "case_id"], ascending=[False, True], ignore_index=True)
