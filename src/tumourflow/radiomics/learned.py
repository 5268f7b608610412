"""The classifier that is used: fitted once, to patients who do not judge it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tumourflow.radiomics.candidates import Candidate
from tumourflow.radiomics.classifiers import Classifier, fit
from tumourflow.radiomics.cohort import Cohort
from tumourflow.radiomics.nested import has_enough
from tumourflow.radiomics.table import gather_cohort, tabulate

TRAIN, ALL = "train", "all"
VALIDATION = "validation"


class Learned(NamedTuple):
    """A classifier, and how it came about.

    Attributes:
        classifier: The fitted classifier.
        candidate: Which one, with which settings.
        chosen_on: `validation`, or `cross_validated` where the split leaves too few patients to choose on.
        learned_from: `train`: the training cases; or `all` where those lack a class, so that nobody is left to test it.
        cases: Number of cases that it learned from.
        features: Names of the features in their order.
        classes: Names of the classes in their order.
    """

    classifier: Classifier
    candidate: Candidate
    chosen_on: str
    learned_from: str
    cases: int
    features: list[str]
    classes: list[str]

    def describe(self) -> dict[str, Any]:
        """Describe it in values that JSON knows."""
        return {
            **self.candidate._asdict(),
            **{name: getattr(self, name) for name in ("chosen_on", "learned_from", "cases", "features", "classes")},
        }


def learn_types(rows: pd.DataFrame, choice: Mapping[str, Any], seed: int) -> Learned:
    """Fit the classifier that was chosen for the run's own split, so that its test figures are those of the very classifier.

    Args:
        rows: Features of true masks, one row a case: what `score_mask` was given.
        choice: What it chose: `three_way`, which saw no test patient, goes first; else `classifier` and `parameters`, chosen in the
            cross-validation of all patients.
        seed: As there.
    """
    classes = sorted(rows["label"].unique())
    cohort = gather_cohort(rows, classes)
    trained = cohort.take(np.flatnonzero(rows["split"].to_numpy(str) == TRAIN))
    enough = has_enough(trained, len(classes))
    learners: Cohort = trained if enough else cohort
    judged = choice.get("three_way") if enough else None
    candidate = Candidate(**(judged or {name: choice[name] for name in Candidate._fields}))
    return Learned(
        classifier=fit(candidate, learners, len(classes), seed),
        candidate=candidate,
        chosen_on=VALIDATION if judged else "cross_validated",
        learned_from=TRAIN if enough else ALL,
        cases=len(learners.labels),
        features=[str(name) for name in cohort.features.columns],
        classes=classes,
    )


def tell_test(rows: pd.DataFrame, learned: Learned) -> pd.DataFrame:
    """Tell the types of the test cases of another kind of mask, as far as it shows anything.

    Args:
        rows: Features of the masks, one row a case.
        learned: A classifier; where it was chosen on all cases, or learned from them, there are none to test it.

    Returns:
        Rows of scores as `score_mask` gives them.
    """
    unseen = learned.learned_from == TRAIN and learned.chosen_on == VALIDATION
    judged = rows[(rows["split"] == "test") & (rows["shape_area"] > 0) & unseen].reset_index(drop=True)
    return tabulate(judged, learned.classifier.tell(judged[learned.features]), learned.classes) if len(judged) else judged
