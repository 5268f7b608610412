"""Training tells how far it is: on the terminal and as curves in MLflow, while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog, MemoryDataset
from tqdm import tqdm

from tumourflow.hooks.curves import CurveSender, open_sender
from tumourflow.hooks.named_values import flatten, numbers

SHOWN = {"validation_dice": "Dice", "validation_auroc": "AUROC"}
"""What a task's best weights are chosen by, and how the bar calls it."""


class ProgressHook:
    """Puts into the catalog what the rooms that train call with what they have reached."""

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog) -> None:
        """Add the listener of this run, and what opens runs below it."""
        catalog["training_listener"] = MemoryDataset(TrainingListener(), copy_mode="assign")
        catalog["fold_tracker"] = MemoryDataset(track_fold, copy_mode="assign")


class TrainingListener:
    """A progress bar with the task's score, images a second and the time left; the same figures go to the open MLflow run.

    Attributes:
        run_id: The run of its own that follows a fold, where there is one.
    """

    def __init__(self, run_id: str | None = None) -> None:
        self.run_id = run_id
        self._bar: tqdm[Any] | None = None
        self._sender: CurveSender | None = None
        self._score = ""

    def __call__(self, event: Mapping[str, float]) -> None:
        """Show one event.

        Args:
            event: `step`, `progress` (0 to 1), and any of loss, learning_rate, images_per_second, minutes_left,
                what the validation measures, such as validation_dice.
        """
        if self._bar is None:
            self._bar = tqdm(total=100, desc="training", bar_format="{desc} {percentage:3.0f} %|{bar:30}| {postfix}")
            self._sender = open_sender()
        self._score = next((f"{SHOWN[name]} {event[name]:.3f}" for name in SHOWN if name in event), self._score)
        self._bar.n = round(100 * event["progress"])
        self._bar.set_postfix_str(self._postfix(event))
        if self._sender is not None:
            self._sender.add(event)

    def close(self) -> None:
        """End the bar where it stands and see the curves off; a later event starts anew."""
        if self._bar is not None:
            self._bar.close()
        if self._sender is not None:
            self._sender.close()
        self._bar, self._sender, self._score = None, None, ""

    def report(self, figures: Mapping[str, Any]) -> None:
        """Send figures with their intervals to the run that is open.

        Args:
            figures: `{split: {measure: {value, low, high, n, unit}}}`, and `leaky`: whether they are of a split that leaks.
        """
        import mlflow

        if mlflow.active_run():
            mlflow.log_metrics(numbers(flatten(figures)))
            mlflow.set_tag("leaky", str(figures["leaky"]).lower())

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
        run_id: A run of an earlier time that goes on, in place of a new one.

    Yields:
        The listener.
    """
    import mlflow

    if not mlflow.active_run():
        with closing(TrainingListener()) as listener:
            yield listener
        return
    with mlflow.start_run(run_id, run_name=name, nested=True) as run, closing(TrainingListener(run.info.run_id)) as listener:
        mlflow.log_params(dict(values))
        yield listener
