"""Fitted classifiers as files that hold nothing but what is known to be harmless."""

from __future__ import annotations

import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from tumourflow.errors import UserError
from tumourflow.radiomics.classifiers import Classifier

TRUSTED = (
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
"""What classifiers are made of beside scikit-learn's public classes; a file with anything else is not loaded, and no code in it is run."""


def save_classifier(classifier: Classifier, path: Path) -> None:
    """Write a classifier in the format of skops, which unlike a pickle cannot start a program when it is read.

    Args:
        classifier: What `fit` gave.
        path: The file.
    """
    import skops.io

    skops.io.dump(classifier._asdict(), path, compression=zipfile.ZIP_DEFLATED)


def load_classifier(path: Path) -> Classifier:
    """Read what `save_classifier` wrote.

    Args:
        path: The file.

    Raises:
        UserError: When it is damaged, holds no classifier, or anything that is not trusted.
    """
    import skops.io

    try:
        strangers = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED))
        found = {} if strangers else skops.io.load(path, trusted=list(TRUSTED))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        msg = f"{path} is no classifier of types, or damaged ({type(error).__name__}): run kedro run --pipeline=radiomics anew."
        raise UserError(msg) from error
    if strangers or not isinstance(found, dict) or set(found) != set(Classifier._fields):
        what = f"holds {strangers[0]}, which is not trusted" if strangers else "holds no classifier of types"
        msg = f"{path} {what}, and is not used: take a file that this project has written."
        raise UserError(msg)
    return Classifier(found["model"], found["scaler"], np.asarray(found["shares"], np.float64))


def describe_versions() -> dict[str, str]:
    """Tell the versions of the libraries that a stored classifier needs: another scikit-learn may not understand it."""
    return {package: version(package) for package in ("scikit-learn", "skops")}
