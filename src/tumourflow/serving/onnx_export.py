"""Networks as ONNX files, which run where there is neither Keras nor TensorFlow."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tumourflow.errors import UserError
from tumourflow.prediction.forward import BATCH, compile_logits, fill_up
from tumourflow.types import Float32, KerasModel

PACKAGES = ("onnx", "onnxruntime", "tf2onnx")
INPUT, OUTPUT, BATCH_AXIS = "image", "logits", "batch"
BUNDLE = "tumourflow.bundle"
"""Under this name the file's metadata hold the bundle as JSON."""
TOLERANCE = 1e-3
"""Largest difference of a logit from what Keras computes in float32."""


def require_onnx() -> None:
    """Make sure that the packages are there, and TensorFlow, over which the way to ONNX leads.

    Raises:
        UserError: Where one is missing, or Keras computes by something else.
    """
    if keras.backend.backend() != "tensorflow":
        msg = f"Networks become ONNX by way of TensorFlow, but KERAS_BACKEND is {keras.backend.backend()}: set it to tensorflow to export; "
        msg += "stored networks are the same for all."
        raise UserError(msg)
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        msg = f"ONNX needs {' and '.join(missing)}, which the extra `onnx` brings: pip install 'tumourflow[onnx]'."
        raise UserError(msg)


def export_onnx(model: KerasModel, bundle: Mapping[str, Any]) -> bytes:
    """Convert a stored network to ONNX; any number of images may be asked for at once.

    Args:
        model: Of Keras's own layers in float32, as networks are stored; gives logits of `(batch, height, width, channels)`.
        bundle: All that its use needs; it is kept in the file.

    Returns:
        The file: input `image` `(batch, height, width, channels)`, output `logits`, both float32.

    Raises:
        UserError: As `require_onnx`.
    """
    require_onnx()
    import onnx

    image = keras.Input(model.input_shape[1:], name=INPUT)
    plain = keras.Model(image, model(image))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        file = Path(folder) / "network.onnx"
        signature = [keras.InputSpec("float32", (None, *model.input_shape[1:]), name=INPUT)]
        plain.export(str(file), format="onnx", verbose=False, input_signature=signature)
        converted = onnx.load(file)
    _name_ends(converted.graph)
    onnx.helper.set_model_props(converted, {BUNDLE: json.dumps(bundle)})
    onnx.checker.check_model(converted)
    return bytes(converted.SerializeToString())


def load_onnx(content: bytes, threads: int = 0) -> Callable[[Float32], Float32]:
    """Make the forward pass of an ONNX file.

    Args:
        content: What `export_onnx` gave.
        threads: Processor threads, 0 for all.

    Returns:
        Function of `(batch, height, width, channels)` that gives the logits, both float32.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def forward(inputs: Float32) -> Float32:
        return np.asarray(session.run([OUTPUT], {INPUT: inputs})[0], np.float32)

    return forward


def compare_onnx(content: bytes, model: KerasModel, inputs: Float32) -> float:
    """Find the largest difference of a logit between an ONNX file and the network in Keras, in float32.

    Args:
        content: What `export_onnx` gave.
        model: The network.
        inputs: `(n, height, width, channels)`, n at least 1.

    Returns:
        The difference.
    """
    ours, theirs = compile_logits(model), load_onnx(content)
    batches = (inputs[start : start + BATCH] for start in range(0, len(inputs), BATCH))
    # Batches of any size for ONNX, of one size for Keras.
    return max(float(np.abs(theirs(batch) - ours(fill_up(batch, BATCH))[: len(batch)]).max()) for batch in batches)


def _name_ends(graph: Any) -> None:
    former = graph.output[0].name
    for node in graph.node:
        node.output[:] = [OUTPUT if name == former else name for name in node.output]
        node.input[:] = [OUTPUT if name == former else name for name in node.input]
    graph.output[0].name = OUTPUT
    for end in (graph.input[0], graph.output[0]):
        end.type.tensor_type.shape.dim[0].dim_param = BATCH_AXIS
