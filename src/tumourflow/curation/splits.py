"""Who trains, who chooses, who judges: whole patients, balanced in tumour load and site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.curation.groups import group_patients
from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions

SPLITS = ("train", "validation", "test")
COLUMNS = ["case_id", "patient", "split", "fold"]

_SHARED = "those who share an image count as one"
_MANY = 10  # images a patient, from which on the patients may have been mistaken
_FOLDS, _SPLIT = 1, 2  # purposes of randomness: neither draws from the other's stream


def split_three_ways(cases: pd.DataFrame, options: SplittingOptions, seed: int) -> pd.DataFrame:
    """Split a cohort into train, validation and test by patient.

    Patients that share an image stay together. Patients are put in order of tumour load (none, then thirds) and site, at random
    within these, and dealt out evenly along that order from a random start, so that each split sees all loads and sites.

    Args:
        cases: The table of cases.
        options: Shares of patients; each split with a share gets at least one patient.
        seed: Same seed and cases, same split on every machine.

    Returns:
        `case_id, patient, split, fold` in the order of `cases`; fold is -1.

    Raises:
        UserError: If there are fewer patients than splits.
    """
    units = _list_units(cases)
    rng = np.random.default_rng([seed, _SPLIT])
    _require_patients(len(units), 3 if options.test else 2, len(cases))
    names = _deal(_order(units, rng), _count(len(units), options.validation, options.test, len(units)))
    return _spread(cases, names)


def split_in_folds(cases: pd.DataFrame, options: SplittingOptions, seed: int, folds: int, fold: int) -> pd.DataFrame:
    """Split a cohort by patient for one turn of a K-fold cross-validation.

    Args:
        cases: The table of cases.
        options: `validation` is the share of all patients that is drawn from the other folds.
        seed: Which patients are in which fold depends on this and on `folds`, not on `fold`.
        folds: Number of folds, at least 2.
        fold: Which of them is the test set, counted from 0.

    Returns:
        `case_id, patient, split, fold`: fold is the one in which the patient is tested.

    Raises:
        UserError: If there is no such fold, or there are too few patients.
    """
    if fold >= folds:
        msg = f"`fold` is {fold}, but with `folds` = {folds} it counts from 0 to {folds - 1}."
        raise UserError(msg)
    units = _list_units(cases)
    # Each turn leaves at least one patient to train on and one to validate with.
    needed = max(folds, 3 if folds > 2 else 4)
    if len(units) < needed:
        msg = f"`folds` is {folds}, but the cohort has {len(units)} patients ({_SHARED}): at least {needed} are needed."
        msg += _doubt_patients(len(units), len(cases))
        raise UserError(msg)
    order = _order(units, np.random.default_rng([seed, _FOLDS]))
    tested = {unit: position % folds for position, unit in enumerate(order)}
    rest = units[[tested[unit] != fold for unit in units.index]]
    names = _deal(_order(rest, np.random.default_rng([seed, _SPLIT, fold])), _count(len(rest), options.validation, 0, len(units)))
    return _spread(cases, {unit: names.get(unit, "test") for unit in tested}, tested)


def _require_patients(patients: int, needed: int, images: int) -> None:
    if patients < needed:
        msg = f"The cohort has {patients} patients ({_SHARED}), too few to split: at least {needed} are needed."
        raise UserError(msg + _doubt_patients(patients, images))


def _doubt_patients(patients: int, images: int) -> str:
    if images < _MANY * patients:
        return ""
    return f" With `ingestion.reader` paired, `ingestion.case_pattern` tells which of the {images} images are of one patient: is it right?"


def _list_units(cases: pd.DataFrame) -> pd.DataFrame:
    units = cases.assign(unit=cases["patient"].map(group_patients(cases))).groupby("unit", sort=True)
    return pd.DataFrame({"load": units["tumour_pixels"].sum(), "site": units["site"].min()})


def _order(units: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    sites = sorted(set(units["site"]))
    position = dict(zip(sites, rng.permutation(len(sites)).tolist(), strict=True))
    chance = rng.permutation(len(units))
    order = np.lexsort((chance, units["site"].map(position).to_numpy(), _grade_load(units["load"].to_numpy())))
    return [str(unit) for unit in units.index.to_numpy()[np.roll(order, int(rng.integers(len(units))))]]


def _grade_load(load: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Grade patients by tumour load: 0 for none, else 1 to 3 by thirds.

    Example:
        >>> _grade_load(np.array([0, 30, 10, 20])).tolist()
        [0, 3, 1, 2]
    """
    grade = np.zeros(len(load), dtype=np.int64)
    some = np.flatnonzero(load > 0)
    grade[some[np.argsort(load[some], kind="stable")]] = 1 + np.arange(len(some)) * 3 // max(len(some), 1)
    return grade


def _count(patients: int, validation: float, test: float, whole: int) -> dict[str, int]:
    counts = {"test": max(1, round(whole * test)) if test else 0, "validation": max(1, round(whole * validation))}
    train = patients - sum(counts.values())
    if train < 1:
        shares = f"`splitting.validation` ({validation:g}) or `splitting.test` ({test:g})"
        msg = f"Of {patients} patients none is left to train on: lower {shares}."
        raise UserError(msg)
    return {"train": train, **counts}


def _deal(order: Sequence[str], counts: Mapping[str, int]) -> dict[str, str]:
    """Deal units to splits so that along the order each split is as near to its share as can be.

    Example:
        >>> _deal("abcd", {"train": 2, "test": 2})
        {'a': 'train', 'b': 'test', 'c': 'train', 'd': 'test'}
    """
    given = dict.fromkeys(counts, 0)
    names = {}
    for position, unit in enumerate(order, start=1):
        # Whole numbers: on a tie the first split listed, on every machine.
        lag = {name: counts[name] * position - given[name] * len(order) for name in counts if given[name] < counts[name]}
        name = max(lag, key=lambda each: lag[each])
        given[name] += 1
        names[unit] = name
    return names


def _spread(cases: pd.DataFrame, names: Mapping[str, str], tested: Mapping[str, int] | None = None) -> pd.DataFrame:
    unit = cases["patient"].map(group_patients(cases))
    fold = unit.map(tested) if tested else -1
    return cases[["case_id", "patient"]].assign(split=unit.map(names), fold=fold).astype({"fold": "int64"})
