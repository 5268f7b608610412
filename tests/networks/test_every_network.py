"""What holds for each network of the registry."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest

from tumourflow.networks import (
    DilatedConv2D,
    build_network,
    convert_precision,
    fold_normalisation,
    free_sides,
    make_portable,
    network_stride,
    precision_scope,
)
from tumourflow.networks.conversion import OWN_KINDS
from tumourflow.networks.precision import processor_flags
from tumourflow.networks.registry import BUILDERS

WIDTH, DEPTH, CHANNELS = 2, 2, 3
ON_JAX = keras.backend.backend() == "jax"
NAMES = sorted(BUILDERS)
VARIANTS = [(name, 16) for name in NAMES] + [("deeplabv3", 8), ("deeplabv3plus", 8)]


def mark_slow(name: str, output_stride: int = 16) -> tuple[pytest.MarkDecorator, ...]:
    """On JAX, which compiles for a minute what TensorFlow runs at once, networks made of the others' parts come with the slow tests."""
    composed = name in {"deeplabv3", "deeplabv3plus_lite0"} or output_stride == 8
    return (pytest.mark.slow,) if ON_JAX and composed else ()


each_name = pytest.mark.parametrize("name", [pytest.param(name, marks=mark_slow(name)) for name in NAMES])
each_variant = pytest.mark.parametrize(
    ("name", "output_stride"), [pytest.param(*variant, marks=mark_slow(*variant)) for variant in VARIANTS]
)


def build(name: str, output_stride: int = 16, side: int | None = None, seed: int = 0) -> keras.Model:
    return build_network(name, (side, side, CHANNELS), WIDTH, DEPTH, seed, output_stride)


def images(height: int = 32, width: int = 32) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, height, width, CHANNELS)).astype(np.float32)


def forward(model: keras.Model) -> np.ndarray:
    # A copy of another model wants a list.
    return np.asarray(model([images()] if isinstance(model.input, list) else images()))


def values_of(model: keras.Model) -> dict[str, np.ndarray]:
    return {weight.path: np.array(weight.numpy()) for weight in model.weights}


@cache
def build_with_values(name: str, output_stride: int) -> tuple[keras.Model, dict[str, np.ndarray]]:
    """A network where every weight has a value of its own, moving averages too, so that none can be mixed up unnoticed.

    The second is the values it began with.
    """
    model = build(name, output_stride)
    initial = values_of(model)
    rng = np.random.default_rng(1)
    model.set_weights([weight + rng.uniform(0, 0.1, size=weight.shape) for weight in model.get_weights()])
    return model, initial


def build_once(name: str, output_stride: int) -> keras.Model:
    return build_with_values(name, output_stride)[0]


@cache
def build_in_bfloat16(name: str) -> tuple[keras.Model, dict[str, np.ndarray]]:
    """A network as it begins, and the values it begins with, whatever has been drawn before."""
    keras.utils.set_random_seed(3)
    with precision_scope("mixed_bfloat16"):
        model = build(name)
    return model, values_of(model)


@cache
def carry_once(name: str, output_stride: int) -> keras.Model:
    return make_portable(build_once(name, output_stride), (32, 32, CHANNELS))


@cache
def convert_once(name: str, output_stride: int) -> keras.Model:
    return convert_precision(carry_once(name, output_stride), "mixed_bfloat16")


def logits_of_any_size(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """On TensorFlow through one graph, as in a training that begins with smaller images; JAX compiles one a size."""
    if ON_JAX:
        return model.predict_on_batch
    import tensorflow as tf

    graph = tf.function(model, input_signature=[tf.TensorSpec((None, None, None, CHANNELS))], autograph=False)
    return lambda image: graph(image).numpy()


@each_variant
def test_logits_have_the_sides_of_any_image_the_stride_allows(name: str, output_stride: int) -> None:
    model, stride = build_once(name, output_stride), network_stride(name, DEPTH, output_stride)
    give_logits = logits_of_any_size(model)
    for height, width in [(stride, stride), (3 * stride, 2 * stride)]:
        logits = give_logits(images(height, width))
        assert logits.shape == (2, height, width, 1)
        assert logits.dtype == np.float32
        assert np.isfinite(logits).all()


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if ON_JAX and name != "unet" else ()) for name in NAMES])
def test_a_stored_network_sees_other_sizes_once_its_sides_are_free(name: str) -> None:
    free, seen = free_sides(carry_once(name, 16)), images(32, 64)
    np.testing.assert_allclose(np.asarray(free([seen])), np.asarray(build_once(name, 16)(seen)), rtol=2e-5, atol=1e-4)


@each_variant
def test_a_side_that_the_stride_does_not_divide_is_refused(name: str, output_stride: int) -> None:
    side = 32 + network_stride(name, DEPTH, output_stride) // 2
    with pytest.raises(ValueError, match=rf"Both sides must be divisible by .* Received: input_shape=\({side}, {side}, 3\)"):
        build(name, output_stride, side)


@each_name
def test_numbers_below_one_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        build_network(name, (32, 32, 3), width=0, depth=2)


