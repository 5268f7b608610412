import io
import pickle
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.networks import average_networks, build_network, load_weights, make_portable
from tumourflow.networks.registry import BUILDERS
from tumourflow.networks.weights import IMAGENET, fingerprint_weights


def unet(channels: int = 3, width: int = 2, depth: int = 2, seed: int = 0) -> keras.Model:
    return build_network("unet", (16, 16, channels), width, depth, seed)


@pytest.fixture
def stored(tmp_path: Path) -> tuple[keras.Model, Path]:
    """A network as training leaves it, in a folder of one version."""
    model = unet(seed=5)
    path = tmp_path / "segmenter.keras" / "2026-01-01T00.00.00.000Z" / "segmenter.keras"
    path.parent.mkdir(parents=True)
    make_portable(model, (16, 16, 3)).save(path)
    return model, path


def test_none_changes_nothing() -> None:
    model = unet()
    load_weights(model, "none")
    for found, expected in zip(model.get_weights(), unet().get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("parents", [0, 1, 2])
def test_a_stored_network_is_taken_as_a_whole_by_its_file_version_or_only_version(stored: tuple[keras.Model, Path], parents: int) -> None:
    trained, path = stored
    place = [path, *path.parents][parents]
    model = unet(seed=0)
    load_weights(model, str(place))
    for found, expected in zip(model.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_another_number_of_channels_changes_the_first_convolution_alone(stored: tuple[keras.Model, Path]) -> None:
    trained, path = stored
    model = unet(channels=1)
    load_weights(model, str(path))
    for layer in model.layers:
        for found, expected in zip(layer.get_weights(), trained.get_layer(layer.name).get_weights(), strict=True):
            wanted = expected.sum(axis=2, keepdims=True) if layer.name == "down_0_1_conv" else expected
            np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("width", "depth"), [(4, 2), (2, 3), (2, 1)])
def test_another_width_or_depth_names_the_layers(stored: tuple[keras.Model, Path], width: int, depth: int) -> None:
    with pytest.raises(
        UserError, match=r"segmenter.keras \(unet\) does not fit the network `unet`: `.*Set `training.network`, `training.width`"
    ):
        load_weights(unet(width=width, depth=depth), str(stored[1]))


def test_two_networks_in_a_folder_are_named(stored: tuple[keras.Model, Path]) -> None:
    path = stored[1]
    other = path.parents[1] / "2026-01-02T00.00.00.000Z" / path.name
    other.parent.mkdir()
    other.write_bytes(path.read_bytes())
    with pytest.raises(UserError, match=r"holds 2 networks, among them .*01-01T.* and .*01-02T.*: name one of them"):
        load_weights(unet(), str(path.parents[1]))


def test_an_average_of_networks_is_refused_and_a_single_one_asked_for(stored: tuple[keras.Model, Path]) -> None:
    """No network, width or depth would fit its layers."""
    trained, path = stored
    average_networks([trained, unet(seed=6)]).save(path)
    model, before = unet(), unet().get_weights()
    with pytest.raises(UserError, match=r"segmenter.keras is the mean of 2 networks, .*: name the file of a network") as caught:
        load_weights(model, str(path))
    assert "Set `training.network`" not in str(caught.value)
    for found, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_path_with_nothing_there_is_answered_with_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"`training.weights` is .*nothing, allowed is: none, .* or models:/NAME@ALIAS; there is none"):
        load_weights(unet(), str(tmp_path / "nothing"))


def archive(**texts: str) -> bytes:
    """A zip file, as a `.keras` file is one."""
    with zipfile.ZipFile(content := io.BytesIO(), "w") as file:
        for name, text in texts.items():
            file.writestr(f"{name}.json", text)
    return content.getvalue()


UNREADABLE = [b"", b"no network", b"PK\x03\x04" + bytes(99), pickle.dumps({"a": 1}), archive(), archive(config="[1]"), archive(config="{}")]


@pytest.mark.parametrize("content", UNREADABLE)
def test_a_file_that_is_no_network_is_refused_in_one_sentence_of_our_own(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.keras").write_bytes(content)
    with pytest.raises(UserError, match=r"broken.keras cannot be read as a Keras network: name the `.keras` file of .* here\.$"):
        load_weights(unet(), str(tmp_path))


def test_a_network_under_another_name_is_to_be_renamed(stored: tuple[keras.Model, Path]) -> None:
    renamed = stored[1].rename(stored[1].with_suffix(".txt"))
    with pytest.raises(UserError, match=r"segmenter.txt cannot be read as a Keras network: if it is one, name it segmenter.keras\.$"):
        load_weights(unet(), str(renamed))


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
def test_a_network_without_layers_to_take_is_refused(tmp_path: Path) -> None:
    """It was never built, and does not know the shape of its images."""
    keras.Sequential([keras.layers.Dense(2)]).save(tmp_path / "unbuilt.keras")
    with pytest.raises(UserError, match=r"unbuilt.keras cannot be read as a Keras network: name the"):
        load_weights(unet(), str(tmp_path / "unbuilt.keras"))


def test_a_path_may_begin_at_home(stored: tuple[keras.Model, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(stored[1].parent))
    load_weights(unet(), "~/segmenter.keras")
    assert fingerprint_weights("~/segmenter.keras") == fingerprint_weights(str(stored[1]))


def test_a_network_without_imagenet_weights_names_those_that_have_them() -> None:
    with pytest.raises(UserError, match=r"no such weights for the network `unet`: choose `training.network` from deeplabv3, .*unet_lite0"):
        load_weights(unet(), "imagenet")


def test_networks_with_imagenet_weights_are_in_the_registry() -> None:
    assert set(IMAGENET) < set(BUILDERS)
    assert all(build_network(name, (32, 32, 1), width=1, depth=1).name == name for name in IMAGENET)
