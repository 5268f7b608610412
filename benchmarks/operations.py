"""How many floating-point operations a network's convolutions take."""

from __future__ import annotations

import math

import keras
import numpy as np


def training_operations(model: keras.Model) -> int:
    """Floating-point operations of the convolutions of one image in training."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Conv2DTranspose)):
            # Each weight meets every pixel of the coarser side: that which a convolution gives, or an up-convolution takes.
            side = layer.input if isinstance(layer, keras.layers.Conv2DTranspose) else layer.output
            products = int(np.prod(side.shape[1:3])) * math.prod(layer.kernel.shape)
            total += 2 * products * (2 if layer.input is model.input else 3)
    return total
