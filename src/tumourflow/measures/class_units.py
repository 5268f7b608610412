"""What a classifier is judged on: images, or patients, each with its class, the probabilities it got and the group it is drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.measures.intervals import Floats

Whole = npt.NDArray[np.int64]

PROBABILITY, CALIBRATED = "probability", "calibrated"
"""What stands before the class in the columns of a table of scores: the network's own probabilities, and those after calibration."""


@dataclass(frozen=True)
class Units:
    """Scored images or patients.

    Attributes:
        groups: Number of each unit's group, `(units,)`, 0 to `drawn` - 1.
        labels: Number of each unit's true class, `(units,)`.
        probabilities: `(units, classes)`, rows sum to 1.
        drawn: Number of groups, which are what a bootstrap draws.
    """

    groups: Whole
    labels: Whole
    probabilities: Floats
    drawn: int

    @property
    def predicted(self) -> Whole:
        """The most probable class of each unit; of equally probable ones the first."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    def __len__(self) -> int:
        return len(self.labels)


def probability_columns(classes: Sequence[str], column: str = PROBABILITY) -> list[str]:
    """Name the columns of a table of scores that hold the probabilities of the classes.

    Example:
        >>> probability_columns(["benign", "malignant"])
        ['probability.benign', 'probability.malignant']
    """
    return [f"{column}.{name}" for name in classes]


def told_classes(scores: pd.DataFrame) -> list[str]:
    """Name the classes whose probabilities a table of scores holds, sorted.

    Example:
        >>> told_classes(pd.DataFrame(columns=["case_id", "probability.malignant", "probability.benign"]))
        ['benign', 'malignant']
    """
    prefix = f"{PROBABILITY}."
    return sorted(name.removeprefix(prefix) for name in map(str, scores.columns) if name.startswith(prefix))


def keep_labelled(scores: pd.DataFrame) -> pd.DataFrame:
    """Leave out the rows whose label is missing or empty: they are predicted, but nobody knows the answer.

    Example:
        >>> keep_labelled(pd.DataFrame({"label": ["a", "", None]}))["label"].tolist()
        ['a']
    """
    return scores[scores["label"].fillna("") != ""]


def read_units(scores: pd.DataFrame, classes: Sequence[str], column: str = PROBABILITY) -> Units:
    """Turn rows of a table of scores into arrays, sorted by case so that the order of the rows changes nothing.

    Args:
        scores: Columns `case_id, group, label` and `<column>.<class>`, one row an image; rows without a label are left out.
        classes: Names of the classes, in the order of the probabilities.
        column: What stands before the class, `probability` or `calibrated`.

    Returns:
        The units.

    Raises:
        ValueError: If a label is none of the classes, or a probability is not a number in 0..1.
    """
    labelled = keep_labelled(scores).sort_values("case_id", kind="stable")
    labels = pd.Index(list(classes)).get_indexer(pd.Index(labelled["label"]))
    if (labels < 0).any():
        msg = f"Labels must be among {', '.join(classes)}. Received: {labelled['label'].to_numpy()[labels < 0][0]}."
        raise ValueError(msg)
    probabilities = labelled[probability_columns(classes, column)].to_numpy(np.float64)
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-6)).all():
        msg = f"Columns `{column}.<class>` must hold probabilities in 0..1."
        raise ValueError(msg)
    names, groups = np.unique(labelled["group"].to_numpy(dtype=str), return_inverse=True)
    return Units(groups.astype(np.int64), labels.astype(np.int64), probabilities, len(names))
