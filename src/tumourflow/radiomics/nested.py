"""Nested cross-validation: the outer folds judge, the inner ones choose, and no patient is on two sides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from tumourflow.imaging.parallel import map_parallel
from tumourflow.radiomics.candidates import Candidate, list_candidates
from tumourflow.radiomics.choice import choose, choose_on
from tumourflow.radiomics.classifiers import Classifier, fit
from tumourflow.radiomics.cohort import INNER_FOLDS, Cohort, Floats, Rows, deal_grouped, list_kinds


@dataclass(frozen=True)
class Fold:
    """One outer fold.

    Attributes:
        judged: Rows that were held out.
        candidate: What the inner folds chose.
        losses: Loss of each candidate in the inner folds.
        classifier: The candidate, fitted to all rows that were not held out.
    """

    judged: npt.NDArray[np.intp]
    candidate: Candidate
    losses: list[float]
    classifier: Classifier


def cross_validate(cohort: Cohort, classes: int, folds: int, seed: int, scheduler: str = "synchronous") -> list[Fold]:
    """Choose and fit a classifier for each outer fold, without its cases.

    Args:
        cohort: All cases. Features of other kinds of masks with the same labels and groups get the same folds.
        classes: How many classes there are.
        folds: Number of outer folds; every class needs as many groups.
        seed: Of folds and classifiers.
        scheduler: Where the folds run, see `map_parallel`.

    Returns:
        The folds.
    """
    return list(map_parallel(partial(_run_fold, cohort, classes, seed), deal_grouped(cohort, folds, seed), scheduler))


def tell_held_out(cohort: Cohort, folds: list[Fold], classes: int) -> Floats:
    """Give the probabilities of every case by the classifier that never saw its group, `(cases, classes)`."""
    told = np.zeros((len(cohort.labels), classes))
    for fold in folds:
        told[fold.judged] = fold.classifier.tell(cohort.features.iloc[fold.judged])
    return told


def judge_split(cohort: Cohort, split: npt.NDArray[Any], classes: int, seed: int) -> tuple[Candidate, Floats] | None:
    """Fit to the training cases, choose on the validation cases, and tell all.

    Args:
        cohort: All cases.
        split: `train`, `validation` or `test` for each.
        classes: How many classes there are.
        seed: Of the classifiers.

    Returns:
        The candidate and the probabilities of every case; nothing where the training cases have not two groups of each class, or the
        validation cases lack one.
    """
    learners, judges = (cohort.take(np.flatnonzero(split == name)) for name in ("train", "validation"))
    if not has_enough(learners, classes) or len(np.unique(judges.labels)) < classes:
        return None
    candidate, classifier = choose_on(judges, learners, classes, seed)
    return candidate, classifier.tell(cohort.features)


def has_enough(learners: Cohort, classes: int) -> bool:
    """Tell whether there are two groups of each class at least (see `list_kinds`), without which nothing can be fitted."""
    return bool(list_kinds(learners.groups, learners.labels).value_counts().reindex(range(classes), fill_value=0).min() > 1)


def count_needed(folds: int) -> int:
    """Count the groups that a class needs: one a fold, and behind each outer fold enough to deal out twice more.

    Example:
        >>> count_needed(5), count_needed(2)
        (5, 6)
    """
    return next(groups for groups in count(folds) if groups - -(-groups // folds) >= INNER_FOLDS)


def choose_for_all(folds: list[Fold]) -> tuple[Candidate, list[float]]:
    """Choose the candidate of the least mean loss over the inner folds of all outer folds: the one to fit to the whole cohort.

    Returns:
        The candidate, and the mean loss of each.
    """
    means = np.mean([fold.losses for fold in folds], axis=0)
    return list_candidates()[int(np.argmin(means))], [float(mean) for mean in means]


def describe_choice(folds: list[Fold]) -> dict[str, Any]:
    """Describe what was chosen, in values that JSON knows.

    Returns:
        `classifier` and `parameters` for the whole cohort, `loss` by which they were chosen, `candidates` with the loss of each, and the
        choice of each outer fold in `folds`.
    """
    best, losses = choose_for_all(folds)
    candidates = [{**candidate._asdict(), "loss": loss} for candidate, loss in zip(list_candidates(), losses, strict=True)]
    chosen = [{**fold.candidate._asdict(), "loss": min(fold.losses)} for fold in folds]
    return {**best._asdict(), "loss": min(losses), "candidates": candidates, "folds": chosen}


def _run_fold(cohort: Cohort, classes: int, seed: int, sides: tuple[Rows, Rows]) -> Fold:
    learned, judged = sides
    learners = cohort.take(learned)
    candidate, losses = choose(learners, classes, seed)
    return Fold(judged, candidate, losses, fit(candidate, learners, classes, seed))
