from pathlib import Path

import keras
import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.networks import append_lite0_head, build_lite0, build_network, encoder_layers, load_weights
from tumourflow.networks.weights import lite0

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def weights() -> lite0.Weights:
    pytest.importorskip(lite0.PACKAGE, reason="the optional package of weights is not installed")
    return lite0.read_lite0(lite0.find_lite0_file())


def picture() -> np.ndarray:
    """The picture of `benchmarks/reference_activations.py`, with the channels last."""
    rows, columns = np.mgrid[:224, :224].astype(np.float64)
    waves = [np.sin(rows / 7 + columns / 23), np.cos(rows / 31 - columns / 5), np.sin(rows * columns / 900)]
    return np.stack(waves, axis=-1)[None].astype(np.float32)


def test_every_activation_is_that_of_pytorch(weights: lite0.Weights) -> None:
    """Mean, deviation and 24 numbers of stem, 16 blocks and head, to a thousandth of the deviation."""
    inputs = keras.Input((224, 224, 3))
    model = keras.Model(inputs, append_lite0_head(build_lite0(inputs)[-1]))
    for name, arrays in weights.layers.items():
        model.get_layer(name).set_weights(arrays)
    expected = np.load(DATA / "lite0_activations.npz")
    assert len(expected.files) == 18
    ends = {layer.name.removesuffix(end) for layer in model.layers for end in ("_add",) if layer.name.endswith(end)}
    layers = [f"{name}_add" if name in ends else f"{name}_project_norm" if "block" in name else name for name in expected.files]
    taps = keras.Model(inputs, [model.get_layer(name).output for name in layers])
    for name, values in zip(expected.files, taps.predict_on_batch(picture()), strict=True):
        places = np.linspace(0, values.size - 1, 24).astype(int)
        found = np.array([values.mean(dtype=np.float64), values.std(dtype=np.float64), *values.ravel()[places]])
        assert np.abs(found - expected[name]).max() < 1e-3 * expected[name][1], name


@pytest.mark.parametrize("name", ["unet_lite0", "deeplabv3plus_lite0"])
def test_the_encoder_is_that_of_imagenet_and_the_rest_is_not(weights: lite0.Weights, name: str) -> None:
    model, scratch = (build_network(name, (64, 64, 3), width=2, depth=4) for _ in range(2))
    load_weights(model, "imagenet")
    encoder = {layer.name for layer in encoder_layers(model)}
    for layer in model.layers:
        expected = weights.layers[layer.name] if layer.name in encoder else scratch.get_layer(layer.name).get_weights()
        if layer.name == "encoder_stem_conv":
            expected = [expected[0] * np.float32(lite0.DEVIATION)]
        for found, array in zip(layer.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(found, array)


def test_the_units_of_the_images_are_those_that_the_deviation_is_given_in(weights: lite0.Weights) -> None:
    """A stem's mean response is its kernels' sums times the images' means: (pixel - 127) / 128, a little below 0 for photographs."""
    kernel = weights.layers["encoder_stem_conv"][0]
    response = weights.layers["encoder_stem_norm"][2]
    means, *_ = np.linalg.lstsq(kernel.sum(axis=(0, 1)).T, response, rcond=None)
    published = (np.array([0.485, 0.456, 0.406]) * 255 - 127) / 128
    np.testing.assert_allclose(means, published, atol=0.08)


@pytest.mark.parametrize("channels", [1, 5])
def test_images_of_any_number_of_channels_are_taken(weights: lite0.Weights, channels: int) -> None:
    model = build_network("unet_lite0", (64, 64, channels), width=2, depth=4)
    load_weights(model, "imagenet")
    kernel = model.get_layer("encoder_stem_conv").get_weights()[0]
    total = weights.layers["encoder_stem_conv"][0].sum(axis=2) * np.float32(lite0.DEVIATION)
    np.testing.assert_allclose(kernel.sum(axis=2), total, rtol=1e-4, atol=1e-5)


def test_a_changed_file_is_refused(weights: lite0.Weights, tmp_path: Path) -> None:
    content = bytearray(lite0.find_lite0_file().read_bytes())
    content[1_000_000] ^= 1
    changed = tmp_path / "efficientnet-lite0-57934424.pth"
    changed.write_bytes(content)
    with pytest.raises(UserError, match=r"57934424.pth is not the file that was published: .* Install the package anew"):
        lite0.read_lite0(changed)


def test_without_the_package_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite0, "PACKAGE", "no_such_package")
    with pytest.raises(UserError, match="needs a package: pip install no_such_package"):
        lite0.find_lite0_file()
