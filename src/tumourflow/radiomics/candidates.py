"""Classifiers that tell types apart by a row of features, and the few settings that are tried of each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

from tumourflow.radiomics.cohort import INNER_FOLDS, Cohort, deal_grouped

BOOSTING = "hist_gradient_boosting"
GRIDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "logistic_regression": {"C": (0.01, 0.1, 1.0)},
    "svm": {"C": (1.0, 10.0)},
    "random_forest": {"min_samples_leaf": (1, 4)},
    BOOSTING: {"max_leaf_nodes": (4, 12)},
}
"""Settings that are tried; everything else is fixed below."""


class Candidate(NamedTuple):
    """A classifier and its settings.

    Attributes:
        classifier: Its name, a key of `GRIDS`.
        parameters: Those that are tried.
    """

    classifier: str
    parameters: dict[str, Any]


def list_candidates() -> list[Candidate]:
    """List every classifier with every setting that is tried."""
    return [Candidate(name, dict(zip(grid, values, strict=True))) for name, grid in GRIDS.items() for values in product(*grid.values())]


def build(candidate: Candidate, cohort: Cohort, seed: int) -> Any:
    """Build a classifier that is not fitted yet, every class with the same weight where scikit-learn has such weights.

    Args:
        candidate: Which classifier, with which settings.
        cohort: What it will learn from.
        seed: Of what is random in it.
    """
    return _BUILDERS[candidate.classifier](candidate.parameters, cohort, seed)


def _build_logistic(parameters: dict[str, Any], _: Cohort, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(**parameters, class_weight="balanced", max_iter=2000, random_state=seed)


def _build_svm(parameters: dict[str, Any], cohort: Cohort, seed: int) -> Any:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import SVC

    machine = SVC(**parameters, gamma="scale", class_weight="balanced")
    # Distances become probabilities by cases that the machine did not learn from, of other patients.
    return CalibratedClassifierCV(machine, cv=deal_grouped(cohort, INNER_FOLDS, seed), ensemble=False)


def _build_forest(parameters: dict[str, Any], _: Cohort, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(100, **parameters, class_weight="balanced", random_state=seed)


def _build_boosting(parameters: dict[str, Any], _: Cohort, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    # Classes are made equal in what it tells: cases with weights take it ten times as long, nearly all of it to find the bins.
    shape = {"max_iter": 40, "max_bins": 64, "max_features": 0.3}
    return HistGradientBoostingClassifier(**parameters, **shape, l2_regularization=1.0, random_state=seed)


_BUILDERS: dict[str, Callable[[dict[str, Any], Cohort, int], Any]] = {
    "logistic_regression": _build_logistic,
    "svm": _build_svm,
    "random_forest": _build_forest,
    BOOSTING: _build_boosting,
}
