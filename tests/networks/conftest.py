from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

Gradients = tuple[np.ndarray, list[np.ndarray]]


def numbers(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


def differentiate_by_tensorflow(layer: keras.Layer, image: np.ndarray, **options: bool) -> Gradients:
    import tensorflow as tf

    inputs = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, **options)
        loss = tf.reduce_mean(tf.sin(tf.cast(outputs, tf.float32)))
    sources = [inputs, *(variable.value for variable in layer.trainable_variables)]
    gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    return numbers(outputs), [numbers(gradient) for gradient in gradients]


def differentiate_by_jax(layer: keras.Layer, image: np.ndarray, **options: bool) -> Gradients:
    import jax

    trained, rest = ([variable.value for variable in group] for group in (layer.trainable_variables, layer.non_trainable_variables))

    @jax.jit
    def compute(inputs: Any, trained: list[Any]) -> Any:
        def loss(inputs: Any, trained: list[Any]) -> Any:
            outputs, _ = layer.stateless_call(trained, rest, inputs, **options)
            return keras.ops.mean(keras.ops.sin(keras.ops.cast(outputs, "float32"))), outputs

        return jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)(inputs, trained)

    (_, outputs), (of_image, of_weights) = compute(image, trained)
    return numbers(outputs), [numbers(gradient) for gradient in (of_image, *of_weights)]


@pytest.fixture(scope="session")
def differentiate() -> Callable[..., Gradients]:
    """`differentiate(layer, image, **options)` gives what the layer makes of the image, and the gradients of its sines' mean.

    The first gradient is that for the image, then one for each trainable weight. On TensorFlow, moving averages move.
    """
    return differentiate_by_jax if keras.backend.backend() == "jax" else differentiate_by_tensorflow


def count_lite0_weights(channels: int, norm: int) -> int:
    layout = [(1, 3, 1, 16), (2, 3, 6, 24), (2, 5, 6, 40), (3, 3, 6, 80), (3, 5, 6, 112), (4, 5, 6, 192), (1, 3, 6, 320)]
    total, before = 9 * channels * 32 + norm * 32, 32
    for blocks, side, expansion, after in layout:
        for _ in range(blocks):
            inner = before * expansion
            expand = before * inner + norm * inner if expansion > 1 else 0
            total += expand + side * side * inner + norm * inner + inner * after + norm * after
            before = after
    return total


@pytest.fixture(scope="session")
def count_lite0() -> Callable[..., int]:
    """`count_lite0(channels, norm)` counts the weights of the published EfficientNet-Lite0 without its head.

    They are kernels, and `norm` for each feature map that is normalised: 2, a scale and an offset, or 4 with its moving averages.
    """
    return count_lite0_weights
