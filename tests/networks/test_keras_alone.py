"""What is stored can be loaded by whoever has Keras and nothing of this project; one process loads all."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tumourflow.networks import average_networks, build_unet, make_portable

pytestmark = pytest.mark.skipif(keras.backend.backend() == "jax", reason="what is loaded is the same on any backend")

SHAPE = (16, 16, 2)
FORWARD_WITH_KERAS_ALONE = """
import sys
from pathlib import Path
import keras
import numpy as np

folder = Path(sys.argv[1])
images = np.load(folder / "images.npy")
for file in folder.glob("*.keras"):
    np.save(file.with_suffix(".npy"), keras.saving.load_model(file, compile=False).predict_on_batch(images))
assert not any(name.startswith("tumourflow") for name in sys.modules)
"""


def scatter(model: keras.Model, seed: int) -> keras.Model:
    """Give every weight a value of its own, moving averages too, so that none can be mixed up unnoticed."""
    rng = np.random.default_rng(seed)
    model.set_weights([weight + rng.uniform(0, 0.5, size=weight.shape) for weight in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def logits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of a network and of a mean of three what Keras alone makes of images, and what is made of them here."""
    folder: Path = tmp_path_factory.mktemp("stored")
    plain = [scatter(build_unet((None, None, SHAPE[-1]), width=2, depth=1), seed) for seed in range(3)]
    portable = [make_portable(each, SHAPE) for each in plain]
    mean = average_networks(portable)
    portable[0].save(folder / "one.keras")
    mean.save(folder / "mean.keras")
    images = np.random.default_rng(0).normal(size=(2, *SHAPE)).astype(np.float32)
    np.save(folder / "images.npy", images)
    subprocess.run([sys.executable, "-c", FORWARD_WITH_KERAS_ALONE, str(folder)], check=True, timeout=200)
    here = {"one": plain[0], "mean": mean}
    return {name: (np.load(folder / f"{name}.npy"), network.predict_on_batch(images)) for name, network in here.items()}


@pytest.mark.parametrize("name", ["one", "mean"])
def test_what_was_stored_gives_the_same_there(logits: dict[str, tuple[np.ndarray, np.ndarray]], name: str) -> None:
    there, here = logits[name]
    assert there.shape == (2, 16, 16, 1)
    assert there.std() > 0
    np.testing.assert_allclose(there, here, rtol=1e-4)


def test_the_mean_is_not_one_of_its_members(logits: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    assert not np.allclose(logits["one"][0], logits["mean"][0])
