import keras
import pytest

from tumourflow.networks import build_network, encoder_layers
from tumourflow.networks.registry import BUILDERS

pytestmark = pytest.mark.skipif(keras.backend.backend() == "jax", reason="layers have the same names on any backend")

DECODERS = ("up_", "detail", "aspp", "decoder", "logits")


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_every_layer_with_weights_is_of_the_encoder_or_known_to_come_after_it(name: str) -> None:
    model = build_network(name, (32, 32, 3), width=2, depth=2)
    encoder = {layer.name for layer in encoder_layers(model)}
    rest = {layer.name for layer in model.layers if layer.weights} - encoder
    assert encoder
    assert rest
    assert all(layer.startswith(DECODERS) for layer in rest)
