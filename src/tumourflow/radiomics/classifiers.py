"""A fitted classifier: rows of features in, probabilities of types out."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tumourflow.radiomics.candidates import BOOSTING, Candidate, build
from tumourflow.radiomics.cohort import Cohort, Floats

QUANTILES = 100
"""Steps in which the distribution of a feature is described."""


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


def fit_scaler(cohort: Cohort) -> Any:
    """Learn how features become comparable: what is missing is the feature's median, and its distribution becomes the normal one.

    Areas and energies range over decades, and a predicted mask may be anything.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer

    # A feature that no case has is kept as 0, so that all classifiers see the same columns.
    filled = SimpleImputer(strategy="median", keep_empty_features=True)
    # Of more than 10,000 cases some are drawn.
    scaled = QuantileTransformer(n_quantiles=min(QUANTILES, len(cohort.labels)), output_distribution="normal", random_state=0)
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
    model, values = build(candidate, cohort, seed), cohort.features.to_numpy(np.float64)
    if candidate.classifier != BOOSTING:
        scaler = scaler or fit_scaler(cohort)
        return Classifier(model.fit(scaler.transform(values), cohort.labels), scaler, np.ones(classes))
    with one_thread():
        shares = np.maximum(np.bincount(cohort.labels, minlength=classes), 1.0)
        # A feature that no case has would have no bins.
        return Classifier(model.fit(np.where(np.isnan(values).all(axis=0), 0, values), cohort.labels), None, shares)
