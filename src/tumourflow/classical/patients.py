"""Which patients parameters are chosen on, and how patients are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.classical.volume import Volume
from tumourflow.errors import UserError

SLICES = 16
"""Slices of one patient that parameters are chosen on, at most: many patients tell more than many slices of a few."""


def choose_tuning_cases(cases: pd.DataFrame, splits: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """Draw the patients that parameters are chosen on, among those with tumour; others add nothing to the volume Dice.

    Of a long volume slices evenly apart are taken and numbered anew, so that they still count as neighbours.

    Args:
        cases: Columns `case_id, patient, slice, mask, tumour_pixels`; an empty `mask` means that there is none.
        splits: Columns `case_id, split`.
        most: Slices of training patients, and of validation patients, at most; one patient at least.
        seed: Of the draw.

    Returns:
        `case_id, patient, slice, split`, one row a slice, of the splits `train` and `validation`.

    Raises:
        UserError: Where no training patient has a tumour.
    """
    rng = np.random.default_rng([seed, *b"baselines"])
    known = cases[cases["mask"] != ""].merge(splits[["case_id", "split"]], on="case_id")
    trained = known[known["split"] == "train"]
    if not trained["tumour_pixels"].any():
        msg = f"None of the {trained['patient'].nunique()} training patients with masks has a tumour: check the masks and the split, there "
        raise UserError(msg + "is nothing to choose the parameters of the baselines by.")
    chosen = []
    for split in ("train", "validation"):
        of_split = known[known["split"] == split].sort_values(["patient", "slice", "case_id"])
        patients = [rows for _, rows in of_split.groupby("patient") if rows["tumour_pixels"].any()]
        thinned = [_thin(patients[place]) for place in rng.permutation(len(patients))]
        total = np.cumsum([len(rows) for rows in thinned])
        chosen += [rows for place, rows in enumerate(thinned) if place == 0 or total[place] <= most]
    columns = ["case_id", "patient", "slice", "split"]
    return pd.concat(chosen, ignore_index=True)[columns] if chosen else pd.DataFrame(columns=columns)


def require_judges(cases: pd.DataFrame, protocol: str) -> None:
    """Refuse what the classical methods can be neither tuned nor scored on.

    Args:
        cases: Column `mask`.
        protocol: How the cohort was split.

    Raises:
        UserError: Where no case has a mask, or where every patient trains.
    """
    if not (cases["mask"] != "").any():
        msg = "The cohort has no masks, so that the baselines can be neither tuned nor scored: choose a cohort with masks (--env)."
        raise UserError(msg)
    if protocol == "all":
        msg = (
            "`protocol` is all: every patient trains, and none is left to test the baselines on. Choose another, such as "
            "--params=protocol=patient."
        )
        raise UserError(msg)


def read_volumes(
    arrays: tuple[npt.NDArray[Any], npt.NDArray[Any]], index: pd.DataFrame, wanted: pd.DataFrame, lead_channel: int, *, together: bool
) -> Iterator[tuple[list[str], Volume]]:
    """Read patients out of the network's input, one at a time.

    Args:
        arrays: Images `(n, side, side, channels)` and masks `(n, side, side)`, possibly on disk.
        index: Column `case_id` of these `n` rows.
        wanted: Columns `case_id, patient, slice`; rows of a patient in order.
        lead_channel: Channel that is looked at.
        together: Whether a patient's slices share one scale of grey values.

    Yields:
        Names of the cases and the volume that they make.
    """
    images, masks = arrays
    rows = pd.Series(range(len(index)), index=index["case_id"])
    for _, of_patient in wanted.groupby("patient", sort=False):
        places = rows[of_patient["case_id"]].tolist()
        leads = [np.asarray(images[place, :, :, lead_channel], np.float32) for place in places]
        drawn = [np.asarray(masks[place]) > 0 for place in places]
        yield of_patient["case_id"].tolist(), Volume(leads, drawn, of_patient["slice"].tolist(), together)


def _thin(rows: pd.DataFrame) -> pd.DataFrame:
    if len(rows) <= SLICES or rows["slice"].nunique() < len(rows):
        return rows
    kept = rows.iloc[np.linspace(0, len(rows) - 1, SLICES).round().astype(int)]
    return kept.assign(slice=range(SLICES))
