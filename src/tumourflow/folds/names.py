"""Under which name the runs of a cross-validation leave what, and which folds are there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import pandas as pd


class Tables(Protocol):
    """Tables that earlier runs have left."""

    def keys(self) -> list[str]:
        """List what is there."""

    def read(self, key: str) -> pd.DataFrame:
        """Read one."""


def name_fold(fingerprint: str, folds: int, fold: int, repeat: int = 0) -> str:
    """Name the scores of one fold, and of its repeats with other seeds.

    Example:
        >>> name_fold("5f2c", 3, 0), name_fold("5f2c", 3, 0, repeat=1)
        ('5f2c/3-0', '5f2c/3-0-seed1')
    """
    return f"{fingerprint}/{folds}-{fold}" + (f"-seed{repeat}" if repeat else "")


def name_mean(fingerprint: str, folds: int, fold: int, seeds: int) -> str:
    """Name the scores of the average of a fold's networks of several seeds.

    Example:
        >>> name_mean("5f2c", 3, 0, 2)
        '5f2c/3-0-mean2'
    """
    return f"{name_fold(fingerprint, folds, fold)}-mean{seeds}"


def find_folds(names: Iterable[str], fingerprint: str, folds: int | None = None) -> tuple[int, list[int]]:
    """Tell which folds have left something.

    Args:
        names: What is there, by the names of `name_fold`.
        fingerprint: Of the recipe.
        folds: Number of folds; if not given, the largest number of which all folds are there, or else any.

    Returns:
        The number of folds, 0 where there is none, and the folds that are there.

    Example:
        >>> find_folds(["5f2c/2-0", "5f2c/2-1", "5f2c/3-0"], "5f2c")
        (2, [0, 1])
    """
    there = set(names)
    known = {int(key.rpartition("/")[2].partition("-")[0]) for key in there if key.startswith(f"{fingerprint}/")}
    finished = {number: [fold for fold in range(number) if name_fold(fingerprint, number, fold) in there] for number in known}
    chosen = folds or max(known, key=lambda number: (len(finished[number]) == number, number), default=0)
    return chosen, finished.get(chosen, [])


def find_finished(names: Iterable[str], fingerprint: str) -> int:
    """Tell of how many folds the largest cross-validation is of which all are there; 0 where there is none."""
    folds, there = find_folds(names, fingerprint)
    return folds if len(there) == folds else 0


def read_folds(tables: Tables, fingerprint: str, folds: int, repeat: int = 0) -> list[pd.DataFrame]:
    """Read the scores of all folds, in their order.

    Args:
        tables: By the names of `name_fold`; all must be there.
        fingerprint: Of the recipe.
        folds: Number of folds.
        repeat: Of which seed.

    Returns:
        Scores of the test cases of each fold.
    """
    return [tables.read(name_fold(fingerprint, folds, fold, repeat)) for fold in range(folds)]
