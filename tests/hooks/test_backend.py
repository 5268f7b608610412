import pytest

from tumourflow.errors import UserError
from tumourflow.hooks import backend
from tumourflow.hooks.backend import require_backend


@pytest.mark.parametrize("environment", [{}, {"KERAS_BACKEND": ""}, {"KERAS_BACKEND": "tensorflow"}, {"KERAS_BACKEND": "jax"}])
def test_a_backend_that_is_there_passes(environment):
    require_backend(environment)


def test_jax_that_is_not_installed_is_a_sentence_that_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(backend, "find_spec", {"tensorflow": object()}.get)
    require_backend({})
    with pytest.raises(UserError, match=r'`jax`, which is not installed: .* `pip install "tumourflow\[jax\]"`\.'):
        require_backend({"KERAS_BACKEND": "jax"})
