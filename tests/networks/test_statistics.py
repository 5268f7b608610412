from collections.abc import Iterator

import keras
import numpy as np
import pytest

from tumourflow.networks import (
    FoldedNetwork,
    Statistics,
    adapting_norms,
    average_networks,
    build_network,
    build_observer,
    compile_forward,
    convert_precision,
    fold_normalisation,
    read_statistics,
)

IMAGES = np.array([1, 3, 5, 7], np.float32).reshape(2, 1, 2, 1)
"""Two images of two pixels: their mean is 4, their variance 5."""


def chain() -> keras.Model:
    """Three times a convolution of one weight and a normalisation that doubles and adds 1: 2 x, x + 1, x + 2."""
    seen = x = keras.Input((None, None, 1), name="image")
    for place in range(3):
        x = keras.layers.Conv2D(1, 1, name=f"conv_{place}")(x)
        x = keras.layers.BatchNormalization(epsilon=0.0, name=f"norm_{place}")(x)
    model = keras.Model(seen, x, name="chain")
    for place, (kernel, bias) in enumerate([(2, 0), (1, 1), (1, 2)]):
        model.get_layer(f"conv_{place}").set_weights([np.full((1, 1, 1, 1), kernel, np.float32), np.array([bias], np.float32)])
        model.get_layer(f"norm_{place}").set_weights([np.array([value], np.float32) for value in (2, 1, 0, 1)])
    return model


@pytest.fixture(params=["unet", "resunet", "sk_unet", "deeplabv3plus", "unet_lite0"])
def network(request) -> Iterator[keras.Model]:
    """A network whose normalisations have seen something."""
    model = build_network(request.param, (32, 32, 2), width=4, depth=2)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weights.shape).astype(np.float32) for weights in layer.get_weights()])
    return model


def observe(model: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(each) for each in compile_forward(build_observer(model, adapting_norms(model)), whole=True)(images)]


def test_the_first_half_adapts() -> None:
    assert adapting_norms(chain()) == ["norm_0", "norm_1"]


def test_statistics_by_hand() -> None:
    """2 x has mean 8 and variance 20; normalised to mean 1 and variance 4, plus 1."""
    told = observe(chain(), IMAGES)
    np.testing.assert_allclose(np.ravel(told), [8, 20, 2, 4], rtol=1e-5)


def test_the_whole_batch_is_looked_at_together_whatever_the_lanes(monkeypatch) -> None:
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    monkeypatch.setenv("TF_NUM_INTEROP_THREADS", "2")
    np.testing.assert_allclose(np.ravel(observe(chain(), IMAGES))[:2], [8, 20], rtol=1e-5)


def test_an_observer_ends_where_the_last_that_adapts_has_its_input() -> None:
    observer = build_observer(chain(), ["norm_0", "norm_1"])
    assert {layer.name for layer in observer.layers} == {"image", "conv_0", "norm_0", "conv_1", "norm_1"}


def test_statistics_are_those_that_training_would_see(network) -> None:
    """Where all normalisations observe, each tells what moves its averages in a step of training."""
    images = np.random.default_rng(1).normal(size=(4, 32, 32, 2)).astype(np.float32)
    names = [layer.name for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    told = compile_forward(build_observer(network, names), whole=True)(images)
    for name in names:
        network.get_layer(name).momentum = 0.0
        network.get_layer(name).trainable = True
    network(images, training=True)
    for place, name in enumerate(names):
        wanted = read_statistics(network.get_layer(name))
        np.testing.assert_allclose(told[2 * place], wanted.mean, atol=2e-3, err_msg=name)
        np.testing.assert_allclose(told[2 * place + 1], wanted.variance, rtol=2e-3, atol=1e-4, err_msg=name)


def test_a_folded_network_takes_statistics_as_the_network_itself_would(network) -> None:
    images = np.random.default_rng(1).normal(size=(4, 32, 32, 2)).astype(np.float32)
    names = adapting_norms(network)
    told = observe(network, images)
    statistics = {name: Statistics(*told[2 * place : 2 * place + 2]) for place, name in enumerate(names)}
    folded = FoldedNetwork(network)
    forward = compile_forward(folded.model)
    own = {name: read_statistics(network.get_layer(name)) for name in names}
    before = forward(images)
    folded.normalise_by(statistics)
    changed = forward(images)
    folded.normalise_by(own)
    np.testing.assert_array_equal(forward(images), before)
    for name in names:
        layer = network.get_layer(name)
        layer.set_weights([*layer.get_weights()[:-2], *statistics[name]])
    np.testing.assert_allclose(changed, network.predict(images, verbose=0), atol=1e-3)
    assert np.abs(changed - before).max() > 0.01


def test_each_member_of_an_average_adapts() -> None:
    members = [build_network("unet", (32, 32, 2), width=4, depth=2, seed=seed) for seed in (0, 1)]
    average = average_networks(members)
    assert len(adapting_norms(average)) == 2 * len(adapting_norms(members[0]))
    told = observe(average, np.ones((2, 32, 32, 2), np.float32))
    assert len(told) == 4 * len(adapting_norms(members[0]))


def test_in_half_precision_statistics_are_of_full_precision() -> None:
    network = convert_precision(build_network("unet", (32, 32, 2), width=4, depth=2), "bfloat16")
    images = np.random.default_rng(1).normal(size=(4, 32, 32, 2)).astype(np.float32)
    assert {each.dtype for each in observe(network, images)} == {np.dtype(np.float32)}


def test_a_network_without_normalisation_has_nothing_to_adapt() -> None:
    seen = keras.Input((8, 8, 1))
    model = keras.Model(seen, keras.layers.Conv2D(1, 1)(seen))
    assert adapting_norms(model) == []
    assert len(fold_normalisation(model).layers) == 2
