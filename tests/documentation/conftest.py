from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch):
    """`generator(name)` imports a module of docs/generators."""

    def load(name: str) -> ModuleType:
        import importlib

        monkeypatch.syspath_prepend(ROOT / "docs/generators")
        return importlib.import_module(name)

    return load
