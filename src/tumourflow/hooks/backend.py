"""What Keras computes with, as the environment and Keras's own settings say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from tumourflow.errors import UserError

_BACKENDS = ("tensorflow", "jax")


def require_backend(environment: Mapping[str, str]) -> None:
    """Refuse a backend that is not there, on which Keras would end the run where it is first asked for a network.

    Args:
        environment: As `find_backend` takes it.

    Raises:
        UserError: Where it is neither TensorFlow nor JAX, or JAX, which is not installed.

    Example:
        >>> require_backend({"KERAS_BACKEND": "tensorflow"})
        >>> require_backend({"KERAS_BACKEND": "torch"})
        Traceback (most recent call last):
        tumourflow.errors.UserError: KERAS_BACKEND is `torch`, but networks compute with `tensorflow` or `jax`: change it to one of these.
    """
    backend, said_by = find_backend(environment)
    if backend not in _BACKENDS:
        msg = f"{said_by} is `{backend}`, but networks compute with `tensorflow` or `jax`: change it to one of these."
        raise UserError(msg)
    if find_spec(backend) is None:
        msg = f'{said_by} is `{backend}`, which is not installed: change it, or install it: `pip install "tumourflow[{backend}]"`.'
        raise UserError(msg)


def find_backend(environment: Mapping[str, str]) -> tuple[str, str]:
    """Find what Keras will compute with, before it is imported.

    Args:
        environment: With `KERAS_BACKEND`, or without: then `keras.json` decides, and where that says nothing, it is TensorFlow. That file
            lies in `KERAS_HOME`, or in `.keras` in the home folder.

    Returns:
        The name, and what gave it.
    """
    if environment.get("KERAS_BACKEND"):
        return environment["KERAS_BACKEND"], "KERAS_BACKEND"
    file = Path(environment.get("KERAS_HOME") or Path.home() / ".keras").expanduser() / "keras.json"
    try:
        settings = json.loads(file.read_text())
    except (OSError, ValueError):
        settings = {}
    backend = settings.get("backend") if isinstance(settings, dict) else None
    return backend or "tensorflow", f"`backend` in {file}"
