"""One state of a training, shared by several that follow one another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy.typing as npt

from tumourflow.errors import UserError
from tumourflow.training.state import Arrays, Store

OWNER, TRACKED_RUN = "owner", "tracked_run"


class OwnState:
    """What is kept for one of the trainings; it does not take the state of another for its own.

    Attributes:
        store: Where the state of the training under way is kept.
        owner: Name of the training.
        tracked_run: The run that follows it, where it has one of its own.
    """

    def __init__(self, store: Store, owner: str) -> None:
        self.store = store
        self.owner = owner
        self.tracked_run: str | None = None

    def write(self, arrays: Mapping[str, npt.NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Replace what is there, whoever's it was."""
        self.store.write(arrays, {**facts, OWNER: self.owner, TRACKED_RUN: self.tracked_run})

    def read(self) -> tuple[Arrays, dict[str, Any]] | None:
        """Read the state, nothing where it is another training's."""
        kept = self.store.read()
        return kept if kept and kept[1].get(OWNER) == self.owner else None


def find_tracked_run(state: OwnState) -> str | None:
    """Tell which run followed the training when its state was last kept, where there was one."""
    kept = state.read()
    return kept[1].get(TRACKED_RUN) if kept else None


def find_interrupted(store: Store | None, owners: Collection[str]) -> str | None:
    """Tell which training was interrupted.

    Args:
        store: Where the state of the training under way is kept.
        owners: Names of all trainings.

    Returns:
        Its name, none where nothing was interrupted.

    Raises:
        UserError: Where it is none of these.
    """
    kept = store.read() if store else None
    if kept is None:
        return None
    owner = kept[1].get(OWNER)
    if owner not in owners:
        msg = (
            "`training.resume` is true, but the cohort, its split, its plan or the file in `training.weights` has changed since the "
            "training was interrupted: begin a new one."
        )
        raise UserError(msg)
    return str(owner)
