"""The fitted classifier of types as an MLflow model that others can load by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tumourflow.hooks.model_registry import crown_first, log_files
from tumourflow.radiomics.classifiers import Classifier
from tumourflow.radiomics.stored import save_classifier
from tumourflow.radiomics.type_model import FILE

LOADER = "tumourflow.serving.typing_model"
REQUIREMENTS = ("scikit-learn", "skops", "numpy", "pandas")


def register_types(classifier: Classifier, bundle: dict[str, Any], cohort: str) -> None:
    """Log a classifier and its bundle as a model that takes tables of features, and register it as `<cohort>-typing`.

    Args:
        classifier: What the radiomics room has fitted.
        bundle: All that its use needs; kept beside it, and as the model's metadata.
        cohort: Name of the cohort.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    inputs = Schema([ColSpec("double", name) for name in bundle["features"]])
    outputs = Schema([ColSpec("string", "type"), *(ColSpec("double", f"probability.{name}") for name in bundle["classes"])])
    version = log_files(
        lambda folder: save_classifier(classifier, folder / FILE),
        bundle,
        Path(FILE).stem,
        f"{cohort}-typing",
        LOADER,
        ModelSignature(inputs, outputs),
        REQUIREMENTS,
    )
    crown_first(cohort, "typing", version, leaky=bundle["leaky"])
