"""What Keras computes with, as the environment says."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from tumourflow.errors import UserError

_BACKENDS = ("tensorflow", "jax")


def require_backend(environment: Mapping[str, str]) -> None:
    """Refuse a backend that is not there, on which Keras would end the run where it is first asked for a network.

    Args:
        environment: With `KERAS_BACKEND`, or without: then it is TensorFlow.

    Raises:
        UserError: Where it is neither TensorFlow nor JAX, or JAX, which is not installed.

    Example:
        >>> require_backend({})
        >>> require_backend({"KERAS_BACKEND": "torch"})
        Traceback (most recent call last):
        tumourflow.errors.UserError: KERAS_BACKEND is `torch`, but networks compute with `tensorflow` or `jax`: unset it, or choose one.
    """
    backend = environment.get("KERAS_BACKEND") or "tensorflow"
    if backend not in _BACKENDS:
        msg = f"KERAS_BACKEND is `{backend}`, but networks compute with `tensorflow` or `jax`: unset it, or choose one."
        raise UserError(msg)
    if find_spec(backend) is None:
        msg = f'KERAS_BACKEND is `{backend}`, which is not installed: unset it, or install it: `pip install "tumourflow[{backend}]"`.'
        raise UserError(msg)
