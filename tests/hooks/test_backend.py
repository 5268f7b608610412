import json

import pytest

from tumourflow.errors import UserError
from tumourflow.hooks import backend
from tumourflow.hooks.backend import find_backend, require_backend


@pytest.fixture
def home(tmp_path):
    """A folder of Keras's settings in which there are none."""
    return {"KERAS_HOME": str(tmp_path)}


@pytest.mark.parametrize("environment", [{}, {"KERAS_BACKEND": ""}, {"KERAS_BACKEND": "tensorflow"}, {"KERAS_BACKEND": "jax"}])
def test_a_backend_that_is_there_passes(environment, home):
    require_backend(home | environment)


def test_jax_that_is_not_installed_is_a_sentence_that_says_how_to_install_it(monkeypatch, home):
    monkeypatch.setattr(backend, "find_spec", {"tensorflow": object()}.get)
    require_backend(home)
    with pytest.raises(UserError, match=r'`jax`, which is not installed: .* `pip install "tumourflow\[jax\]"`\.'):
        require_backend({"KERAS_BACKEND": "jax"})


def test_settings_of_keras_that_name_another_are_named(tmp_path, home):
    (tmp_path / "keras.json").write_text(json.dumps({"floatx": "float32", "backend": "torch"}))
    with pytest.raises(UserError, match=rf"`backend` in {tmp_path}/keras\.json is `torch`, but networks compute with"):
        require_backend(home)
    assert find_backend(home | {"KERAS_BACKEND": "jax"}) == ("jax", "KERAS_BACKEND")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"floatx": "float32"}', '{"backend": null}'])
def test_settings_that_say_nothing_leave_tensorflow(tmp_path, home, content):
    (tmp_path / "keras.json").write_text(content)
    assert find_backend(home)[0] == "tensorflow"


def test_without_a_folder_for_keras_it_is_the_one_at_home(monkeypatch, tmp_path):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text('{"backend": "jax"}')
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_backend({})[0] == "jax"
