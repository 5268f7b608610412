from collections.abc import Callable

import keras
import numpy as np
import pytest

from tumourflow.networks import DilatedConv2D, dilation


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype(np.float32)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="elsewhere it is Keras's layer")
@pytest.mark.parametrize(("rate", "padding"), [(2, "same"), (3, "same"), (18, "same"), (2, "valid")])
@pytest.mark.parametrize("has_kernel", [True, False])
def test_it_equals_keras_in_outputs_and_gradients(
    monkeypatch: pytest.MonkeyPatch, differentiate: Callable[..., tuple], image: np.ndarray, rate: int, padding: str, has_kernel: bool
) -> None:
    if not has_kernel:
        monkeypatch.setattr(dilation, "_has_kernel", lambda: False)
    options = {"padding": padding, "dilation_rate": rate, "activation": "tanh"}
    ours, theirs = DilatedConv2D(4, 3, **options), keras.layers.Conv2D(4, 3, **options)
    for layer in (ours, theirs):
        layer.build(image.shape)
    weights = [np.random.default_rng(1).normal(size=weight.shape) for weight in ours.get_weights()]
    for layer in (ours, theirs):
        layer.set_weights(weights)
    (outputs, gradients), (expected, expected_gradients) = (differentiate(layer, image) for layer in (ours, theirs))
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    for found, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-7)


def test_weights_are_named_as_in_keras(image: np.ndarray) -> None:
    layers = [kind(2, 3, dilation_rate=2, padding="same", name="conv") for kind in (DilatedConv2D, keras.layers.Conv2D)]
    for layer in layers:
        layer(image)
    assert [weight.path for weight in layers[0].weights] == [weight.path for weight in layers[1].weights]


def test_points_lie_as_far_apart_as_the_dilation_says() -> None:
    layer = DilatedConv2D(1, 3, dilation_rate=2, padding="same", use_bias=False, kernel_initializer="ones")
    point = np.zeros((1, 5, 5, 1), np.float32)
    point[0, 2, 2] = 1
    reached = np.argwhere(np.asarray(layer(point))[0, :, :, 0])
    assert reached.tolist() == [[row, column] for row in (0, 2, 4) for column in (0, 2, 4)]


def test_groups_are_left_to_keras() -> None:
    layer = DilatedConv2D(2, 3, dilation_rate=2, padding="same", groups=2)
    assert layer(np.ones((1, 4, 4, 2), np.float32)).shape == (1, 4, 4, 2)
