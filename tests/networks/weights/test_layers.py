import keras
import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.networks.weights.layers import Weights, adapt_channels, put_weights


def network(channels: int = 3, filters: int = 4, extra: int = 0) -> keras.Model:
    inputs = x = keras.Input((8, 8, channels))
    x = keras.layers.Conv2D(filters, 3, name="stem")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    for number in range(extra):
        x = keras.layers.Conv2D(filters, 1, name=f"extra_{number}")(x)
    return keras.Model(inputs, x, name="toy")


def weights_of(model: keras.Model) -> Weights:
    layers = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    return Weights(layers, channels=model.input_shape[-1], source="FILE", advice="Do that.")


def put(model: keras.Model, weights: Weights) -> None:
    put_weights(model, weights, sorted({*weights.layers, *(layer.name for layer in model.layers if layer.weights)}))


def test_all_layers_of_the_same_shape_are_taken() -> None:
    model, trained = network(), network()
    put(model, weights_of(trained))
    for here, there in zip(model.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(here, there)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_a_grey_picture_gives_the_same_response_whatever_the_number_of_channels(channels: int) -> None:
    grey = np.random.default_rng(0).normal(size=(1, 8, 8, 1)).astype(np.float32)
    model, trained = network(channels), network(3)
    put(model, weights_of(trained))
    responses = [toy.predict_on_batch(np.repeat(grey, toy.input_shape[-1], axis=3)) for toy in (model, trained)]
    np.testing.assert_allclose(*responses, rtol=1e-4, atol=1e-5)


def test_as_many_channels_leave_the_kernel_alone() -> None:
    kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 2)).astype(np.float32)
    assert adapt_channels(kernel, 3) is kernel


def test_a_misfit_names_the_layer_and_both_shapes_and_changes_nothing() -> None:
    model = network(filters=6)
    before = model.get_weights()
    shapes = r"`norm` has shape \(4,\) there and \(6,\) here; `stem` has shape \(3, 3, 3, 4\) there and \(3, 3, 3, 6\) here"
    with pytest.raises(UserError, match=rf"`training.weights`: FILE does not fit the network `toy`: {shapes}\. Do that\."):
        put(model, weights_of(network(filters=4)))
    for first, second in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_layer_that_only_one_of_the_two_has_is_named() -> None:
    with pytest.raises(UserError, match="`extra_0` is only here"):
        put(network(extra=1), weights_of(network()))
    with pytest.raises(UserError, match="`extra_0` is not here"):
        put(network(), weights_of(network(extra=1)))


def test_many_misfits_are_counted() -> None:
    with pytest.raises(UserError, match="`extra_3` is only here; and 3 more"):
        put(network(extra=7), weights_of(network()))
