"""The same weights on TensorFlow and on JAX, all networks in one process of JAX."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tumourflow.networks import build_network, convert_precision
from tumourflow.networks.registry import BUILDERS

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's process starts that of JAX")

NAMES = sorted(BUILDERS)
LEARNING = ["unet", "resunet", "sk_unet"]
SIDE = 64

FORWARD_ON_JAX = """
import sys
import keras
import numpy as np
from tumourflow.networks import build_network, convert_precision
assert keras.backend.backend() == "jax", keras.backend.backend()
folder, names, learning = sys.argv[1], sys.argv[2].split(), sys.argv[3].split()
images = np.load(f"{folder}/images.npy")
logits = {}
for name in names:
    model = build_network(name, (None, None, 3), width=2, depth=3)
    model.load_weights(f"{folder}/{name}.weights.h5")
    logits[f"{name}_float32"] = model.predict_on_batch(images)
    if name in learning:
        logits[f"{name}_bfloat16"] = convert_precision(model, "mixed_bfloat16").predict_on_batch(images)
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


def prepare(name: str) -> keras.Model:
    """A network that knows the discs' averages and, where it is small, has learned to find them."""
    images, masks = discs()
    model = build_network(name, (None, None, 3), width=2, depth=3)
    if name in LEARNING:
        model.compile(keras.optimizers.Adam(0.02), loss=keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
        for _ in range(60):
            model.train_on_batch(images, masks)
        return model
    # Half way to the discs' own averages: fifty untrained norms of few values each would blow up the last digit of the input as well.
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.5
    model(images, training=True)
    return model


@pytest.fixture(scope="module")
def logits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("backends")
    images, _ = discs()
    np.save(folder / "images.npy", images)
    found = {}
    for name in NAMES:
        model = prepare(name)
        model.save_weights(folder / f"{name}.weights.h5")
        found[f"{name}_float32"] = np.asarray(model(images))
        if name in LEARNING:
            found[f"{name}_bfloat16"] = np.asarray(convert_precision(model, "mixed_bfloat16")([images]))
    quick = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
    environment = os.environ | quick | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    arguments = [str(folder), " ".join(NAMES), " ".join(LEARNING)]
    subprocess.run([sys.executable, "-c", FORWARD_ON_JAX, *arguments], env=environment, check=True, timeout=600)
    with np.load(folder / "jax.npz") as jax:
        return found | {f"{key}_jax": jax[key] for key in jax.files}


@pytest.mark.parametrize("name", NAMES)
def test_float32_logits_agree(logits: dict[str, np.ndarray], name: str) -> None:
    ours = logits[f"{name}_float32"]
    assert ours.std() > 0.01
    np.testing.assert_allclose(logits[f"{name}_float32_jax"], ours, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize("backend", ["", "_jax"])
def test_bfloat16_masks_agree_with_those_of_float32(logits: dict[str, np.ndarray], name: str, backend: str) -> None:
    expected = logits[f"{name}_float32"] > 0
    _, masks = discs()
    assert np.mean(expected == masks) > 0.95
    assert expected.any()
    assert np.mean((logits[f"{name}_bfloat16{backend}"] > 0) == expected) >= 0.999
