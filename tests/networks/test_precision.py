from pathlib import Path

import keras
import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.networks import (
    FusedBatchNormalization,
    build_unet,
    choose_precision,
    convert_precision,
    has_gpu,
    make_portable,
    precision,
    precision_scope,
)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    def pretend(flags: set[str], gpu: tuple[int, ...], vendor: str = "AuthenticAMD") -> None:
        monkeypatch.setattr(precision, "processor_flags", lambda: frozenset(flags))
        monkeypatch.setattr(precision, "processor_vendor", lambda: vendor)
        monkeypatch.setattr(precision, "_gpu_capability", lambda: gpu)

    return pretend


@pytest.mark.parametrize(
    ("flags", "gpu", "expected"),
    [
        ({"avx2"}, (), "float32"),
        ({"avx2", "avx512_bf16"}, (), "mixed_bfloat16"),
        ({"amx_bf16"}, (), "mixed_bfloat16"),
        ({"avx2"}, (9, 0), "mixed_bfloat16"),
        ({"avx512_bf16"}, (7, 5), "float32"),
    ],
)
def test_bfloat16_is_chosen_where_the_machine_has_it(machine, flags: set[str], gpu: tuple[int, ...], expected: str) -> None:
    machine(flags, gpu)
    assert choose_precision() == (expected if gpu or keras.backend.backend() == "tensorflow" else "float32")


@pytest.mark.parametrize(("flags", "expected"), [({"avx512_bf16"}, "float32"), ({"avx512_bf16", "amx_bf16"}, "mixed_bfloat16")])
def test_bfloat16_of_intel_is_fast_with_its_matrix_unit_only(machine, flags: set[str], expected: str) -> None:
    machine(flags, (), "GenuineIntel")
    assert choose_precision() == (expected if keras.backend.backend() == "tensorflow" else "float32")


def test_a_precision_that_is_wanted_is_taken_where_the_machine_can(machine) -> None:
    machine({"avx512_bf16", "avx512f"}, ())
    assert choose_precision("float32") == "float32"
    machine({"avx512f"}, ())
    assert choose_precision("bfloat16") == "mixed_bfloat16"
    machine({"avx2"}, (7, 5))
    assert choose_precision("bfloat16") == "mixed_bfloat16"
    machine({"avx2"}, ())
    with pytest.raises(UserError, match=r"`training\.precision` is 'bfloat16'.*choose 'auto'"):
        choose_precision("bfloat16")


def test_a_gpu_is_told_by_its_capability(machine) -> None:
    machine(set(), (7, 5))
    assert has_gpu()
    machine({"amx_bf16"}, ())
    assert not has_gpu()


def test_flags_and_vendor_are_those_of_the_first_processor(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(
        "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2 amx_bf16\n\n"
        "processor\t: 1\nvendor_id\t: GenuineIntel\nflags\t\t: fpu\n"
    )
    assert precision.processor_flags(cpuinfo) == {"fpu", "avx2", "amx_bf16"}
    assert precision.processor_vendor(cpuinfo) == "AuthenticAMD"


def test_a_system_without_cpuinfo_has_no_flags_and_no_vendor(tmp_path: Path) -> None:
    assert precision.processor_flags(tmp_path / "missing") == frozenset()
    assert precision.processor_vendor(tmp_path / "missing") == ""


def test_the_scope_leaves_nothing_behind_even_when_it_fails() -> None:
    former = keras.config.dtype_policy().name
    with pytest.raises(RuntimeError), precision_scope("mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        raise RuntimeError
    assert keras.config.dtype_policy().name == former


def test_a_compiled_bfloat16_network_becomes_a_bare_float32_one() -> None:
    with precision_scope("mixed_bfloat16"):
        model = build_unet((16, 16, 1), width=2, depth=1)
    model.compile("adam", loss=lambda truth, logits: keras.ops.mean((truth - logits) ** 2))
    copy = convert_precision(model, "float32")
    assert {layer.compute_dtype for layer in copy.layers} == {"float32"}
    assert not copy.compiled
    images = np.random.default_rng(0).normal(size=(2, 16, 16, 1)).astype(np.float32)
    np.testing.assert_allclose(copy.predict_on_batch(images), model.predict_on_batch(images), atol=0.05)


def test_there_and_back_gives_the_same_network() -> None:
    model = build_unet((16, 16, 1), width=2, depth=1)
    fast = convert_precision(model, "mixed_bfloat16")
    assert fast.get_layer("logits").compute_dtype == "float32"
    assert fast.get_layer("bottom_1_conv").compute_dtype == "bfloat16"
    back = convert_precision(fast, "float32")
    images = np.random.default_rng(0).normal(size=(2, 16, 16, 1)).astype(np.float32)
    np.testing.assert_array_equal(back.predict_on_batch(images), model.predict_on_batch(images))


def test_a_portable_network_keeps_its_names_and_computes_fused_again_when_converted() -> None:
    model = build_unet((16, 16, 1), width=2, depth=1)
    portable = make_portable(model, (16, 16, 1))
    fast = convert_precision(portable, "mixed_bfloat16")
    assert [weight.path for weight in portable.weights] == [weight.path for weight in model.weights]
    assert {type(layer).__module__.partition(".")[0] for layer in portable.layers} == {"keras"}
    assert type(portable.get_layer("bottom_1_norm")) is keras.layers.BatchNormalization
    assert type(fast.get_layer("bottom_1_norm")) is FusedBatchNormalization
    assert fast.get_layer("bottom_1_norm").momentum == model.get_layer("bottom_1_norm").momentum
