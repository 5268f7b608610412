"""Which candidate is the best: the one of the least loss on cases that it did not learn from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tumourflow.radiomics.candidates import Candidate, list_candidates
from tumourflow.radiomics.classifiers import Classifier, fit, fit_scaler
from tumourflow.radiomics.cohort import INNER_FOLDS, Cohort, Floats, Whole, deal_grouped

SMALLEST = 1e-6
"""Probability that a class gets at least where losses are compared: a classifier may say 0, and be wrong once."""


def choose(cohort: Cohort, classes: int, seed: int, folds: int = INNER_FOLDS) -> tuple[Candidate, list[float]]:
    """Choose the candidate of the least loss in a cross-validation of its own.

    Args:
        cohort: The cases that may be learned from.
        classes: How many classes there are.
        seed: Of the folds and the classifiers.
        folds: How many.

    Returns:
        The candidate, and the loss of each (see `balanced_loss`), in the order of `list_candidates`.
    """
    told = np.zeros((len(list_candidates()), len(cohort.labels), classes))
    for learned, judged in deal_grouped(cohort, folds, seed):
        learners, judges = cohort.take(learned), cohort.take(judged)
        told[:, judged] = [classifier.tell(judges.features) for classifier in _fit_all(learners, classes, seed)]
    losses = [balanced_loss(each, cohort.labels) for each in told]
    return list_candidates()[int(np.argmin(losses))], losses


def choose_on(judges: Cohort, cohort: Cohort, classes: int, seed: int) -> tuple[Candidate, Classifier]:
    """Choose the candidate that, fitted to some cases, has the least loss on others.

    Args:
        judges: The cases that it is chosen on.
        cohort: Those it learns from.
        classes: How many classes there are.
        seed: Of the classifiers.
    """
    fitted = zip(list_candidates(), _fit_all(cohort, classes, seed), strict=True)
    return min(fitted, key=lambda pair: balanced_loss(pair[1].tell(judges.features), judges.labels))


def losses_of(probabilities: Floats, labels: Whole) -> Floats:
    """Give minus the logarithm of the probability of each case's own class.

    Example:
        >>> losses_of(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([0, 1])).round(3).tolist()
        [0.0, 0.693]
    """
    return np.abs(-np.log(np.clip(probabilities[np.arange(len(labels)), labels], SMALLEST, 1)))


def balanced_loss(probabilities: Floats, labels: Whole) -> float:
    """Give the mean over the classes of the mean loss of their cases, so that a frequent class does not decide.

    A proper score: unlike accuracy it tells candidates apart that are right on the same cases.
    """
    losses = losses_of(probabilities, labels)
    return float(np.mean([losses[labels == label].mean() for label in np.unique(labels)]))


def _fit_all(cohort: Cohort, classes: int, seed: int) -> Iterator[Classifier]:
    scaler = fit_scaler(cohort)
    yield from (fit(candidate, cohort, classes, seed, scaler) for candidate in list_candidates())
