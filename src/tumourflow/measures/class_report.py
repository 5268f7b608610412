"""All that is told of a classifier in figures: as it predicts, calibrated, and with annotations covered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from tumourflow.measures.class_patients import explain_patients
from tumourflow.measures.class_units import CALIBRATED
from tumourflow.measures.classification import summarise_classes
from tumourflow.measures.covered import describe_covered

CALIBRATION_MEASURES = ("brier", "ece")
"""Those that a temperature changes."""


def summarise_classifier(
    scores: pd.DataFrame, classes: Sequence[str], temperature: float, differences: pd.DataFrame, covered: int
) -> dict[str, Any]:
    """Summarise every measure by split, and what calibration and annotations change.

    Args:
        scores: A table of scores, with `probability.<class>` and `calibrated.<class>`.
        classes: Names of the classes.
        temperature: What probabilities were calibrated with.
        differences: What `compare_covered` gave.
        covered: How many images have annotations.

    Returns:
        `{split: {measure: {value, low, high, n, unit}}}`; beside the splits `calibrated` (the same for what calibration changes),
        `temperature`, `covered` where annotations were covered, and `patients` where there are no figures per patient and why.
    """
    calibrated = summarise_classes(scores, classes, CALIBRATED)
    metrics: dict[str, Any] = dict(summarise_classes(scores, classes))
    metrics["calibrated"] = {split: {name: figures[name] for name in CALIBRATION_MEASURES} for split, figures in calibrated.items()}
    metrics["temperature"] = temperature
    metrics |= {"covered": told} if (told := describe_covered(differences, covered)) else {}
    metrics |= {"patients": why} if (why := explain_patients(scores)) else {}
    return metrics
