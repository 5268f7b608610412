"""The part of a network that weights of other images can be put into."""

from __future__ import annotations

import re

import keras

ENCODER = re.compile(r"(encoder|down|bottom|conv[1-5])_")
"""How the names of an encoder's layers begin: those on an EfficientNet-Lite0, the U-Nets and those on a ResNet-50."""


def encoder_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """List the layers that take the image apart, those of the decoder and the head left out.

    Args:
        model: Network of `build_network`.

    Returns:
        Layers with weights, the image's end first.
    """
    return [layer for layer in model.layers if layer.weights and ENCODER.match(layer.name)]
