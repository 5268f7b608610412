"""The trained network as an MLflow model that others can load by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from tumourflow.datasets import RegisteredModels
from tumourflow.types import KerasModel

REQUIREMENTS = ("keras", "tensorflow", "numpy")


def register_segmenter(model: KerasModel, bundle: dict[str, Any], cohort: str) -> None:
    """Log a network with its signature and register it as `<cohort>-segmentation`.

    Args:
        model: Network of `(batch, height, width, channels)` float32 to logits of `(batch, height, width, 1)`.
        bundle: All that its use needs; kept as the model's metadata.
        cohort: Name of the cohort.
    """
    _register(model, bundle, "segmenter", f"{cohort}-segmentation", {"logit": model.output_shape})
    crown_first(cohort, "segmentation", leaky=bundle["leaky"])


def register_classifier(model: KerasModel, bundle: dict[str, Any], cohort: str) -> None:
    """Log a network with its signature and register it as `<cohort>-classification`.

    Args:
        model: Network of `(batch, height, width, channels)` float32 to logits of `(batch, classes)`.
        bundle: All that its use needs; kept as the model's metadata.
        cohort: Name of the cohort.
    """
    _register(model, bundle, "classifier", f"{cohort}-classification", {"logit": model.output_shape})
    crown_first(cohort, "classification", leaky=bundle["leaky"])


def register_router(model: KerasModel, bundle: dict[str, Any], cohort: str) -> None:
    """Log a network with its signature and register it as `<cohort>-router`.

    Args:
        model: Network of `(batch, height, width, channels)` float32 to `logits` of `(batch, classes)` and `distance`, `(batch,)`.
        bundle: All that its use needs; kept as the model's metadata.
        cohort: Name of the union.
    """
    _register(model, bundle, "router", f"{cohort}-router", {name: output.shape for name, output in model.output.items()})
    crown_first(cohort, "router", leaky=bundle["leaky"])


def crown_first(cohort: str, task: str, *, leaky: bool) -> None:
    """Make the newest version of `<cohort>-<task>` the champion where there is none; a later one has to be promoted.

    Args:
        cohort: Name of the cohort.
        task: What the model does.
        leaky: Whether its split leaks: such a model is never the champion.
    """
    models = RegisteredModels(cohort)
    if not leaky and models.champion(task) is None:
        models.crown(task, models.versions(task)[-1].version)


def _register(model: KerasModel, bundle: dict[str, Any], name: str, registered: str, outputs: Mapping[str, tuple[int, ...]]) -> None:
    import mlflow
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, *model.input_shape[1:]), name="image")]),
        outputs=Schema([TensorSpec(np.dtype(np.float32), (-1, *shape[1:]), name=each) for each, shape in outputs.items()]),
    )
    mlflow.keras.log_model(
        model,
        name=name,
        signature=signature,
        registered_model_name=registered,
        # Left to itself MLflow starts a process of its own to guess these, for a quarter of a minute.
        pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
        metadata={name: bundle},
    )
