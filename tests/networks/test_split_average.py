from pathlib import Path

import keras
import numpy as np
import pytest

from tumourflow.networks import average_networks, build_classifier, build_network, make_portable, split_average
from tumourflow.networks.ensemble import count_members

ON_JAX = keras.backend.backend() == "jax"
SHAPE = (32, 32, 2)


def scatter(model: keras.Model, seed: int) -> keras.Model:
    rng = np.random.default_rng(seed)
    model.set_weights([weight + rng.uniform(0, 0.5, size=weight.shape) for weight in model.get_weights()])
    return model


def segmenter(seed: int, name: str = "unet") -> keras.Model:
    """As a training leaves it, every weight with a value of its own."""
    return scatter(make_portable(build_network(name, (None, None, 2), width=2, depth=1, seed=seed), SHAPE), seed)


def classifier(seed: int) -> keras.Model:
    return scatter(make_portable(build_classifier("cnn", (None, None, 2), 3, width=2, seed=seed), SHAPE), seed)


def layers_of(model: keras.Model) -> dict[str, tuple[type, list[bytes]]]:
    return {layer.name: (type(layer), [weight.tobytes() for weight in layer.get_weights()]) for layer in model.layers}


@pytest.fixture(scope="module")
def members() -> list[keras.Model]:
    return [segmenter(seed) for seed in range(3)]


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, *SHAPE)).astype(np.float32)


def test_an_average_that_was_stored_gives_its_networks_back_to_the_byte(members, image, tmp_path: Path) -> None:
    average_networks(members).save(tmp_path / "segmenter.keras")
    parts = split_average(keras.saving.load_model(tmp_path / "segmenter.keras"))
    assert [layers_of(part) for part in parts] == [layers_of(member) for member in members]
    for part, member in zip(parts, members, strict=True):
        np.testing.assert_array_equal(part.predict_on_batch(image), member.predict_on_batch(image))
        for found, expected in zip(part.get_weights(), member.get_weights(), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("build", [classifier] if ON_JAX else [classifier, lambda seed: segmenter(seed, "deeplabv3plus_lite0")])
def test_networks_of_any_kind_are_found_again(build) -> None:
    members = [build(seed) for seed in range(2)]
    assert [layers_of(part) for part in split_average(average_networks(members))] == [layers_of(member) for member in members]


def test_averaged_again_they_are_the_same_average(members, image) -> None:
    average = average_networks(members)
    again = average_networks(split_average(average))
    assert layers_of(again) == layers_of(average)
    np.testing.assert_array_equal(again.predict_on_batch(image), average.predict_on_batch(image))


def test_the_average_is_not_changed_by_what_is_done_to_its_parts(members) -> None:
    average = average_networks(members)
    before = [weight.tobytes() for weight in average.get_weights()]
    scatter(split_average(average)[1], 9)
    assert [weight.tobytes() for weight in average.get_weights()] == before


def test_a_single_network_cannot_be_split(members) -> None:
    assert [count_members(model) for model in (members[0], average_networks(members), average_networks(members[:1]))] == [0, 3, 1]
    single = build_network("unet", SHAPE, width=2, depth=1)
    with pytest.raises(ValueError, match=r"must be an average of networks. Received: unet"):
        split_average(single)
