"""The same weights on TensorFlow and on JAX, all networks in one process of JAX."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tumourflow.networks import build_network, convert_precision
from tumourflow.networks.registry import BUILDERS

VARIANTS = [*(f"{name}_16" for name in sorted(BUILDERS)), "deeplabv3_8"]
LEARNING = ["unet_16", "resunet_16", "sk_unet_16"]
SIDE = 64

FORWARD_ON_JAX = """
import sys
import keras
import numpy as np
from tumourflow.networks import build_network, convert_precision
assert keras.backend.backend() == "jax", keras.backend.backend()
folder, variants, learning = sys.argv[1], sys.argv[2].split(), sys.argv[3].split()
images = np.load(f"{folder}/images.npy")
logits = {}
for variant in variants:
    name, stride = variant.rsplit("_", 1)
    model = build_network(name, (None, None, 3), 2, 3, 0, int(stride))
    model.load_weights(f"{folder}/{variant}.weights.h5")
    logits[f"{variant}_float32"] = model.predict_on_batch(images)
    if variant in learning:
        logits[f"{variant}_bfloat16"] = convert_precision(model, "mixed_bfloat16").predict_on_batch(images)
np.savez(f"{folder}/jax.npz", **logits)
"""


def discs() -> tuple[np.ndarray, np.ndarray]:
    """Bright discs on a dark, noisy ground, and where they are."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    centres, radii = rng.uniform(16, 48, size=(4, 2)), rng.uniform(8, 14, size=4)
    masks = np.stack([np.hypot(rows - r, columns - c) < radius for (r, c), radius in zip(centres, radii, strict=True)])
    images = 2.0 * masks[..., None] + rng.normal(0, 0.3, size=(4, SIDE, SIDE, 3))
    return images.astype(np.float32), masks[..., None].astype(np.float32)


def prepare(variant: str) -> keras.Model:
    """A network whose averages are those of the discs, and, where it is to find them, whose weights are too."""
    name, stride = variant.rsplit("_", 1)
    images, masks = discs()
    model = build_network(name, (None, None, 3), 2, 3, 0, int(stride))
    model.compile(keras.optimizers.Adam(0.02), loss=keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
    for _ in range(60):
        if variant in LEARNING:
            model.train_on_batch(images, masks)
    for _ in range(0 if variant in LEARNING else 20):
        model(images, training=True)
    return model


@pytest.fixture(scope="module")
def logits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("backends")
    images, _ = discs()
    np.save(folder / "images.npy", images)
    found = {}
    for variant in VARIANTS:
        model = prepare(variant)
        model.save_weights(folder / f"{variant}.weights.h5")
        found[f"{variant}_float32"] = np.asarray(model(images))
        if variant in LEARNING:
            found[f"{variant}_bfloat16"] = np.asarray(convert_precision(model, "mixed_bfloat16")([images]))
    quick = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
    environment = os.environ | quick | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    arguments = [str(folder), " ".join(VARIANTS), " ".join(LEARNING)]
    subprocess.run([sys.executable, "-c", FORWARD_ON_JAX, *arguments], env=environment, check=True, timeout=600)
    with np.load(folder / "jax.npz") as jax:
        return found | {f"{name}_jax": jax[name] for name in jax.files}


@pytest.mark.parametrize("variant", VARIANTS)
def test_float32_logits_agree(logits: dict[str, np.ndarray], variant: str) -> None:
    ours = logits[f"{variant}_float32"]
    assert ours.std() > 0.01
    np.testing.assert_allclose(logits[f"{variant}_float32_jax"], ours, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("variant", LEARNING)
@pytest.mark.parametrize("backend", ["", "_jax"])
def test_bfloat16_masks_agree_with_those_of_float32(logits: dict[str, np.ndarray], variant: str, backend: str) -> None:
    expected = logits[f"{variant}_float32"] > 0
    _, masks = discs()
    assert np.mean(expected == masks) > 0.95
    assert expected.any()
    assert np.mean((logits[f"{variant}_bfloat16{backend}"] > 0) == expected) >= 0.999
