"""What stands on two sides of a split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from tumourflow.curation.groups import choose_telling


class Pair(NamedTuple):
    """Two cases that belong together and stand apart.

    Attributes:
        name: Patient, family, group, or content of both.
        first: A case.
        first_split: Its side.
        second: Another case.
        second_split: Its side.
    """

    name: str
    first: str
    first_split: str
    second: str
    second_split: str


@dataclass(frozen=True)
class Leak:
    """Everything of one kind that stands on two sides.

    Attributes:
        kind: `patient`, `family` (of several patients), `group` (of several families) or `pixel`.
        count: How many patients, families, groups or images.
        pairs: One pair of each, by name.
    """

    kind: str
    count: int
    pairs: list[Pair]


def find_leaks(table: pd.DataFrame) -> list[Leak]:
    """Find what a split tears apart.

    A family of one patient is that patient, and a group of one family that family: neither counts twice.

    Args:
        table: One row a case: `case_id, patient, family, group, image, blank, split`, and `apart` where it is known.

    Returns:
        A leak for each kind that occurs.

    Example:
        >>> table = pd.DataFrame({"case_id": ["a/1", "a/2"], "patient": "a", "family": "a", "group": "a", "image": ["1", "2"]})
        >>> find_leaks(table.assign(blank=False, split=["train", "test"]))[0].pairs[0]
        Pair(name='a', first='a/1', first_split='train', second='a/2', second_split='test')
    """
    found = [
        _find("patient", table, "patient"),
        _find("family", _of_several(table, "family", "patient"), "family"),
        _find("group", _of_several(table, "group", "family"), "group"),
        _find("pixel", choose_telling(table), "image"),
    ]
    return [leak for leak in found if leak.count]


def _of_several(table: pd.DataFrame, column: str, member: str) -> pd.DataFrame:
    members = table[[member, column]].drop_duplicates()
    several = members.loc[members[column].duplicated(), column]
    return table[table[column].isin(set(several))]


def _find(kind: str, table: pd.DataFrame, column: str) -> Leak:
    sides = table.groupby(column)["split"].nunique()
    torn = sides.index[sides > 1]
    rows = table[table[column].isin(torn)].sort_values([column, "case_id"])
    return Leak(kind, len(torn), [_pair(str(name), cases) for name, cases in rows.groupby(column)])


def _pair(name: str, cases: pd.DataFrame) -> Pair:
    # Of a family or group, two patients show more than two slices of one.
    first = cases.iloc[0]
    apart = cases[cases["split"] != first["split"]]
    others = apart[apart["patient"] != first["patient"]]
    second = (others if len(others) else apart).iloc[0]
    return Pair(name, str(first["case_id"]), str(first["split"]), str(second["case_id"]), str(second["split"]))
