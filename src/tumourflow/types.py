"""Names for the arrays, tables and streams that rooms hand to one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    import keras
    import matplotlib.figure

    KerasModel: TypeAlias = keras.Model
    Figure: TypeAlias = matplotlib.figure.Figure
else:
    # Node signatures are resolved at run time; the classes themselves would load Keras and matplotlib for `kedro registry list`.
    KerasModel = Any
    Figure = Any

Pixels: TypeAlias = npt.NDArray[Any]
"""An image as it was decoded: `(height, width)` or `(height, width, channels)`, any numeric dtype."""
Float32: TypeAlias = npt.NDArray[np.float32]
Plane: TypeAlias = npt.NDArray[np.uint8]
"""`(height, width)` grey levels of 255."""
Mask: TypeAlias = npt.NDArray[np.bool_]
"""`(height, width)` booleans, true where there is tumour."""

CROSS_VALIDATED = "cross_validated"
"""Where those whom a cross-validation has tested stand beside `train`, `validation` and `test`."""

Chunk = TypeVar("Chunk")


@dataclass(frozen=True)
class Stream(Generic[Chunk]):
    """A sequence that is made while it is read, so that no cohort is ever held in memory.

    A node returns a stream, its dataset consumes it and gives the result its final name only at the end. A bare generator
    would be saved chunk by chunk, and no dataset could tell a finished stream from one that was killed.

    Attributes:
        make: Starts the sequence anew at each call.

    Example:
        >>> squares = Stream(lambda: (n * n for n in range(3)))
        >>> list(squares), list(squares)
        ([0, 1, 4], [0, 1, 4])
    """

    make: Callable[[], Iterator[Chunk]]

    def __iter__(self) -> Iterator[Chunk]:
        """Start the sequence anew."""
        return self.make()


@dataclass(frozen=True)
class ArrayChunk:
    """Some rows of an array store.

    Attributes:
        index: One row of description for each row of the arrays.
        arrays: Arrays whose first axis counts the rows; names, dtypes and further axes are the same in every chunk.
    """

    index: pd.DataFrame
    arrays: dict[str, npt.NDArray[Any]]


class Listener(Protocol):
    """Follows trainings."""

    def __call__(self, event: dict[str, float]) -> None:
        """Take the figures of the training so far."""

    def close(self) -> None:
        """Learn that the training is over, however it ended."""


class TrackedFold(Protocol):
    """Follows the training of one fold, in a run of its own.

    Attributes:
        run_id: Of that run, where there is one.
    """

    run_id: str | None

    def __call__(self, event: dict[str, float]) -> None:
        """Take the figures of the training so far."""

    def report(self, figures: Mapping[str, Any]) -> None:
        """Take the figures of the fold's test cases, and whether its split is `leaky`."""


class FoldTracker(Protocol):
    """Opens a tracked run of a name and parameters below the one that is open, or opens one of an earlier time again."""

    def __call__(self, name: str, values: Mapping[str, Any], run_id: str | None = None, /) -> AbstractContextManager[TrackedFold]:
        """Open it."""
        ...
