import errno
from pathlib import Path

import keras
import numpy as np
import pytest

from tumourflow.datasets import NetworkStoreDataset
from tumourflow.datasets.network_store import NetworkStore
from tumourflow.errors import UserError


def network(weight: float) -> keras.Model:
    images = keras.Input((1,))
    return keras.Model(images, keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(weight))(images))


@pytest.fixture
def store(tmp_path: Path) -> NetworkStore:
    return NetworkStoreDataset(filepath=str(tmp_path / "networks")).load()


def test_what_was_kept_is_read_back_with_its_facts(store: NetworkStore) -> None:
    assert store.keys() == []
    store.write("f/3-0", network(2), {"seed": 4})
    store.write("f/3-0-seed1", network(3), {"seed": 5})
    assert store.keys() == ["f/3-0", "f/3-0-seed1"]
    assert store.read("f/3-0-seed1").predict_on_batch(np.ones((1, 1))).item() == 3
    assert store.read_facts("f/3-0") == {"seed": 4}


def test_the_later_network_of_a_key_counts(store: NetworkStore) -> None:
    for weight in (2, 3):
        store.write("f/3-0", network(weight), {"weight": weight})
    assert store.read("f/3-0").predict_on_batch(np.ones((1, 1))).item() == 3
    assert store.read_facts("f/3-0") == {"weight": 3}


def test_a_network_that_is_cut_short_is_not_there(store: NetworkStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_the_disk(self: keras.Model, path: Path) -> None:
        path.write_bytes(b"PK")
        assert store.keys() == []
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", fill_the_disk)
    with pytest.raises(UserError, match="No space is left"):
        store.write("f/3-0", network(2), {})
    assert store.keys() == []
    assert [path.name for path in store.root.rglob("*") if path.is_file()] == ["3-0.json"]


def test_a_store_that_is_cleared_is_empty(store: NetworkStore) -> None:
    store.clear()
    store.write("f/3-0", network(2), {})
    store.clear()
    assert store.keys() == []


def test_the_catalog_writes_no_networks(tmp_path: Path) -> None:
    dataset = NetworkStoreDataset(filepath=str(tmp_path))
    with pytest.raises(Exception, match="filled through the handle"):
        dataset.save({})
