"""The same weights on TensorFlow and on JAX, in float32 and in bfloat16, all networks in one process of JAX."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from scipy.special import expit

from tumourflow.networks import build_network, convert_precision
from tumourflow.networks.registry import BUILDERS

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's process starts that of JAX")

NAMES = sorted(BUILDERS)
SIDE = 384

FORWARD_ON_JAX = """
import sys
import keras
import numpy as np
from tumourflow.networks import build_network, convert_precision
assert keras.backend.backend() == "jax", keras.backend.backend()
folder, names = sys.argv[1], sys.argv[2].split()
image = np.load(f"{folder}/image.npy")
logits = {}
# What they begin with is replaced, and JAX would compile how to draw it.
keras.initializers.HeNormal.__call__ = lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype)
for name in names:
    model = build_network(name, (None, None, 3), width=8, depth=3)
    model.load_weights(f"{folder}/{name}.weights.h5")
    logits[f"{name}_float32"] = model.predict_on_batch(image)
    logits[f"{name}_bfloat16"] = convert_precision(model, "mixed_bfloat16").predict_on_batch(image)
np.savez(f"{folder}/jax.npz", **logits)
"""


def disc() -> tuple[np.ndarray, np.ndarray]:
    """A bright disc on a dark ground, and where it is."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    mask = (np.hypot(rows - 170, columns - 220) < 22)[None, ..., None]
    return np.broadcast_to(2.0 * mask, (1, SIDE, SIDE, 3)).astype(np.float32), mask


def prepare(name: str) -> keras.Model:
    """A network that finds the disc, though only its last layer has learned: a logistic regression by Newton's method.

    Its norms know half of the image's averages, or, in a network that pools the whole image and has a norm behind it whose averages are
    those of one number, none: either would blow up the last digit of the input as well.
    """
    image, mask = disc()
    model = build_network(name, (None, None, 3), width=8, depth=3)
    if not any(isinstance(layer, keras.layers.GlobalAveragePooling2D) for layer in model.layers):
        for norm in (layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)):
            norm.momentum = 0.5
        model(image, training=True)
    last = model.get_layer("logits_coarse" if name.startswith("deeplab") else "logits")
    features = np.asarray(keras.Model(model.inputs, last.input)([image]), np.float64)
    pixels = features.reshape(-1, features.shape[-1])
    scale = np.sqrt((pixels**2).mean(axis=0)) + 1e-6
    pixels, coarse = np.c_[pixels / scale, np.ones(len(pixels))], SIDE // features.shape[1]
    truth = mask.reshape(SIDE // coarse, coarse, SIDE // coarse, coarse).mean(axis=(1, 3)).ravel()
    share = np.where(truth > 0.5, 0.5 / (truth > 0.5).sum(), 0.5 / (truth <= 0.5).sum())
    weights = np.zeros(pixels.shape[1])
    for _ in range(15):
        found = expit(pixels @ weights)
        slope = pixels.T @ (share * (found - truth)) + 1e-3 * weights
        curvature = (pixels.T * (share * np.maximum(found * (1 - found), 1e-4))) @ pixels + 1e-3 * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, slope)
    last.set_weights([(weights[:-1] / scale).reshape(1, 1, -1, 1), weights[-1:]])
    return model


@pytest.fixture(scope="module")
def logits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("backends")
    image, _ = disc()
    np.save(folder / "image.npy", image)
    found = {}
    for name in NAMES:
        model = prepare(name)
        model.save_weights(folder / f"{name}.weights.h5")
        found[f"{name}_float32"] = np.asarray(model(image))
        found[f"{name}_bfloat16"] = np.asarray(convert_precision(model, "mixed_bfloat16")([image]))
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_backend_optimization_level=0"}
    subprocess.run([sys.executable, "-c", FORWARD_ON_JAX, str(folder), " ".join(NAMES)], env=environment, check=True, timeout=600)
    with np.load(folder / "jax.npz") as jax:
        return found | {f"{key}_jax": jax[key] for key in jax.files}


@pytest.mark.parametrize("name", NAMES)
def test_float32_logits_agree(logits: dict[str, np.ndarray], name: str) -> None:
    ours = logits[f"{name}_float32"]
    assert ours.std() > 0.01
    # Of logits up to a hundred, float32 knows the fifth decimal no longer.
    np.testing.assert_allclose(logits[f"{name}_float32_jax"], ours, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("backend", ["", "_jax"])
def test_bfloat16_masks_agree_with_those_of_float32(logits: dict[str, np.ndarray], name: str, backend: str) -> None:
    expected, found = logits[f"{name}_float32"] > 0, logits[f"{name}_bfloat16{backend}"] > 0
    assert not np.array_equal(logits[f"{name}_float32"], logits[f"{name}_bfloat16{backend}"])
    assert np.mean(expected == disc()[1]) > 0.98
    assert np.mean(found == expected) >= 0.999
    # Most pixels are far from the disc: of those within, few may differ too.
    assert 2 * np.sum(found & expected) > 0.95 * (np.sum(found) + np.sum(expected))
