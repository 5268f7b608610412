from functools import cache

import keras
import numpy as np
import pytest

from tumourflow.networks import build_resnet50

pytestmark = pytest.mark.skipif(keras.backend.backend() == "jax", reason="the layout is the same on any backend")


@cache
def build(width: int, output_stride: int) -> keras.Model:
    inputs = keras.Input((64, 64, 3))
    return keras.Model(inputs, build_resnet50(inputs, width, output_stride))


@pytest.fixture(scope="module")
def original() -> keras.Model:
    return keras.applications.ResNet50(include_top=False, weights=None, input_shape=(64, 64, 3))


def test_layers_and_weights_are_named_as_in_keras(original: keras.Model) -> None:
    ours = build(64, 32)
    assert [layer.name for layer in ours.layers[1:]] == [layer.name for layer in original.layers[1:]]
    assert [(weight.path, weight.shape) for weight in ours.weights] == [(weight.path, weight.shape) for weight in original.weights]


def test_the_weights_of_keras_give_its_activations(original: keras.Model) -> None:
    rng = np.random.default_rng(0)
    original.set_weights([weight + rng.uniform(0, 0.02, size=weight.shape) for weight in original.get_weights()])
    values = {weight.path: weight for weight in original.weights}
    ours = build(64, 32)
    for weight in ours.weights:
        weight.assign(values[weight.path])
    image = rng.normal(size=(1, 64, 64, 3)).astype(np.float32)
    expected = np.asarray(original(image))
    np.testing.assert_allclose(ours(image)[-1], expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("output_stride", "sides"),
    [(32, [32, 16, 8, 4, 2]), (16, [32, 16, 8, 4, 4]), (8, [32, 16, 8, 8, 8])],
)
def test_stages_halve_the_sides_until_the_output_stride(output_stride: int, sides: list[int]) -> None:
    shapes = [output.shape[1:] for output in build(2, output_stride).outputs]
    assert shapes == [(side, side, maps) for side, maps in zip(sides, [2, 8, 16, 32, 64], strict=True)]


@pytest.mark.parametrize(("output_stride", "dilations"), [(32, [1, 1, 1, 1]), (16, [1, 1, 1, 2]), (8, [1, 1, 2, 4])])
def test_the_stride_left_out_is_made_up_for_by_dilation(output_stride: int, dilations: list[int]) -> None:
    model = build(2, output_stride)
    for stage, (blocks, dilation) in enumerate(zip([3, 4, 6, 3], dilations, strict=True), 2):
        layers = [model.get_layer(f"conv{stage}_block{block}_2_conv") for block in range(1, blocks + 1)]
        assert {layer.dilation_rate for layer in layers} == {(dilation, dilation)}


def test_dilation_does_not_change_the_weights() -> None:
    shapes = [[weight.shape for weight in build(2, output_stride).weights] for output_stride in (8, 16, 32)]
    assert shapes[0] == shapes[1] == shapes[2]


def test_another_output_stride_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be 8, 16 or 32. Received: output_stride=4"):
        build(2, 4)
