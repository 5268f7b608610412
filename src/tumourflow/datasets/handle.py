"""What all datasets share that hand out a store, which is read and written through its handle while a run goes on."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, TypeVar

from kedro.io import AbstractDataset, DatasetError

Input = TypeVar("Input")
Store = TypeVar("Store")


class HandleDataset(AbstractDataset[Input, Store]):
    """Base of datasets that hand out a store below a path; it has no versions, and is there from the start, though empty.

    Subclasses make the handle in `load`, and override `save` where they take what a node returns.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = PurePosixPath(filepath)
        self.metadata = metadata

    def save(self, data: Input) -> None:
        """Refuse: the store is filled through its handle.

        Raises:
            DatasetError: Always.
        """
        del data
        msg = f"{self._filepath} is filled through the handle that `load` gives."
        raise DatasetError(msg)

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
