from collections.abc import Callable
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest

from tumourflow.networks import build_classifier, convert_precision, make_portable
from tumourflow.networks.classifiers import CLASSIFIERS, HIDDEN
from tumourflow.networks.cnn import BLOCKS
from tumourflow.networks.encoder import encoder_layers
from tumourflow.networks.weights.load import IMAGENET_CLASSIFIERS

ON_JAX = keras.backend.backend() == "jax"
SLOW = [pytest.mark.slow] if ON_JAX else []
"""On JAX, which compiles for a minute what TensorFlow runs at once, those whose encoders are in other networks come with the slow tests."""
CHANNELS, CLASSES = 3, 4
each_name = pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW if name != "cnn" else ()) for name in sorted(CLASSIFIERS)])


@cache
def build(name: str, seed: int = 0) -> keras.Model:
    return build_classifier(name, (None, None, CHANNELS), CLASSES, width=2, seed=seed)


def images(side: int = 32) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, side, side, CHANNELS)).astype(np.float32)


def forward(model: keras.Model) -> np.ndarray:
    # A copy of another model wants a list.
    return np.asarray(model([images()] if isinstance(model.input, list) else images()))


def count_trained(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def count_cnn(channels: int, width: int, classes: int) -> int:
    """Kernels, a scale and an offset for each feature map that is normalised, and the dense layer behind mean and largest value."""
    total, before = 9 * channels * width + 2 * width, width
    for stage, blocks in enumerate(BLOCKS):
        after = width * 2**stage
        for _ in range(blocks):
            total += 9 * before * after + 9 * after * after + 4 * after
            total += before * after + 2 * after if before != after else 0
            before = after
    return total + 2 * before * classes + classes


@pytest.mark.parametrize(("channels", "width", "classes"), [(5, 16, 2), (1, 3, 4)])
def test_the_small_network_has_as_many_weights_as_its_layout(channels: int, width: int, classes: int) -> None:
    assert count_trained(build_classifier("cnn", (32, 32, channels), classes, width)) == count_cnn(channels, width, classes)


def test_the_number_of_weights_that_is_told_is_that_of_the_layout() -> None:
    assert f"{count_cnn(5, 16, 2):,} for 5 channels" in str(CLASSIFIERS["cnn"].__doc__)


@pytest.mark.skipif(ON_JAX, reason="the layout is the same on any backend")
def test_the_lite0_of_a_thousand_classes_has_the_published_4_65_million_weights() -> None:
    assert count_trained(build_classifier("lite0", (32, 32, 3), classes=1000)) == 4_652_008


@pytest.mark.skipif(ON_JAX, reason="the layout is the same on any backend")
def test_the_resnet_has_the_published_weights_and_those_of_its_dense_layers() -> None:
    """Keras's has 23,587,712 without its top; behind 2,048 means stand 256 and 128 units and 3 classes."""
    head = sum(before * after + after for before, after in ((2048, 256), (256, 128), (128, 3)))
    model = build_classifier("resnet50", (32, 32, 3), classes=3, width=64)
    assert model.count_params() == 23_587_712 + head
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.3, 0.3]
    assert HIDDEN[0] == 256


@each_name
def test_a_portable_network_gives_the_same_logits_and_reloads_to_the_same_bytes(name: str, tmp_path: Path) -> None:
    model = build(name)
    portable = make_portable(model, (32, 32, CHANNELS))
    portable.save(tmp_path / "network.keras")
    logits = forward(portable)
    assert logits.shape == (2, CLASSES)
    np.testing.assert_allclose(logits, forward(model), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(forward(keras.saving.load_model(tmp_path / "network.keras")), logits)
    assert {type(layer).__module__.partition(".")[0] for layer in portable.layers} == {"keras"}
    in_float32 = {layer.name for layer in convert_precision(portable, "mixed_bfloat16").layers[1:] if layer.compute_dtype == "float32"}
    assert in_float32 == {"logits"}


@each_name
def test_the_gradient_reaches_every_weight(differentiate: Callable[..., tuple], name: str) -> None:
    """In training, where dropout leaves out some units, or in inference, where no norm takes a bias out again."""
    model = build(name)
    unreached = {weight.path for weight in model.trainable_variables}
    for training in (False, True):
        if unreached:
            _, (_, *gradients) = differentiate(model, images(64), training=training)
            pairs = zip(model.trainable_variables, gradients, strict=True)
            unreached -= {weight.path for weight, gradient in pairs if np.abs(gradient).max() > 0}
    assert not unreached


def test_initial_weights_depend_on_the_seed_alone() -> None:
    first, again, other = build("cnn"), build_classifier("cnn", (None, None, CHANNELS), CLASSES, width=2), build("cnn", seed=1)
    assert all(np.array_equal(one, two) for one, two in zip(first.get_weights(), again.get_weights(), strict=True))
    kernels = [(one, two) for one, two in zip(first.weights, other.weights, strict=True) if one.path.endswith("kernel")]
    assert not any(np.array_equal(one.numpy(), two.numpy()) for one, two in kernels)


@pytest.mark.skipif(ON_JAX, reason="names are the same on any backend")
@pytest.mark.parametrize("name", sorted(CLASSIFIERS))
def test_an_encoder_is_all_but_the_head(name: str) -> None:
    model = build(name)
    layers = [layer.name for layer in model.layers if layer.weights]
    assert [layer.name for layer in encoder_layers(model)] == [each for each in layers if not each.startswith(("head", "logits"))]
    assert set(IMAGENET_CLASSIFIERS) == set(CLASSIFIERS) - {"cnn"}


@pytest.mark.skipif(ON_JAX, reason="what is refused is the same on any backend")
def test_what_cannot_be_built_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`name` must be one of \['cnn', 'lite0', 'resnet50'\]. Received: name='vgg'"):
        build_classifier("vgg", (32, 32, 3), 2)
    with pytest.raises(ValueError, match=r"`classes` must be at least 2. Received: classes=1"):
        build_classifier("cnn", (32, 32, 3), 1)
    with pytest.raises(ValueError, match=r"divisible by 2\^4 = 16"):
        build_classifier("cnn", (40, 40, 3), 2)
