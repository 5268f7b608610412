"""Models of types by name, and as MLflow knows them: a table of features in, the type and its probabilities out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from tumourflow.errors import UserError
from tumourflow.radiomics.type_model import TypeModel

PROBABILITY = "probability."
"""Begins the column of a class's probability."""


def load_type_model(address: str) -> TypeModel:
    """Load a model of types.

    Args:
        address: `models:/<name>@<alias>` or `models:/<name>/<version>` of MLflow's registry; or a folder or file, see `TypeModel.load`.

    Raises:
        UserError: Where there is none.
    """
    if Path(address).exists():
        return TypeModel.load(Path(address))
    import mlflow

    with tempfile.TemporaryDirectory() as folder:
        try:
            fetched = mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=folder)
        except (mlflow.exceptions.MlflowException, OSError) as error:
            msg = f"There is no model of types at {address}: name a path, models:/NAME@ALIAS or models:/NAME/VERSION. "
            raise UserError(msg + f"({str(error).partition(chr(10))[0]})") from error
        return TypeModel.load(Path(fetched))


class PostedTypeModel:
    """Answers tables of features."""

    def __init__(self, model: TypeModel) -> None:
        self._model = model

    def predict(self, table: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002  # asked for by MLflow
        """Tell the types of tumours.

        Args:
            table: A column for each feature of the model, one row a tumour.
            params: None are known.

        Returns:
            `type` and `probability.<class>`, one row a tumour.

        Raises:
            ValueError: Where a feature is missing.
        """
        told = pd.DataFrame(self._model.tell(table), columns=[PROBABILITY + name for name in self._model.classes])
        told.insert(0, "type", [self._model.classes[number] for number in told.to_numpy().argmax(axis=1)])
        return told


def _load_pyfunc(path: str) -> PostedTypeModel:
    """Load what the registry keeps; MLflow looks for a function of this name.

    Args:
        path: Folder that holds `type_model.skops` and `type_model.json`.
    """
    return PostedTypeModel(TypeModel.load(Path(path)))
