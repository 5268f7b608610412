"""Classifiers that tell types apart by a row of features, and the few settings that are tried of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import count, product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Whole = npt.NDArray[np.int64]

BOOSTING = "hist_gradient_boosting"
GRIDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "logistic_regression": {"C": (0.01, 0.1, 1.0)},
    "svm": {"C": (1.0, 10.0)},
    "random_forest": {"min_samples_leaf": (1, 4)},
    BOOSTING: {"max_leaf_nodes": (4, 12)},
}
"""Settings that are tried; everything else is fixed below."""
INNER_FOLDS = 3
QUANTILES = 100
"""Steps in which the distribution of a feature is described."""
SMALLEST = 1e-6
"""Probability that a class gets at least where losses are compared: a classifier may say 0, and be wrong once."""


_DEAL = 62  # purpose of randomness


class Candidate(NamedTuple):
    """A classifier and its settings.

    Attributes:
        classifier: Its name, a key of `GRIDS`.
        parameters: Those that are tried.
    """

    classifier: str
    parameters: dict[str, Any]


class Cohort(NamedTuple):
    """What classifiers learn from.

    Attributes:
        features: One row a case, NaN where a region does not define a feature.
        labels: Number of each case's class.
        groups: Group of each case, which no fold tears apart.
    """

    features: pd.DataFrame
    labels: Whole
    groups: npt.NDArray[Any]

    def take(self, rows: Rows) -> Cohort:
        """Take some cases."""
        return Cohort(self.features.iloc[rows], self.labels[rows], self.groups[rows])


class Classifier(NamedTuple):
    """A fitted classifier.

    Attributes:
        model: What scikit-learn fitted.
        scaler: What its features go through first, nothing for trees on a histogram.
        shares: Share of each class among the cases it learned from, where they are to be undone; else ones.
    """

    model: Any
    scaler: Any
    shares: Floats

    def tell(self, features: pd.DataFrame | Floats) -> Floats:
        """Give the probability of each class, `(rows, classes)`; that of a class it has not seen is 0."""
        return self.tell_scaled(self.scale(features))

    def scale(self, features: pd.DataFrame | Floats) -> Floats:
        """Make features what the model sees, each column by itself."""
        values = np.asarray(features, np.float64)
        return np.asarray(self.scaler.transform(values), np.float64) if self.scaler else values

    def tell_scaled(self, values: Floats) -> Floats:
        """Give the probabilities for what `scale` gave."""
        told = np.zeros((len(values), len(self.shares)))
        with nullcontext() if self.scaler else one_thread():
            told[:, self.model.classes_] = self.model.predict_proba(values)
        told /= self.shares
        return np.asarray(told / told.sum(axis=1, keepdims=True), np.float64)


def one_thread() -> AbstractContextManager[Any]:
    """Keep boosting to one thread: folds run side by side, and threads that wait for one another take longer than a single one."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1, user_api="openmp")
    return limits


def list_candidates() -> list[Candidate]:
    """List every classifier with every setting that is tried."""
    return [Candidate(name, dict(zip(grid, values, strict=True))) for name, grid in GRIDS.items() for values in product(*grid.values())]


def deal_grouped(cohort: Cohort, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Deal whole groups into folds, the groups of every class evenly.

    scikit-learn's folds of this kind weigh images: a class of few patients may end in a single fold, and nobody learns it.

    Args:
        cohort: The cases; a group is of the class that most of its cases have.
        folds: How many.
        seed: Of the draw.

    Returns:
        Rows to learn from and rows to judge by, a pair a fold.
    """
    table = pd.DataFrame({"group": cohort.groups, "label": cohort.labels})
    kinds = table.groupby("group", sort=True)["label"].agg(lambda labels: labels.mode().iloc[0])
    rng, positions = np.random.default_rng([seed, _DEAL]), count()
    fold = {group: next(positions) % folds for _, of_class in kinds.groupby(kinds) for group in rng.permutation(of_class.index.to_numpy())}
    places = table["group"].map(fold).to_numpy()
    return [(np.flatnonzero(places != number), np.flatnonzero(places == number)) for number in range(folds)]


def fit_scaler(cohort: Cohort) -> Any:
    """Learn how features become comparable: what is missing is the feature's median, and its distribution becomes the normal one.

    Areas and energies range over decades, and a predicted mask may be anything.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer

    # A feature that no case has is kept as 0, so that all classifiers see the same columns.
    filled = SimpleImputer(strategy="median", keep_empty_features=True)
    scaled = QuantileTransformer(n_quantiles=min(QUANTILES, len(cohort.labels)), output_distribution="normal")
    return make_pipeline(filled, scaled).fit(cohort.features.to_numpy(np.float64))


def fit(candidate: Candidate, cohort: Cohort, classes: int, seed: int, scaler: Any = None) -> Classifier:
    """Fit a classifier, every class with the same weight.

    Args:
        candidate: Which classifier, with which settings.
        cohort: What it learns from.
        classes: How many classes there are.
        seed: Of what is random in it.
        scaler: What `fit_scaler` learned from the same cases, where it is there already.

    Returns:
        The classifier.
    """
    model, values = _BUILDERS[candidate.classifier](candidate.parameters, cohort, seed), cohort.features.to_numpy(np.float64)
    if candidate.classifier != BOOSTING:
        scaler = scaler or fit_scaler(cohort)
        return Classifier(model.fit(scaler.transform(values), cohort.labels), scaler, np.ones(classes))
    with one_thread():
        shares = np.maximum(np.bincount(cohort.labels, minlength=classes), 1.0)
        # A feature that no case has would have no bins.
        return Classifier(model.fit(np.where(np.isnan(values).all(axis=0), 0, values), cohort.labels), None, shares)


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
