"""In which precision a network computes on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from tumourflow.errors import UserError

if TYPE_CHECKING:  # a benchmark runs where there is no pydantic, which options need
    from tumourflow.options.networks import Precision

CPUINFO = Path("/proc/cpuinfo")
BFLOAT16_CAPABILITY = (8, 0)
"""First compute capability of NVIDIA's processors with bfloat16 (Ampere)."""


def choose_precision(wanted: Precision = "auto") -> str:
    """Choose the dtype policy that is wanted, or that this machine computes fast.

    Args:
        wanted: `float32`, `bfloat16`, or `auto`.

    Returns:
        `mixed_bfloat16` (float32 weights, bfloat16 arithmetic) or `float32`. Of `auto` the former where the GPU, or without one the
        processor, is faster in it and the backend makes use of it, which JAX does on a GPU only; `mixed_float16` is never chosen: it
        would need its loss scaled.

    Raises:
        UserError: Where bfloat16 is wanted of a processor on which TensorFlow cannot train all networks in it.
    """
    if wanted == "float32":
        return wanted
    gpu = _gpu_capability()
    if wanted == "bfloat16":
        _require_bfloat16(gpu)
        return "mixed_bfloat16"
    on_processor = keras.backend.backend() != "jax" and _is_bfloat16_fast(processor_flags(), processor_vendor())
    return "mixed_bfloat16" if (gpu >= BFLOAT16_CAPABILITY if gpu else on_processor) else "float32"


def _require_bfloat16(gpu: tuple[int, ...]) -> None:
    # TensorFlow has a gradient of dilated convolutions in bfloat16 only where the processor has AVX-512.
    if not gpu and not any(flag.startswith("avx512") for flag in processor_flags()):
        msg = "`training.precision` is 'bfloat16', in which this processor would be slower, and cannot train every network: choose 'auto'."
        raise UserError(msg)


def has_gpu() -> bool:
    """Tell whether the backend computes on a GPU."""
    return bool(_gpu_capability())


def processor_flags(cpuinfo: Path = CPUINFO) -> frozenset[str]:
    """Read what the processor can do.

    Args:
        cpuinfo: The kernel's description of the processors.

    Returns:
        Flags of the first processor; empty where there is no such file.
    """
    return frozenset(_describe_processor(cpuinfo).get("flags", "").split())


def processor_vendor(cpuinfo: Path = CPUINFO) -> str:
    """Read who made the processor.

    Args:
        cpuinfo: The kernel's description of the processors.

    Returns:
        `AuthenticAMD`, `GenuineIntel` or the like; empty where it is not told.
    """
    return _describe_processor(cpuinfo).get("vendor_id", "")


def _describe_processor(cpuinfo: Path) -> dict[str, str]:
    try:
        first = cpuinfo.read_text().partition("\n\n")[0]
    except OSError:
        return {}
    fields = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in fields}


def _is_bfloat16_fast(flags: frozenset[str], vendor: str) -> bool:
    # Intel's AVX-512 instructions for bfloat16 take longer than those for float32, which shows where a virtual machine hides AMX.
    return "amx_bf16" in flags or ("avx512_bf16" in flags and vendor == "AuthenticAMD")


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
