import hashlib
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.networks import build_network, build_resnet50, load_weights
from tumourflow.networks.weights import resnet50


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, and a home of Keras with nothing in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / resnet50.FOLDER).mkdir(parents=True)
    return tmp_path


def write_weights(path: Path, filters: int) -> dict[str, list[np.ndarray]]:
    """Random weights of a ResNet-50 in the layout of Keras's published file."""
    inputs = keras.Input((32, 32, 3))
    model = keras.Model(inputs, build_resnet50(inputs, filters))
    rng = np.random.default_rng(0)
    layers = {layer.name: [rng.uniform(size=weight.shape).astype(np.float32) for weight in layer.weights] for layer in model.layers}
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in layers]
        for name, arrays in layers.items():
            names = [f"{name}/weight_{number}:0" for number in range(len(arrays))]
            group = file.create_group(name)
            group.attrs["weight_names"] = [weight.encode() for weight in names]
            for weight, array in zip(names, arrays, strict=True):
                group[weight] = array
    return {name: arrays for name, arrays in layers.items() if arrays}


def publish(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let the file be the one that Keras published."""
    monkeypatch.setattr(resnet50, "MD5", hashlib.md5(path.read_bytes()).hexdigest())


@pytest.mark.parametrize("place", [resnet50.FOLDER, Path("keras/models")])
def test_the_encoder_is_that_of_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    (folder / place).mkdir(parents=True, exist_ok=True)
    layers = write_weights(folder / place / resnet50.FILE, filters=2)
    publish(monkeypatch, folder / place / resnet50.FILE)
    model = build_network("deeplabv3", (32, 32, 3), width=2, depth=4)
    load_weights(model, "imagenet")
    layers["conv1_conv"][0] *= np.float32(resnet50.DEVIATION)
    for name, arrays in layers.items():
        for found, expected in zip(model.get_layer(name).get_weights(), arrays, strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="names and shapes are the same on any backend")
def test_the_names_and_shapes_are_those_of_keras() -> None:
    inputs = keras.Input((32, 32, 3))
    ours = keras.Model(inputs, build_resnet50(inputs, 64))
    theirs = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(32, 32, 3))
    shapes = [
        {layer.name: [weight.shape for weight in layer.weights] for layer in model.layers if layer.weights} for model in (ours, theirs)
    ]
    assert shapes[0] == shapes[1]


def test_a_missing_file_is_named_with_its_hash_and_place(folder: Path) -> None:
    sentence = rf"{resnet50.FILE} \(MD5 {resnet50.MD5}\) is not there: put it into data/01_raw/weights or {folder}/keras/models"
    with pytest.raises(UserError, match=sentence):
        load_weights(build_network("deeplabv3plus", (32, 32, 3), width=2, depth=4), "imagenet")


def test_another_file_of_that_name_is_refused(folder: Path) -> None:
    write_weights(folder / resnet50.FOLDER / resnet50.FILE, filters=2)
    with pytest.raises(UserError, match=rf"is not the file that Keras publishes: its MD5 is not {resnet50.MD5}"):
        load_weights(build_network("deeplabv3", (32, 32, 3), width=2, depth=4), "imagenet")


def test_another_width_is_answered_with_the_published_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / resnet50.FOLDER / resnet50.FILE
    write_weights(path, filters=3)
    publish(monkeypatch, path)
    with pytest.raises(
        UserError, match=r"`conv1_conv` has shape \(7, 7, 3, 3\) there and \(7, 7, 3, 2\) here.* Set `training.width` to 64"
    ):
        load_weights(build_network("deeplabv3", (32, 32, 3), width=2, depth=4), "imagenet")
