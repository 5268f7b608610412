"""From images to patients: one set of probabilities for all images of a patient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tumourflow.measures.class_units import PROBABILITY, keep_labelled, probability_columns
from tumourflow.measures.intervals import Floats

_SMALLEST = float(np.finfo(np.float32).tiny)
"""A softmax in float32 cannot tell anything smaller from nothing; 0 stands for this, so that it has a logarithm."""

_DESCRIBED = ["patient", "group", "site", "split", "label"]


def log_probabilities(scores: pd.DataFrame, classes: Sequence[str], column: str = PROBABILITY) -> Floats:
    """Give the logarithms of the probabilities, which are the network's logits but for one number a row.

    Args:
        scores: Columns `<column>.<class>`.
        classes: Names of the classes.
        column: What stands before the class.

    Returns:
        `(rows, classes)`, all finite.
    """
    probabilities = scores[probability_columns(classes, column)].to_numpy(np.float64)
    return np.asarray(np.log(np.maximum(probabilities, _SMALLEST)), np.float64)


def pool_patients(scores: pd.DataFrame, classes: Sequence[str], column: str = PROBABILITY) -> pd.DataFrame:
    """Give each patient's probabilities: the mean of the logarithms over its images, normalised.

    Args:
        scores: A table of scores, one row an image.
        classes: Names of the classes.
        column: Which probabilities.

    Returns:
        The same columns, one row a patient of each split, with `images`, how many there are of it. `case_id` is the patient, and
        `label` is empty where the patient's images are of several classes: such a patient has none.

    Example:
        >>> images = {"case_id": ["p/1", "p/2"], "patient": "p", "group": "p", "site": "", "split": "test", "label": "b"}
        >>> images |= {"probability.a": [0.5, 0.2], "probability.b": [0.5, 0.8]}
        >>> pool_patients(pd.DataFrame(images), ["a", "b"]).filter(like="probability").round(3).values.tolist()
        [[0.333, 0.667]]
    """
    names = probability_columns(classes, column)
    described = scores[[name for name in _DESCRIBED if name in scores]].reset_index(drop=True)
    described["label"] = described["label"].where(described["label"] != "")
    logarithms = pd.DataFrame(log_probabilities(scores, classes, column), columns=pd.Index(names))
    by_patient = pd.concat([described, logarithms], axis=1).groupby(["split", "patient"], sort=True)
    powers = np.exp(by_patient.mean(numeric_only=True)[names].to_numpy(np.float64))
    pooled = by_patient.first().assign(images=by_patient.size()).reset_index()
    pooled[names] = powers / powers.sum(axis=1, keepdims=True)
    one_class = (by_patient["label"].nunique() == 1).to_numpy(bool)
    return pooled.assign(label=pooled["label"].where(one_class, ""), case_id=pooled["patient"])


def explain_patients(scores: pd.DataFrame) -> str | None:
    """Say why there are no figures per patient, where there are none.

    A patient has a class only if all its images have it. Slices with and without tumour of one patient are no votes on a question about
    the patient: whether there is tumour anywhere is not the mean over the slices. As soon as one patient is so, nothing is given per
    patient, since the others would not stand for all.

    Args:
        scores: A table of scores, one row an image: `patient, split, label`.

    Returns:
        A sentence, or nothing where the figures per patient are given.

    Example:
        >>> explain_patients(pd.DataFrame({"patient": list("aab"), "split": "test", "label": list("xyx")}))
        'No figures per patient: the images of 1 of 2 patients are of several classes, so that the class is of the image.'
    """
    labelled = keep_labelled(scores)
    by_patient = labelled.groupby(["split", "patient"])["label"]
    several = int((by_patient.nunique() > 1).sum())
    if several:
        of_all = f"the images of {several:,} of {by_patient.ngroups:,} patients are of several classes"
        return f"No figures per patient: {of_all}, so that the class is of the image."
    if labelled.empty or int(by_patient.size().max()) < 2:
        return "No figures per patient: no patient has several images."
    return None
