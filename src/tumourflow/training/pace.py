"""Loss and speed since the last validation."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Pace:
    """Mean loss and images a second since the last `restart`; time spent elsewhere, as on validation, does not count.

    Attributes:
        now: Seconds of a monotonic clock.
    """

    now: Callable[[], float] = time.perf_counter
    _since: float = field(default=0.0, init=False)
    _timed: int = field(default=0, init=False)
    _images: int = field(default=0, init=False)
    _loss: float = field(default=0.0, init=False)

    def restart(self) -> None:
        """Forget what was."""
        self.restart_clock()
        self._images, self._loss = 0, 0.0

    def restart_clock(self) -> None:
        """Forget how long it took, which was longer than it usually does, but not the loss."""
        self._since, self._timed = self.now(), 0

    def count(self, images: int, loss: float) -> None:
        """Add one step.

        Args:
            images: Size of the batch.
            loss: Mean loss over its images.
        """
        self._timed += images
        self._images += images
        self._loss += images * loss

    def read(self) -> dict[str, float]:
        """Say how it goes.

        Returns:
            `loss` and `images_per_second`; NaN and 0 before the first step.
        """
        seconds = self.now() - self._since
        loss = self._loss / self._images if self._images else float("nan")
        return {"loss": loss, "images_per_second": self._timed / seconds if seconds > 0 else 0.0}
