"""The trained network as an MLflow model that others can load by name."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tumourflow import __version__
from tumourflow.datasets import RegisteredModels
from tumourflow.types import KerasModel

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

REQUIREMENTS = ("keras", "tensorflow", "numpy")
LOADER = "tumourflow.serving.pyfunc"
BY_NAME = "map of double"
"""Stands for a number for each name; all other types are called as MLflow does."""
_PLACE = {"patient": "string", "slice": "long"}
MASKS = {**_PLACE, "height": "long", "width": "long", "mask": "string", "area": "long", "probability": "double", "uncertainty": "double"}
CLASSES = {**_PLACE, "class": "string", "probability": "double", "probabilities": BY_NAME}
"""Columns of the answers, one row an image; see `tumourflow.serving.pyfunc`."""


def register_segmenter(model: KerasModel, bundle: dict[str, Any], cohort: str) -> None:
    """Log a network and its bundle as a model that takes images and gives masks, and register it as `<cohort>-segmentation`.

    Args:
        model: Network of `(batch, height, width, channels)` float32 to logits of `(batch, height, width, 1)`.
        bundle: All that its use needs; kept beside it, and as the model's metadata.
        cohort: Name of the cohort.
    """
    version = _register_posted(model, bundle, "segmenter", f"{cohort}-segmentation", MASKS)
    crown_first(cohort, "segmentation", version, leaky=bundle["leaky"])


def register_classifier(model: KerasModel, bundle: dict[str, Any], cohort: str) -> None:
    """Log a network and its bundle as a model that takes images and gives classes, and register it as `<cohort>-classification`.

    Args:
        model: Network of `(batch, height, width, channels)` float32 to logits of `(batch, classes)`.
        bundle: All that its use needs; kept beside it, and as the model's metadata.
        cohort: Name of the cohort.
    """
    version = _register_posted(model, bundle, "classifier", f"{cohort}-classification", CLASSES)
    crown_first(cohort, "classification", version, leaky=bundle["leaky"])


def register_router(model: KerasModel, bundle: dict[str, Any], cohort: str) -> None:
    """Log a network with its signature and register it as `<cohort>-router`.

    Args:
        model: Network of `(batch, height, width, channels)` float32 to `logits` of `(batch, classes)` and `distance`, `(batch,)`.
        bundle: All that its use needs; kept as the model's metadata.
        cohort: Name of the union.
    """
    import mlflow

    logged = mlflow.keras.log_model(
        model,
        name="router",
        signature=_sign_network(model),
        registered_model_name=f"{cohort}-router",
        pip_requirements=pin(REQUIREMENTS),
        metadata={"router": bundle},
    )
    crown_first(cohort, "router", int(logged.registered_model_version), leaky=bundle["leaky"])


def crown_first(cohort: str, task: str, version: int, *, leaky: bool) -> None:
    """Mark a new version of `<cohort>-<task>`, and make it the champion where there is none; a later one has to be promoted.

    Args:
        cohort: Name of the cohort.
        task: What the model does.
        version: That was registered; the newest may be that of another run by now.
        leaky: Whether its split leaks: such a model is never the champion.
    """
    models = RegisteredModels(cohort)
    models.mark(task, version, leaky=leaky)
    if not leaky and models.champion(task) is None:
        models.crown(task, version)


def _register_posted(model: KerasModel, bundle: dict[str, Any], name: str, registered: str, answer: Mapping[str, str]) -> int:
    return log_files(lambda folder: model.save(folder / f"{name}.keras"), bundle, name, registered, LOADER, sign_post(answer), REQUIREMENTS)


def log_files(
    save: Callable[[Path], None],
    bundle: dict[str, Any],
    name: str,
    registered: str,
    loader: str,
    signature: ModelSignature,
    requirements: Sequence[str],
) -> int:
    """Log a model that a module of this package loads from its files, and register it.

    Args:
        save: Writes the model into a folder.
        bundle: All that its use needs; kept beside it as `<name>.json`, and as the model's metadata.
        name: Of the model in its run, and of its files.
        registered: Name in the registry.
        loader: Module that loads it.
        signature: What it takes and gives.
        requirements: Packages that it needs besides this one.

    Returns:
        The version under which it is registered.
    """
    import mlflow

    with tempfile.TemporaryDirectory() as temporary, warnings.catch_warnings():
        folder = Path(temporary) / name
        folder.mkdir()
        save(folder)
        (folder / f"{name}.json").write_text(json.dumps(bundle, indent=2))
        # An example would be a patient's, and MLflow would run the model on it.
        warnings.filterwarnings("ignore", "(?s).*input example was not provided", UserWarning)
        logged = mlflow.pyfunc.log_model(
            name=name,
            loader_module=loader,
            data_path=str(folder),
            signature=signature,
            registered_model_name=registered,
            pip_requirements=[*pin(requirements), f"tumourflow=={__version__}"],
            metadata={name: bundle},
        )
    return int(logged.registered_model_version)


def pin(packages: Sequence[str]) -> list[str]:
    """Name packages with the versions that are installed."""
    # Left to itself MLflow starts a process of its own to guess these, for a quarter of a minute.
    return [f"{package}=={version(package)}" for package in packages]


def sign_post(answer: Mapping[str, str]) -> ModelSignature:
    """Describe a table of images and its answers.

    Args:
        answer: Type by the name of the column, of MLflow or `BY_NAME`.

    Returns:
        The signature.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec
    from mlflow.types.schema import AnyType, Map

    # Beside an image without number whole numbers are floating-point ones, and MLflow brings neither to the other: `posts` looks at them.
    optional = [ColSpec("string", "patient", required=False), ColSpec(AnyType(), "slice", required=False)]  # type: ignore[no-untyped-call]
    kinds = {name: Map(DataType.double) if kind == BY_NAME else kind for name, kind in answer.items()}
    answers: list[ColSpec | TensorSpec] = [ColSpec(kind, name) for name, kind in kinds.items()]
    return ModelSignature(Schema([ColSpec("string", "image"), *optional]), Schema(answers))


def _sign_network(model: KerasModel) -> ModelSignature:
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    image = TensorSpec(np.dtype(np.float32), (-1, *model.input_shape[1:]), name="image")
    outputs = (TensorSpec(np.dtype(np.float32), (-1, *output.shape[1:]), name=name) for name, output in model.output.items())
    return ModelSignature(Schema([image]), Schema([*outputs]))
