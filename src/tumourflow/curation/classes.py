"""Which class each image is of: the task of a classifier."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd

from tumourflow.curation.splits import SPLITS
from tumourflow.errors import UserError

TUMOUR = "tumour"
"""The task that reads classes from masks: slices with tumour against those without."""
NO_TUMOUR = "none"
NAMED = ("label", "modality")
"""Columns that may name classes, for messages."""


def label_cases(cases: pd.DataFrame, splits: pd.DataFrame, task: str) -> pd.DataFrame:
    """Give each image of a split its class.

    Args:
        cases: The table of cases: `case_id, patient, group, site, mask, tumour_pixels`, and the column that the task names.
        splits: `case_id, split`.
        task: `tumour`, or the name of a column of `cases`.

    Returns:
        `case_id, patient, group, site, split, label`, one row a case of a split; the label is empty where nobody has given one.

    Raises:
        UserError: Where the cohort has no such labels, fewer than two classes, one written in two ways, or a class with too few groups
            for the split.
    """
    table = cases[["case_id", "patient", "group", "site"]].assign(label=_read_labels(cases, task))
    table = table.merge(splits[["case_id", "split"]], on="case_id", validate="one_to_one")
    classes = list_classes(table["label"].tolist())
    if len(classes) < 2:
        found = f"only {classes[0]!r}" if classes else "none"
        msg = f"`classification.task` is {task!r}, which needs at least two classes, but the cohort has {found}: {_advise(cases)}"
        raise UserError(msg)
    require_one_writing(classes)
    _require_groups(table, classes, task)
    return table[["case_id", "patient", "group", "site", "split", "label"]]


def list_classes(labels: Sequence[str]) -> list[str]:
    """Name the classes in the order of a network's outputs.

    Example:
        >>> list_classes(["yes", "", "no", "yes"])
        ['no', 'yes']
    """
    return sorted(set(labels) - {""})


def require_one_writing(classes: Sequence[str]) -> None:
    """Refuse classes that differ in nothing but how they are written, as tables that several people filled in have them.

    Raises:
        UserError: Naming two that are one.

    Example:
        >>> require_one_writing(["1", "2", "10", "-1", "T1", "T-1"])
    """
    first: dict[str | float, str] = {}
    for name in classes:
        other = first.setdefault(_read_name(name), name)
        if other != name:
            # Where an accent stands behind its letter in one of them, nobody would see the difference.
            alike = unicodedata.normalize("NFC", other) == unicodedata.normalize("NFC", name)
            one, two = map(ascii if alike else repr, (other, name))
            msg = f"The labels {one} and {two} are one class written in two ways, and would be told apart as two: write it in one way "
            raise UserError(msg + "in the table, in the folder's name or under `ingestion.cohorts`.")


def number_classes(index: pd.DataFrame, class_labels: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Number the classes.

    Args:
        index: Table of the prepared images, with `case_id`.
        class_labels: `case_id, label`.

    Returns:
        The table with `class`, counted from 0, -1 where there is none; and the names of the classes.
    """
    classes = list_classes(class_labels["label"].tolist())
    labels = index["case_id"].map(class_labels.set_index("case_id")["label"])
    return index.assign(**{"class": pd.Index(classes).get_indexer(pd.Index(labels))}), classes


def _read_name(name: str) -> str | float:
    # Spreadsheets make 1.0 of 1, people capitals or hyphens, and systems store an accent in its letter or behind it.
    plain = unicodedata.normalize("NFKC", name)
    return float(plain) if re.fullmatch(r"[+-]?\d+(\.\d*)?", plain) else re.sub(r"[\s_-]+", " ", plain).strip().casefold()


def _read_labels(cases: pd.DataFrame, task: str) -> pd.Series[str]:
    if task == TUMOUR:
        names = np.where(cases["tumour_pixels"] > 0, TUMOUR, NO_TUMOUR)
        return pd.Series(names, index=cases.index, dtype=object).where(cases["mask"] != "", "")
    if task not in cases:
        msg = f"`classification.task` is {task!r}, but the cohort's table of cases has no such column: {_advise(cases)}"
        raise UserError(msg)
    return cases[task].fillna("").astype(str)


def _advise(cases: pd.DataFrame) -> str:
    there = [name for name in NAMED if name in cases and len(list_classes(cases[name].fillna("").astype(str).tolist())) > 1]
    masked = cases[cases["mask"] != ""]
    there += [TUMOUR] if masked["tumour_pixels"].gt(0).nunique() > 1 else []
    return f"choose {' or '.join(there)}." if there else "it has nothing that images could be told apart by."


def _require_groups(table: pd.DataFrame, classes: Sequence[str], task: str) -> None:
    # A split without anybody judges nothing, as where all patients train.
    needed = [split for split in SPLITS if (table["split"] == split).any()]
    for name in classes:
        rows = table[table["label"] == name]
        missing = [split for split in needed if not (rows["split"] == split).any()]
        if missing:
            groups = rows["group"].nunique()
            msg = (
                f"Class {name!r} of `classification.task` {task!r} has too few groups for the split: {groups} of patients or copies, of "
                f"which none is in {' and '.join(missing)}. Add images of it, change `splitting`, or take another task."
            )
            raise UserError(msg)
