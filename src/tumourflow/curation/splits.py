"""Who trains, who chooses, who judges: whole groups of patients, balanced in class, tumour load and site."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import numpy as np
import pandas as pd

from tumourflow.curation.allotment import allot, deal, share_tumours
from tumourflow.curation.units import list_units, order_units, part_classes
from tumourflow.curation.volume_doubts import EACH_FILE
from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions

SPLITS = ("train", "validation", "test")

_SHARED = "those who belong together count as one"
_MANY = 10  # images a patient, from which on the patients may have been mistaken
_FOLDS, _SPLIT = 1, 2  # purposes of randomness: neither draws from the other's stream


def split_three_ways(cases: pd.DataFrame, options: SplittingOptions, seed: int) -> pd.DataFrame:
    """Split a cohort into train, validation and test by group.

    Every class is shared out in proportion, to less than one group. Within a class, groups are put in order of tumour load (none, then
    thirds) and site, at random within these, and dealt out evenly along that order from a random start, so that each split sees all
    loads and sites. A split that would be without tumour, as happens where few have one, exchanges a group, of the same class where it
    can, with the one that has most.

    Args:
        cases: The table of cases; `group` is what may not be torn apart.
        options: Shares of groups; each split with a share gets at least one group.
        seed: Same seed and cases, same split on every machine, in whatever order the cases come.

    Returns:
        `case_id, patient, split, fold` in the order of `cases`; fold is -1.

    Raises:
        UserError: If there are fewer groups than splits.
    """
    units = list_units(cases)
    _require_patients(len(units), 3 if options.test else 2, len(cases))
    numbers = _count(len(units), options.validation, options.test, len(units))
    return _spread(cases, _deal_by_class(units, numbers, np.random.default_rng([seed, _SPLIT])))


def split_in_folds(cases: pd.DataFrame, options: SplittingOptions, seed: int, folds: int, fold: int) -> pd.DataFrame:
    """Split a cohort by group for one turn of a K-fold cross-validation, every class in proportion in every fold.

    Args:
        cases: The table of cases; `group` is what may not be torn apart.
        options: `validation` is the share of all groups that is drawn from the other folds.
        seed: Which groups are in which fold depends on this and on `folds`, not on `fold`.
        folds: Number of folds, at least 2.
        fold: Which of them is the test set, counted from 0.

    Returns:
        `case_id, patient, split, fold`: fold is the one in which the case is tested.

    Raises:
        UserError: If there is no such fold, or there are too few groups.
    """
    if fold >= folds:
        msg = f"`fold` is {fold}, but with `folds` = {folds} it counts from 0 to {folds - 1}."
        raise UserError(msg)
    units = list_units(cases)
    # Each turn leaves at least one patient to train on and one to validate with.
    needed = folds if folds > 2 else 4
    if len(units) < needed:
        msg = f"`folds` is {folds}, but the cohort has {len(units)} patients ({_SHARED}): at least {needed} are needed."
        msg += _doubt_patients(len(units), len(cases))
        raise UserError(msg)
    rng, positions = np.random.default_rng([seed, _FOLDS]), count()
    # Counting goes on from class to class: the folds are of one size, and each class is spread evenly over them.
    tested = {unit: next(positions) % folds for part in part_classes(units, rng).values() for unit in order_units(part, rng)}
    held_out = {unit for unit, place in tested.items() if place == fold}
    return split_rest(cases, options, held_out, [seed, _SPLIT, fold], cases["group"].map(tested))


def split_rest(cases: pd.DataFrame, options: SplittingOptions, tested: set[str], seeds: list[int], fold: pd.Series[int]) -> pd.DataFrame:
    """Draw the validation groups from those that are not tested.

    Args:
        cases: The table of cases.
        options: `validation` is the share of all groups.
        tested: Groups that are the test set.
        seeds: Of the draw.
        fold: Fold of each case.

    Returns:
        `case_id, patient, split, fold` in the order of `cases`.

    Raises:
        UserError: If nobody is left to train on.
    """
    units = list_units(cases)
    rest = units[~units.index.isin(tested)]
    numbers = _count(len(rest), options.validation, 0, len(units))
    names = _deal_by_class(rest, numbers, np.random.default_rng(seeds))
    return _spread(cases, names | dict.fromkeys(tested, "test"), fold)


def _require_patients(patients: int, needed: int, images: int) -> None:
    if patients < needed:
        msg = f"The cohort has {patients} patients ({_SHARED}), too few to split: at least {needed} are needed."
        raise UserError(msg + _doubt_patients(patients, images))


def _doubt_patients(patients: int, images: int) -> str:
    if images < _MANY * patients:
        return ""
    msg = f" With `ingestion.reader` paired or nifti, `ingestion.case_pattern` tells which of the {images} images are of one patient: is it"
    return f"{msg} right? Where each NIfTI file is a patient of its own, as in names such as `BRATS_001`, it is {EACH_FILE}."


def _deal_by_class(units: pd.DataFrame, numbers: Mapping[str, int], rng: np.random.Generator) -> dict[str, str]:
    classes = part_classes(units, rng)
    table = allot({label: len(part) for label, part in classes.items()}, numbers)
    names = {unit: name for label, part in classes.items() for unit, name in deal(order_units(part, rng), table[label]).items()}
    return share_tumours(names, dict(zip(units.index, units["label"], strict=True)), set(units.index[units["load"] > 0]), rng)


def _count(patients: int, validation: float, test: float, whole: int) -> dict[str, int]:
    counts = {"test": max(1, round(whole * test)) if test else 0, "validation": max(1, round(whole * validation))}
    train = patients - sum(counts.values())
    if train < 1:
        shares = f"`splitting.validation` ({validation:g})" + (f" or `splitting.test` ({test:g})" if test else "")
        msg = f"Of {patients} patients none is left to train on: lower {shares}."
        raise UserError(msg)
    return {"train": train, **counts}


def _spread(cases: pd.DataFrame, names: Mapping[str, str], fold: pd.Series[int] | int = -1) -> pd.DataFrame:
    return cases[["case_id", "patient"]].assign(split=cases["group"].map(names), fold=fold).astype({"fold": "int64"})
