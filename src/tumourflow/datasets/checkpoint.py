"""What an interrupted training has left, so that it can go on."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumourflow.datasets.disk import explain_refusal
from tumourflow.datasets.handle import HandleDataset
from tumourflow.datasets.process_lock import ProcessLock
from tumourflow.errors import UserError

FACTS = "facts"

logger = logging.getLogger(__name__)


class Checkpoint:
    """The state of the training that is under way, or of the one that was interrupted last.

    Attributes:
        path: Its file; not there when no training has been interrupted.
        stamp: What is noted in each state besides what the training says: its run in MLflow and its parameters.
    """

    def __init__(self, path: Path, stamp: Mapping[str, Any]) -> None:
        self.path = path
        self.stamp = stamp
        self._goes_on = False

    def write(self, arrays: Mapping[str, npt.NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Replace the state by a new one, which is whole at any moment; that of another training that was interrupted is set aside.

        Args:
            arrays: Arrays by name.
            facts: What else is to be known, in values that JSON knows.
        """
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")
        with explain_refusal(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._sweep()
            self._set_aside()
            try:
                with partial.open("wb") as file:
                    np.savez(file, allow_pickle=False, **{FACTS: np.array(json.dumps({**facts, **self.stamp}))}, **arrays)
                    # Else a machine that loses power may have the new name without its content.
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(self.path)
            finally:
                partial.unlink(missing_ok=True)

    def read(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]] | None:
        """Read arrays and facts to go on from; nothing where there is no state.

        Raises:
            UserError: Where the file is no state, or a damaged one.
        """
        if not self.path.exists():
            return None
        self._goes_on = True
        with _explain_loss(self.path), self.path.open("rb") as file, np.load(file) as stored:
            return {name: stored[name] for name in stored.files if name != FACTS}, json.loads(str(stored[FACTS]))

    def read_facts(self) -> dict[str, Any] | None:
        """Read the facts alone; nothing where there is no state.

        Raises:
            UserError: Where the file is no state, or a damaged one.
        """
        if not self.path.exists():
            return None
        with _explain_loss(self.path), self.path.open("rb") as file, np.load(file) as stored:
            facts: dict[str, Any] = json.loads(str(stored[FACTS]))
            return facts

    def is_of_another_run(self) -> bool:
        """Tell whether a state is there that another run has kept, and may want to go on from."""
        with suppress(UserError):
            facts = self.read_facts()
            return facts is not None and facts.get("run_id") != self.stamp.get("run_id")
        return False

    def hold(self) -> bool:
        """Have the state for this process until `release`, or until the process ends, however that comes.

        Returns:
            Whether it could be had: not where another process that trains has it.

        Raises:
            UserError: Where nobody may write.
        """
        return ProcessLock(self.path).hold()

    def release(self) -> None:
        """Let others have the state."""
        ProcessLock(self.path).release()

    def clear(self) -> None:
        """Remove the state: the training has come to its end."""
        self.path.unlink(missing_ok=True)
        self._sweep()

    def _set_aside(self) -> None:
        with suppress(UserError):
            facts = None if self._goes_on else self.read_facts()
            if facts is not None and facts.get("run_id") != self.stamp.get("run_id") and facts.get("step"):
                aside = self.path.with_name(f"{self.path.stem}.before{self.path.suffix}")
                self.path.replace(aside)
                logger.warning(
                    "A training that was interrupted after step %d is set aside as %s: to go on with it, rename it to %s and give "
                    "training.resume=true, with its parameters.",
                    facts["step"],
                    aside,
                    self.path.name,
                )
        self._goes_on = True

    def _sweep(self) -> None:
        # Whoever is killed while he writes leaves what he has written so far.
        for partial in self.path.parent.glob(f".{self.path.name}.*.partial"):
            process = partial.name.split(".")[-2]
            if process.isdecimal() and not _is_running(int(process)):
                partial.unlink(missing_ok=True)


class CheckpointDataset(HandleDataset[Any, Checkpoint]):
    """Hands out the cohort's `Checkpoint`; training itself writes and reads it while it runs.

    Attributes:
        stamp: Given to each handle; set when the run in MLflow is open.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self.stamp: dict[str, Any] = {}

    def load(self) -> Checkpoint:
        """Hand out the checkpoint."""
        return Checkpoint(Path(self._filepath), self.stamp)


@contextmanager
def _explain_loss(path: Path) -> Iterator[None]:
    try:
        yield
    # What a damaged archive can raise is not bounded by the documentation of zipfile and NumPy.
    except Exception as error:
        msg = f"{path}, the state of the interrupted training, cannot be read: begin a new training, without `training.resume`."
        raise UserError(msg) from error


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
