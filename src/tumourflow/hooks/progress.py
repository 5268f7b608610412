"""A run tells how far it is: node by node on the terminal, and while it trains with a bar there and curves in MLflow."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import click
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline.node import Node
from tqdm import tqdm

from tumourflow.datasets import is_tracked
from tumourflow.hooks.curves import CurveSender, open_sender
from tumourflow.hooks.named_values import flatten, numbers

SHOWN = {"validation_dice": "Dice", "validation_auroc": "AUROC"}
"""What a task's best weights are chosen by, and how the bar calls it."""


_LINES = 10
"""That a training writes where nobody sees a bar move, as in a file."""

_logger = logging.getLogger(__name__)


class ProgressHook:
    """Names the node that runs, and puts into the catalog what the rooms that train call with what they have reached."""

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Name the node: Kedro's own line lists all its inputs and outputs, too, and fills four lines of a terminal."""
        _logger.info("Running node: %s", node.name)

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog) -> None:
        """Add the listener of this run, and what opens runs below it."""
        catalog["training_listener"] = MemoryDataset(TrainingListener(), copy_mode="assign")
        catalog["fold_tracker"] = MemoryDataset(track_fold, copy_mode="assign")


class TrainingListener:
    """A progress bar with the task's score, images a second and the time left; the same figures go to the open MLflow run.

    Where there is no terminal, a line at each tenth of the training stands in its place.

    Attributes:
        run_id: The run of its own that follows a fold, where there is one.
    """

    def __init__(self, run_id: str | None = None) -> None:
        self.run_id = run_id
        self._bar: tqdm[Any] | None = None
        self._sender: CurveSender | None = None
        self._begun = False
        self._score = ""
        self._line = -1

    def __call__(self, event: Mapping[str, float]) -> None:
        """Show one event.

        Args:
            event: `step`, `progress` (0 to 1), and any of loss, learning_rate, images_per_second, minutes_left,
                what the validation measures, such as validation_dice.
        """
        if not self._begun:
            self._begun, self._sender = True, open_sender()
        self._score = next((f"{SHOWN[name]} {event[name]:.3f}" for name in SHOWN if name in event), self._score)
        if sys.stderr.isatty():
            self._move_bar(event)
        else:
            self._write_line(event)
        if self._sender is not None:
            self._sender.add(event)

    def close(self) -> None:
        """End the bar where it stands and see the curves off; a later event starts anew."""
        if self._bar is not None:
            self._bar.close()
        if self._sender is not None:
            self._sender.close()
        self._bar, self._sender = None, None
        self._begun, self._score, self._line = False, "", -1

    def report(self, figures: Mapping[str, Any]) -> None:
        """Send figures with their intervals to the run that is open.

        Args:
            figures: `{split: {measure: {value, low, high, n, unit}}}`, and `leaky`: whether they are of a split that leaks.
        """
        import mlflow

        if mlflow.active_run():
            mlflow.log_metrics(numbers(flatten(figures)))
            mlflow.set_tag("leaky", str(figures["leaky"]).lower())

    def _move_bar(self, event: Mapping[str, float]) -> None:
        if self._bar is None:
            # A list is shown as it is, a text with a comma before it; the bar takes what room the terminal leaves.
            shown = "{desc} {percentage:3.0f} %|{bar}| {postfix[0]}"
            self._bar = tqdm(total=100, desc="training", bar_format=shown, postfix=[""], dynamic_ncols=True)  # type: ignore[call-overload]
        self._bar.n = round(100 * event["progress"])
        self._bar.postfix = [self._postfix(event)]
        self._bar.refresh()

    def _write_line(self, event: Mapping[str, float]) -> None:
        line = int(_LINES * event["progress"] + 1e-9)
        if line > self._line:
            click.echo(f"training {100 * event['progress']:3.0f} %, {self._postfix(event)}", err=True)
        self._line = line

    def _postfix(self, event: Mapping[str, float]) -> str:
        parts = [self._score or "not validated yet"]
        if "images_per_second" in event:
            parts.append(f"{event['images_per_second']:.0f} images/s")
        if "minutes_left" in event:
            parts.append(f"{event['minutes_left']:.1f} min left")
        return ", ".join(parts)


@contextmanager
def track_fold(name: str, values: Mapping[str, Any], run_id: str | None = None) -> Iterator[TrainingListener]:
    """Open a run below the one that is open, and a listener for it; close both at the end, however that comes.

    Args:
        name: Of the run.
        values: Its parameters.
        run_id: A run of an earlier time that goes on, in place of a new one; where MLflow has lost it, a new one is opened after all.

    Yields:
        The listener.
    """
    import mlflow

    if not mlflow.active_run():
        with closing(TrainingListener()) as listener:
            yield listener
        return
    earlier = run_id if run_id and is_tracked(run_id) else None
    with mlflow.start_run(earlier, run_name=name, nested=True) as run, closing(TrainingListener(run.info.run_id)) as listener:
        mlflow.log_params(dict(values))
        yield listener
