"""Who trains and what is scored, where the slice and the patient protocol are compared on the same slices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.errors import UserError

PROTOCOLS = ("patient", "slice")

_DRAW = 41  # purpose of randomness

Flags = npt.NDArray[np.bool_]


def design_premium(index: pd.DataFrame, share: float, repeats: int, seed: int) -> pd.DataFrame:
    """Draw the scored slices, and for each protocol the slices it trains on.

    Of every test patient a random share of the slices is scored. The patient protocol trains on the training patients. The slice protocol
    trains on as many slices, as many of them with tumour, drawn from these and from the test patients' other slices. Both choose their
    weights on the same validation patients.

    Args:
        index: Table of `model_input`, split by patient: `case_id, patient, split, tumour, labelled`.
        share: Of each test patient's slices, of those with tumour and of those without.
        repeats: How many times.
        seed: Of the draws.

    Returns:
        The rows of `index` in order, for each repeat: `repeat, case_id, patient, tumour`, and in the columns `patient_protocol` and
        `slice_protocol` one of `train, validation, scored, unused`.

    Raises:
        UserError: If a patient stands in several splits, or no slice with tumour can be scored.
    """
    _require_whole_patients(index)
    designs = [_design_once(index, share, np.random.default_rng([seed, _DRAW, repeat])).assign(repeat=repeat) for repeat in range(repeats)]
    return pd.concat(designs, ignore_index=True)[["repeat", "case_id", "patient", "tumour", "patient_protocol", "slice_protocol"]]


def _design_once(index: pd.DataFrame, share: float, rng: np.random.Generator) -> pd.DataFrame:
    labelled, tumour = index["labelled"].to_numpy(bool), index["tumour"].to_numpy(bool)
    train, validation, test = (labelled & (index["split"] == name).to_numpy() for name in ("train", "validation", "test"))
    scored = _draw_scored(index["patient"], test, tumour, share, rng)
    if not (scored & tumour).any():
        msg = "The premium needs test patients with several tumour slices, some to score and some to leak: there is none. "
        raise UserError(msg + "Raise `splitting.test`, or choose a cohort with more than one image a patient.")
    leaked = np.zeros(len(index), bool)
    for kind in (tumour, ~tumour):
        pool = np.flatnonzero((train | (test & ~scored)) & kind)
        leaked[rng.choice(pool, size=int((train & kind).sum()), replace=False)] = True
    shared = [validation, scored]
    return index[["case_id", "patient", "tumour"]].assign(
        patient_protocol=np.select([train, *shared], ["train", "validation", "scored"], "unused"),
        slice_protocol=np.select([leaked, *shared], ["train", "validation", "scored"], "unused"),
    )


def _draw_scored(patient: pd.Series[str], test: Flags, tumour: Flags, share: float, rng: np.random.Generator) -> Flags:
    scored = np.zeros(len(patient), bool)
    for _, rows in pd.Series(np.flatnonzero(test)).groupby(patient.to_numpy()[test], sort=True):
        for kind in (tumour, ~tumour):
            own = rows[kind[rows]].to_numpy()
            # Of two slices or more one at least is scored, and one at least can leak.
            count = min(max(round(share * len(own)), 1), len(own) - 1)
            if count > 0:
                scored[rng.choice(own, size=count, replace=False)] = True
    return scored


def _require_whole_patients(index: pd.DataFrame) -> None:
    sides = index.groupby("patient")["split"].nunique()
    torn = sorted(str(patient) for patient in sides.index[sides > 1])
    if torn:
        msg = f"The premium needs whole test patients, but {torn[0]} stands in several splits: run it with `protocol=patient`, "
        raise UserError(msg + "it draws the slice protocol's training slices itself.")
