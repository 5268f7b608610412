"""Networks that several trainings leave side by side, each under a key that says what it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tumourflow.datasets.disk import write_whole
from tumourflow.datasets.handle import HandleDataset
from tumourflow.types import KerasModel


class NetworkStore:
    """Keeps networks, and what is to be known of each, by their key.

    Attributes:
        root: Folder of the store; `<key>.keras` and `<key>.json` below it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def keys(self) -> list[str]:
        """List the keys of all networks that are complete, sorted."""
        whole = (path for path in self.root.rglob("*.keras") if not path.name.startswith("."))
        return sorted(path.relative_to(self.root).with_suffix("").as_posix() for path in whole)

    def read(self, key: str) -> KerasModel:
        """Read a network.

        Raises:
            ValueError: If the store has no such key.
        """
        import keras

        return keras.saving.load_model(self.root / f"{key}.keras", compile=False)

    def read_facts(self, key: str) -> dict[str, Any]:
        """Read what was noted of a network.

        Raises:
            FileNotFoundError: If the store has no such key.
        """
        facts: dict[str, Any] = json.loads((self.root / f"{key}.json").read_text())
        return facts

    def write(self, key: str, network: KerasModel, facts: Mapping[str, Any]) -> None:
        """Add a network, which has its name only when it and its facts are complete; one of the same key is replaced.

        Args:
            key: Says what it is.
            network: Any Keras model.
            facts: What is to be known of it, in values that JSON knows.
        """
        path = self.root / f"{key}.keras"
        # A network without its facts would be taken for a whole one, facts without a network are not.
        write_whole(path.with_suffix(".json"), lambda place: place.write_text(json.dumps(dict(facts))))
        write_whole(path, network.save)

    def clear(self) -> None:
        """Remove all networks."""
        shutil.rmtree(self.root, ignore_errors=True)


class NetworkStoreDataset(HandleDataset[Any, NetworkStore]):
    """Hands out a `NetworkStore`; trainings write and read it while they run."""

    def load(self) -> NetworkStore:
        """Hand out the store."""
        return NetworkStore(Path(self._filepath))
