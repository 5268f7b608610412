from typing import Any

import keras
import numpy as np
import pytest

from tumourflow.networks import build_network, convert_precision
from tumourflow.networks.folding import fold_normalisation

IMAGE = np.array([[[[1.0], [3.0]]]], np.float32)


def norm(gamma: float = 3.0, beta: float = 0.5, mean: float = 1.0, variance: float = 4.0) -> keras.layers.BatchNormalization:
    layer = keras.layers.BatchNormalization(epsilon=0.0, name="norm")
    layer.build((None, None, None, 1))
    layer.set_weights([np.array([value], np.float32) for value in (gamma, beta, mean, variance)])
    return layer


def convolution(kernel: float = 2.0, **options) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(1, 1, kernel_initializer=keras.initializers.Constant(kernel), name="conv", **options)


def count_norms(model: keras.Model) -> int:
    return sum(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers)


def forward(model: keras.Model, image: np.ndarray = IMAGE) -> list[float]:
    # A copy of another model wants a list.
    logits = model([image] if isinstance(model.input, list) else image)
    return keras.ops.convert_to_numpy(logits).ravel().tolist()


def test_kernel_and_bias_do_what_the_normalisation_did() -> None:
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, norm()(convolution(use_bias=True, bias_initializer="ones")(inputs)))
    folded = fold_normalisation(model)
    # 3 (2 x + 1 - 1) / 2 + .5 = 3 x + .5
    kernel, bias = folded.get_layer("conv").get_weights()
    assert (kernel.item(), bias.item()) == (3.0, 0.5)
    assert forward(folded) == forward(model) == [3.5, 9.5]
    assert (count_norms(folded), count_norms(model)) == (0, 1)
    assert forward(fold_normalisation(folded)) == [3.5, 9.5]


def test_a_depthwise_kernel_is_scaled_map_by_map() -> None:
    inputs = keras.Input((1, 1, 2))
    depthwise = keras.layers.DepthwiseConv2D(1, use_bias=False, depthwise_initializer="ones", name="depthwise")
    model = keras.Model(inputs, keras.layers.BatchNormalization(epsilon=0.0, name="norm")(depthwise(inputs)))
    model.get_layer("norm").set_weights([np.array(pair, np.float32) for pair in ([2, 3], [0, 1], [0, 0], [1, 1])])
    folded = fold_normalisation(model)
    image = np.array([[[[1.0, 10.0]]]], np.float32)
    assert forward(folded, image) == [2.0, 31.0]
    assert not count_norms(folded)


def behind_an_activation(x: Any) -> Any:
    return norm()(convolution(activation="relu")(x))


def behind_no_convolution(x: Any) -> Any:
    return norm()(x)


def beside_another_use(x: Any) -> Any:
    maps = convolution()(x)
    return keras.layers.Add()([norm()(maps), maps])


@pytest.mark.parametrize("normalise", [behind_an_activation, behind_no_convolution, beside_another_use])
def test_what_is_no_convolution_alone_stays(normalise) -> None:
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, normalise(inputs))
    folded = fold_normalisation(model)
    assert count_norms(folded) == 1
    assert forward(folded) == forward(model)


def test_a_convolution_that_is_given_out_stays() -> None:
    inputs = keras.Input((None, None, 1))
    maps = convolution()(inputs)
    assert count_norms(fold_normalisation(keras.Model(inputs, [maps, norm()(maps)]))) == 1


def test_the_layers_keep_their_precision() -> None:
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, norm()(convolution(dtype="mixed_bfloat16")(inputs)))
    assert fold_normalisation(model).get_layer("conv").compute_dtype == "bfloat16"


def test_between_input_and_logits_all_is_computed_and_kept_in_the_fast_precision() -> None:
    model = convert_precision(build_network("unet", (16, 16, 3), width=2, depth=2), "mixed_bfloat16")
    folded = fold_normalisation(model)
    within = [layer for layer in folded.layers if not isinstance(layer, keras.layers.InputLayer) and not layer.name.startswith("logits")]
    assert any(isinstance(layer, keras.layers.Concatenate) for layer in within)
    assert {layer.compute_dtype for layer in within} == {"bfloat16"}
    assert {weight.dtype for layer in within for weight in layer.weights} == {"bfloat16"}
    assert {weight.dtype for weight in folded.get_layer("logits").weights} == {"float32"}