@each_variant
def test_a_reloaded_network_gives_the_same_bytes(tmp_path: Path, name: str, output_stride: int) -> None:
    model = build_once(name, output_stride)
    model.save(tmp_path / "network.keras")
    reloaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(forward(reloaded), forward(model))


@each_variant
def test_the_gradient_reaches_every_weight(differentiate: Callable[..., tuple], name: str, output_stride: int) -> None:
    """In training, or, for a bias that the norm behind it takes out again, in inference."""
    model = build_once(name, output_stride)
    kept = model.get_weights()
    for weight in model.weights:
        if weight.path.endswith("squeeze/bias"):  # a unit below zero learns nothing, and here there is only one
            weight.assign(np.full(weight.shape, 5.0))
    unreached = {weight.path for weight in model.trainable_variables}
    for training in (True, False):
        if unreached:
            _, (_, *gradients) = differentiate(model, images(64, 64), training=training)
            pairs = zip(model.trainable_variables, gradients, strict=True)
            unreached -= {weight.path for weight, gradient in pairs if np.abs(gradient).max() > 0}
    model.set_weights(kept)
    assert not unreached


@each_name
def test_initial_weights_depend_on_the_seed_alone(name: str) -> None:
    first, again, other = build_with_values(name, 16)[1], build_in_bfloat16(name)[1], values_of(build(name, seed=8))
    assert first.keys() == again.keys()
    kernels = [path for path in first if path.endswith("kernel")]
    assert kernels
    assert all(np.array_equal(first[path], again[path]) for path in first)
    assert not any(np.array_equal(first[path], other[path]) for path in kernels)


@each_name
def test_kernels_of_one_shape_start_from_different_values(name: str) -> None:
    kernels = [value for path, value in build_with_values(name, 16)[1].items() if path.endswith("kernel")]
    assert len({kernel.tobytes() for kernel in kernels}) == len(kernels)


@each_variant
def test_a_portable_network_has_layers_of_keras_alone_and_the_same_logits(tmp_path: Path, name: str, output_stride: int) -> None:
    model, portable = build_once(name, output_stride), carry_once(name, output_stride)
    assert {type(layer).__module__.partition(".")[0] for layer in portable.layers} == {"keras"}
    np.testing.assert_allclose(forward(portable), forward(model), rtol=1e-4, atol=1e-4)


@each_name
def test_a_reloaded_portable_network_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    portable = carry_once(name, 16)
    portable.save(tmp_path / "portable.keras")
    reloaded = keras.saving.load_model(tmp_path / "portable.keras")
    np.testing.assert_array_equal(forward(reloaded), forward(portable))


@each_variant
def test_a_folded_network_gives_the_same_logits_without_norms_behind_convolutions(name: str, output_stride: int) -> None:
    model = build_once(name, output_stride)
    folded, expected = fold_normalisation(model), forward(model)
    # Beside logits of some 1e8, which these weights give, a small one is what rounding leaves of it.
    np.testing.assert_allclose(forward(folded), expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    # That of the pyramid normalises a sum.
    assert {layer.name for layer in folded.layers if isinstance(layer, keras.layers.BatchNormalization)} <= {"aspp_norm"}


@each_variant
def test_a_portable_network_is_fast_again_when_converted(name: str, output_stride: int) -> None:
    model, fast = build_once(name, output_stride), convert_once(name, output_stride)
    quick = set(OWN_KINDS.values())
    assert {layer.name: type(layer) for layer in fast.layers if type(layer) in quick} == {
        layer.name: type(layer) for layer in model.layers if type(layer) in quick
    }
    dilated = {layer.name for layer in fast.layers if isinstance(layer, keras.layers.Conv2D) and max(layer.dilation_rate) > 1}
    assert dilated == {layer.name for layer in fast.layers if isinstance(layer, DilatedConv2D)}


@each_name
def test_only_the_logits_leave_bfloat16(name: str) -> None:
    for model in (build_in_bfloat16(name)[0], convert_once(name, 16)):
        in_float32 = {layer.name for layer in model.layers[1:] if layer.compute_dtype == "float32"}
        assert in_float32 == ({"logits", "logits_coarse"} if name.startswith("deeplab") else {"logits"})
        assert model.outputs[0].dtype == "float32"


@pytest.mark.skipif(ON_JAX, reason="a second pass would be the same compiled program")
@each_name
def test_two_backward_passes_give_the_same_bytes(differentiate: Callable[..., tuple], name: str) -> None:
    # Without AVX-512, TensorFlow has no gradient of a dilated convolution in bfloat16, in which nobody trains there.
    in_bfloat16 = any(flag.startswith("avx512") for flag in processor_flags())
    model = build_in_bfloat16(name)[0] if in_bfloat16 else build(name)
    _, once = differentiate(model, images(64, 64), training=True)
    _, again = differentiate(model, images(64, 64), training=True)
    for first, second in zip(once, again, strict=True):
        np.testing.assert_array_equal(first, second)
