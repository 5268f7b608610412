"""All that a training needs to go on as if it had not been interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.errors import UserError

SEED = "seed_generator_state"
"""How the path of what a random layer draws from ends."""

Arrays = dict[str, npt.NDArray[Any]]


class Store(Protocol):
    """Where the state of a training is kept, one at a time."""

    def write(self, arrays: Mapping[str, npt.NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Replace what is there."""

    def read(self) -> tuple[Arrays, dict[str, Any]] | None:
        """Read what is there, nothing where nothing is."""


class Keeper:
    """Keeps the state of one training and gives it back.

    The order of the slices and their augmentation are functions of the seed and the number of the batch, so that the number of steps
    done stands for both.

    Attributes:
        store: Where the state is kept.
        data: Fingerprint of what is trained on.
    """

    def __init__(self, store: Store, data: str) -> None:
        self.store = store
        self.data = data

    def keep(self, model: keras.Model, best: list[npt.NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Write the state.

        Args:
            model: Compiled network; weights, averages, random states and optimiser are kept.
            best: The best weights so far.
            facts: Where the training stands, in values that JSON knows.
        """
        arrays = {name: np.asarray(variable) for name, variable in _variables(model)}
        arrays |= {f"best/{number}": weight for number, weight in enumerate(best)}
        self.store.write(arrays, {**facts, "data": self.data})

    def restore(self, model: keras.Model) -> tuple[list[npt.NDArray[Any]], dict[str, Any]]:
        """Put a compiled network of the same layers into the state that was kept.

        Args:
            model: Changed in place.

        Returns:
            The best weights and the facts.

        Raises:
            UserError: Where no state is kept, or that of a training on other data or of another network.
        """
        kept = self.store.read()
        if kept is None:
            msg = "`training.resume` is true, but no training of this cohort was interrupted: leave it out to begin one."
            raise UserError(msg)
        arrays, facts = kept
        if facts["data"] != self.data:
            msg = "`training.resume` is true, but the cohort or its split has changed since the training was interrupted: begin a new one."
            raise UserError(msg)
        model.optimizer.build(model.trainable_variables)
        for name, variable in _variables(model):
            if name not in arrays or arrays[name].shape != tuple(variable.shape):
                msg = f"`training.resume` is true, but what was kept is another network (`{name}`): begin a new training."
                raise UserError(msg)
            variable.assign(arrays[name])
        return [arrays[f"best/{number}"] for number in range(sum(name.startswith("best/") for name in arrays))], facts


def fingerprint_index(index: pd.DataFrame) -> str:
    """Hash a table of slices, so that a change of the cohort, its preparation or its split is seen.

    Args:
        index: Table of the prepared slices.

    Returns:
        SHA-256 in hexadecimal digits.
    """
    return hashlib.sha256(pd.util.hash_pandas_object(index, index=False).to_numpy().tobytes()).hexdigest()


def _variables(model: keras.Model) -> Iterator[tuple[str, keras.Variable]]:
    # Keras counts its optimisers and what its random layers draw from, so that their paths differ from one network to the next.
    for number, variable in enumerate(model.variables):
        yield f"model/{number}/{SEED if variable.path.endswith(SEED) else variable.path}", variable
    yield from ((f"optimizer/{number}", variable) for number, variable in enumerate(model.optimizer.variables))
