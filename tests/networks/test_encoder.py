import keras
import numpy as np
import pytest

from tumourflow.networks import build_network, encoder_layers, freeze
from tumourflow.networks.registry import BUILDERS

DECODERS = ("up_", "detail", "aspp", "decoder", "logits")


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_every_layer_with_weights_is_of_the_encoder_or_known_to_come_after_it(name: str) -> None:
    model = build_network(name, (32, 32, 3), width=2, depth=2)
    encoder = {layer.name for layer in encoder_layers(model)}
    rest = {layer.name for layer in model.layers if layer.weights} - encoder
    assert encoder
    assert rest
    assert all(layer.startswith(DECODERS) for layer in rest)


def test_a_frozen_encoder_stays_as_it_is_while_the_rest_learns() -> None:
    model = build_network("unet_lite0", (32, 32, 2), width=2, depth=4)
    freeze(model)
    assert train_once(model) == (set(), True)
    freeze(model, frozen=False)
    changed, _ = train_once(model)
    assert {"encoder_stem_conv", "encoder_stem_norm", "encoder_block_15_project_conv"} <= changed


def train_once(model: keras.Model) -> tuple[set[str], bool]:
    """Layers of the encoder that one step changed, and whether it changed the logits'."""
    rng = np.random.default_rng(0)
    model.compile("sgd", "mse", jit_compile=False)
    before = {layer.name: layer.get_weights() for layer in model.layers}
    model.train_on_batch(rng.normal(size=(4, 32, 32, 2)), rng.normal(size=(4, 32, 32, 1)))
    changed = {layer.name for layer in model.layers if not same(before[layer.name], layer.get_weights())}
    encoder = {layer.name for layer in encoder_layers(model)}
    return changed & encoder, "logits" in changed


def same(before: list[np.ndarray], after: list[np.ndarray]) -> bool:
    return all(np.array_equal(*pair) for pair in zip(before, after, strict=True))
