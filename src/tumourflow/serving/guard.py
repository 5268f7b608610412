"""What MLflow's server lacks in front of a model of this project: a bound on posts, and errors of one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import scoring_server

from tumourflow.serving.posts import FORM, MAX_BYTES, PostError

JSON, CSV = "application/json", "text/csv"
_LONGEST = 200


def guard_server(module: str) -> None:
    """Put a guard in front of what MLflow's server does with a post; of models of other projects it knows nothing.

    MLflow has no hook for this. Its own server reads posts of any size, and answers one that is no JSON with all of the post.

    Args:
        module: The module that loads the models of this project.
    """
    answer = getattr(scoring_server, "invocations", None)
    if answer is not None and not hasattr(answer, "__wrapped__"):
        scoring_server.invocations = _guard(answer, module)


def _guard(invocations: Callable[..., Any], module: str) -> Callable[..., Any]:
    @wraps(invocations)
    def guarded(data: bytes, content_type: str | None, model: Any, input_schema: Any) -> Any:
        if model.loader_module != module:
            return invocations(data, content_type, model, input_schema)
        if len(data) > MAX_BYTES:
            msg = f"The post has {len(data)} bytes, more than the {MAX_BYTES} that are allowed: post patients one after the other."
            return scoring_server.InvocationsResponse(json.dumps({"error_code": "TOO_LARGE", "message": msg}), 413, JSON)
        kind = content_type or JSON
        read = _READ.get(kind.partition(";")[0].strip())
        try:
            return invocations(read(data) if read else data, kind.replace(CSV, JSON), model, input_schema)
        except PostError:
            raise
        except MlflowException as error:
            msg = f"The post is no table of images: {_shorten(error)}. {FORM}"
            raise PostError(msg) from error

    return guarded


def _read(data: bytes) -> dict[str, Any]:
    try:
        read = json.loads(data)
    except (ValueError, RecursionError) as error:
        msg = f"The post is no JSON: {str(error)[:_LONGEST]}. {FORM}"
        raise PostError(msg) from error
    if not isinstance(read, dict):
        msg = f"The post is JSON, but no table of images. {FORM}"
        raise PostError(msg)
    return read


def _read_csv(data: bytes) -> dict[str, Any]:
    # MLflow cannot read CSV where the type of a column, the number of a slice, is left open.
    try:
        table = pd.read_csv(BytesIO(data), dtype={"image": str, "patient": str})
    except ValueError as error:
        msg = f"The post is no CSV: {str(error).strip()[:_LONGEST]}. {FORM}"
        raise PostError(msg) from error
    return {"dataframe_split": json.loads(table.to_json(orient="split", index=False))}


_READ = {JSON: _read, CSV: _read_csv}


def _shorten(error: MlflowException) -> str:
    # MLflow puts what was posted in front of what is wrong with it.
    return str(error.message).rpartition("Error: ")[2].partition("\n")[0].strip(" .")[:_LONGEST]
