"""In which precision a network computes on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from tumourflow.errors import UserError
from tumourflow.networks.depthwise import QuickDepthwiseConv2D
from tumourflow.networks.dilation import DilatedConv2D
from tumourflow.networks.interpolation import BilinearUpSampling2D
from tumourflow.networks.largest import FirstLargestPooling2D
from tumourflow.networks.normalisation import FusedBatchNormalization
from tumourflow.networks.skip import SkipConv2D
from tumourflow.networks.up_convolution import UpConv2D

if TYPE_CHECKING:  # a benchmark runs where there is no pydantic, which options need
    from tumourflow.options.networks import Precision

Kind = type[keras.layers.Layer]

OWN_KINDS: dict[Kind, Kind] = {
    keras.layers.BatchNormalization: FusedBatchNormalization,
    keras.layers.Conv2D: DilatedConv2D,
    keras.layers.GlobalMaxPooling2D: FirstLargestPooling2D,
    keras.layers.DepthwiseConv2D: QuickDepthwiseConv2D,
    keras.layers.UpSampling2D: BilinearUpSampling2D,
}
"""Layers of Keras and those of this package that give the same, with the same weights."""
PLAIN_KINDS = {own: plain for plain, own in OWN_KINDS.items()} | {UpConv2D: keras.layers.Conv2DTranspose, SkipConv2D: keras.layers.Conv2D}
"""The layers of Keras that take over from this package's; the last two are quicker in training only."""

BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
"""Processor flags that make bfloat16 faster than float32; without them it is emulated, and slower."""
BFLOAT16_CAPABILITY = (8, 0)
"""First compute capability of NVIDIA's processors with bfloat16 (Ampere)."""


def choose_precision(wanted: Precision = "auto") -> str:
    """Choose the dtype policy that is wanted, or that this machine computes fast.

    Args:
        wanted: `float32`, `bfloat16`, or `auto`.

    Returns:
        `mixed_bfloat16` (float32 weights, bfloat16 arithmetic) or `float32`. Of `auto` the former where the GPU, or without one the
        processor, has it and the backend makes use of it, which JAX does on a GPU only; `mixed_float16` is never chosen: it would need
        its loss scaled.

    Raises:
        UserError: Where bfloat16 is wanted of a processor on which TensorFlow cannot train all networks in it.
    """
    if wanted == "float32":
        return wanted
    gpu = _gpu_capability()
    if wanted == "bfloat16":
        _require_bfloat16(gpu)
        return "mixed_bfloat16"
    on_processor = keras.backend.backend() != "jax" and bool(BFLOAT16_FLAGS & processor_flags())
    return "mixed_bfloat16" if (gpu >= BFLOAT16_CAPABILITY if gpu else on_processor) else "float32"


def _require_bfloat16(gpu: tuple[int, ...]) -> None:
    # TensorFlow has a gradient of dilated convolutions in bfloat16 only where the processor has AVX-512.
    if not gpu and not any(flag.startswith("avx512") for flag in processor_flags()):
        msg = "`training.precision` is 'bfloat16', in which this processor would be slower, and cannot train every network: choose 'auto'."
        raise UserError(msg)


def has_gpu() -> bool:
    """Tell whether the backend computes on a GPU."""
    return bool(_gpu_capability())


def processor_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Read what the processor can do.

    Args:
        cpuinfo: The kernel's description of the processors.

    Returns:
        Flags of the first processor; empty where there is no such file.
    """
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


@contextmanager
def precision_scope(policy: str) -> Iterator[None]:
    """Build layers under a dtype policy and restore the former one afterwards.

    Args:
        policy: Name of a Keras dtype policy.
    """
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(former)


def convert_precision(model: keras.Model, policy: str) -> keras.Model:
    """Copy a functional model into another dtype policy; layers that were asked for float32 by name (`logits...`) keep it.

    A stored network computes in float32, so that it runs anywhere; where bfloat16 is fast, the copy predicts twice as fast. Its batch
    normalisation, its dilated and depthwise convolutions and bilinear up-sampling are this package's own, which are faster.

    Args:
        model: Network of `build_network` or one that was stored; not changed.
        policy: Name of a Keras dtype policy.

    Returns:
        New model with the same weights, not compiled.
    """
    return _clone(model, policy, _fast_kind)


def make_portable(model: keras.Model, input_shape: tuple[int, int, int]) -> keras.Model:
    """Copy a functional model into float32 and Keras's own layers, so that it loads wherever there is Keras.

    Args:
        model: Network of `build_network`; not changed.
        input_shape: `(height, width, channels)` of the images that it will see.

    Returns:
        New model with the same weights and names, not compiled.
    """
    inputs = keras.Input(input_shape, name=model.inputs[0].name)
    return _clone(model, "float32", _portable_kind, [inputs], call_plain)


def _clone(
    model: keras.Model,
    policy: str,
    kind_of: Callable[[keras.layers.Layer], Kind],
    inputs: list[Any] | None = None,
    call: Callable[..., Any] | None = None,
) -> keras.Model:
    # Without the optimiser and loss of a compiled model, which `clone_model` would try to rebuild.
    bare = keras.Model(model.inputs, model.outputs, name=model.name)
    copy = keras.models.clone_model(bare, inputs, lambda layer: _clone_layer(layer, policy, kind_of(layer)), call)
    copy.set_weights(model.get_weights())
    return copy


def _clone_layer(layer: keras.layers.Layer, policy: str, kind: Kind) -> keras.layers.Layer:
    config = layer.get_config()
    config["dtype"] = "float32" if layer.name.startswith("logits") else policy
    return kind.from_config(config)


def _fast_kind(layer: keras.layers.Layer) -> Kind:
    kind: Kind = layer.__class__
    plain_convolution = kind is keras.layers.Conv2D and max(layer.dilation_rate) == 1
    plain_sampling = kind is keras.layers.UpSampling2D and layer.interpolation != "bilinear"
    return kind if plain_convolution or plain_sampling else OWN_KINDS.get(kind, kind)


def _portable_kind(layer: keras.layers.Layer) -> Kind:
    kind: Kind = layer.__class__
    plain: Kind = PLAIN_KINDS.get(kind, kind)
    return plain


def call_plain(layer: keras.layers.Layer, inputs: Any, *others: Any, **options: Any) -> Any:
    """Call a layer that may have taken over from one of this package's: two tensors are joined before a convolution."""
    if isinstance(layer, keras.layers.Conv2D) and isinstance(inputs, list):
        inputs = keras.layers.Concatenate(dtype=layer.dtype_policy, name=f"{layer.name}_join")(inputs)
    return layer(inputs, *others, **options)


@cache
def _gpu_capability() -> tuple[int, ...]:
    if keras.backend.backend() == "jax":
        return _jax_capability()
    return _tensorflow_capability()


def _tensorflow_capability() -> tuple[int, ...]:
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    capabilities = [tf.config.experimental.get_device_details(device).get("compute_capability", (0, 0)) for device in devices]
    return min(capabilities, default=())


def _jax_capability() -> tuple[int, ...]:
    import jax

    devices = [device for device in jax.devices() if device.platform == "gpu"]
    capabilities = [tuple(int(part) for part in device.compute_capability.split(".")) for device in devices]
    return min(capabilities, default=())
