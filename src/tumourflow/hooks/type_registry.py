"""The fitted classifier of types as an MLflow model that others can load by name."""

from __future__ import annotations

import json
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tumourflow import __version__
from tumourflow.hooks.model_registry import crown_first
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
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    inputs = Schema([ColSpec("double", name) for name in bundle["features"]])
    outputs = Schema([ColSpec("string", "type"), *(ColSpec("double", f"probability.{name}") for name in bundle["classes"])])
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # The signature says it all; an example would be a patient's.
        warnings.filterwarnings("ignore", message=".*input example was not provided")
        save_classifier(classifier, Path(folder) / FILE)
        (Path(folder) / FILE).with_suffix(".json").write_text(json.dumps(bundle, indent=2))
        mlflow.pyfunc.log_model(
            name="type_model",
            loader_module=LOADER,
            data_path=folder,
            signature=ModelSignature(inputs, outputs),
            registered_model_name=f"{cohort}-typing",
            # Left to itself MLflow starts a process of its own to guess these, for a quarter of a minute.
            pip_requirements=[*(f"{package}=={version(package)}" for package in REQUIREMENTS), f"tumourflow=={__version__}"],
            metadata={"type_model": bundle},
        )
    crown_first(cohort, "typing", leaky=bundle["leaky"])
