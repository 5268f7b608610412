"""Nodes of the export room."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from tumourflow.datasets import ArrayStore
from tumourflow.errors import UserError
from tumourflow.imaging.layout import InputLayout, neighbour_rows, stack_context
from tumourflow.types import Float32, KerasModel

logger = logging.getLogger(__name__)

COMPARED = 64
"""Slices on which ONNX and Keras are compared: evenly taken from the test patients."""


def export_segmenter(
    segmenter: KerasModel, segmenter_bundle: Mapping[str, Any], model_input: ArrayStore, seed: int
) -> tuple[bytes, dict[str, Any]]:
    """Convert the segmenter to ONNX, and compare it with Keras on test slices, or on random numbers where nobody is tested.

    Returns:
        The file, which holds the bundle too; and `largest_difference` of a logit in float32, its `tolerance`, how many `images` of what
        (`compared_on`) it was found on, the file's size in `bytes`, and the versions of the packages.

    Raises:
        UserError: Where a package is missing, Keras computes by anything but TensorFlow, or the two differ by more than the tolerance.
    """
    from tumourflow.serving.onnx_export import PACKAGES, TOLERANCE, compare_onnx, export_onnx

    content = export_onnx(segmenter, segmenter_bundle)
    inputs, compared_on = _choose_inputs(model_input, segmenter_bundle, seed)
    difference = compare_onnx(content, segmenter, inputs)
    # A difference that is no number is none that is small enough.
    if not difference <= TOLERANCE:
        msg = f"The ONNX file differs from the network by {difference:.2g} in a logit, more than {TOLERANCE:g}: nothing was exported."
        raise UserError(msg)
    logger.info("ONNX and Keras differ by at most %.1e in a logit of %d %s.", difference, len(inputs), compared_on)
    record = {"largest_difference": difference, "tolerance": TOLERANCE, "images": len(inputs), "compared_on": compared_on}
    return content, record | {"bytes": len(content), "packages": {name: version(name) for name in ("keras", *PACKAGES)}}


def _choose_inputs(model_input: ArrayStore, bundle: Mapping[str, Any], seed: int) -> tuple[Float32, str]:
    layout, images = InputLayout(**bundle["layout"]), model_input["images"]
    tested = np.flatnonzero(model_input.index["split"] == "test")
    if not len(tested):
        drawn = np.random.default_rng(seed).normal(size=(COMPARED, *images.shape[1:3], layout.depth))
        return drawn.astype(np.float32), "images of random numbers"
    some = tested[np.unique(np.linspace(0, len(tested) - 1, COMPARED).astype(int))]
    return stack_context(images, some, neighbour_rows(model_input.index, layout.context), layout), "test slices"
