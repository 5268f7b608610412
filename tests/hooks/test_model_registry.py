import pytest

from tumourflow.datasets import ModelVersion
from tumourflow.hooks import model_registry
from tumourflow.hooks.model_registry import crown_first


class Registry:
    """Stands in for the registry of a cohort, which has three versions."""

    def __init__(self, champion):
        self._champion = champion
        self.crowned = []
        self.marked = []

    def versions(self, task):
        return [ModelVersion(number, "run") for number in (1, 2, 3)]

    def champion(self, task):
        return self._champion

    def mark(self, task, version, *, leaky):
        self.marked.append((task, version, leaky))

    def crown(self, task, version):
        self.crowned.append((task, version))


@pytest.mark.parametrize(
    ("champion", "leaky", "crowned"),
    [(None, False, [("segmentation", 2)]), (1, False, []), (None, True, []), (1, True, [])],
)
def test_the_first_model_that_does_not_leak_is_the_champion(monkeypatch, champion, leaky, crowned):
    registry = Registry(champion)
    monkeypatch.setattr(model_registry, "RegisteredModels", lambda _: registry)
    crown_first("lgg", "segmentation", 2, leaky=leaky)
    assert registry.crowned == crowned
    assert registry.marked == [("segmentation", 2, leaky)]
