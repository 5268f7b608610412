"""The training's curves in MLflow, sent from a thread of their own."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.entities import Metric

CURVES = (
    "loss",
    "validation_dice",
    "validation_tversky",
    "validation_auroc",
    "validation_balanced_accuracy",
    "validation_loss",
    "learning_rate",
    "images_per_second",
)

LONGEST_BATCH = 1000
"""Values that MLflow takes in one request."""

CLOSING_SECONDS = 30.0

logger = logging.getLogger(__name__)


class CurveSender:
    """Sends events to an MLflow run; each request holds all that came while the last one was under way.

    A tracking server that has gone is asked again for minutes, time that the training must not wait for.

    Attributes:
        run_id: The run.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self._waiting: SimpleQueue[list[Metric] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def add(self, event: Mapping[str, float]) -> None:
        """Take one event and return at once.

        Args:
            event: `step`, and any of `CURVES`.
        """
        from mlflow.entities import Metric

        now, step = int(1000 * time.time()), int(event["step"])
        self._waiting.put(
            [Metric(f"training.{name}", float(event[name]), now, step) for name in CURVES if not math.isnan(event.get(name, math.nan))]
        )

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Wait until all is sent.

        Args:
            seconds: How long to wait at most; what is then still under way goes on in the background.
        """
        self._waiting.put(None)
        self._thread.join(seconds)
        if self._thread.is_alive():
            logger.warning("The tracking server does not answer: the curves of this run may stay incomplete there.")

    def _work(self) -> None:
        last = False
        while not last:
            metrics, last = self._gather()
            for first in range(0, len(metrics), LONGEST_BATCH):
                self._send(metrics[first : first + LONGEST_BATCH])

    def _gather(self) -> tuple[list[Metric], bool]:
        events = [self._waiting.get()]
        while not self._waiting.empty():
            events.append(self._waiting.get())
        return [metric for event in events if event for metric in event], None in events

    def _send(self, metrics: list[Metric]) -> None:
        import mlflow

        try:
            mlflow.MlflowClient().log_batch(self.run_id, metrics=metrics)
        except mlflow.exceptions.MlflowException as error:
            logger.warning("The tracking server did not take the curves: %s", error)


def open_sender() -> CurveSender | None:
    """Start to send to the run that is open in MLflow; nothing where none is."""
    import mlflow

    run = mlflow.active_run()
    return CurveSender(run.info.run_id) if run else None
