"""Training tells how far it is: on the terminal and as curves in MLflow, while it runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog, MemoryDataset
from tqdm import tqdm

CURVES = ("loss", "validation_dice", "validation_loss", "learning_rate", "images_per_second")


class ProgressHook:
    """Puts a `training_listener` into the catalog, which the training room calls with what it has reached."""

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog) -> None:
        """Add the listener of this run."""
        catalog["training_listener"] = MemoryDataset(TrainingListener(), copy_mode="assign")


class TrainingListener:
    """A progress bar with Dice, images a second and the time left; the same figures go to the open MLflow run."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._dice = float("nan")

    def __call__(self, event: Mapping[str, float]) -> None:
        """Show one event.

        Args:
            event: `step`, `progress` (0 to 1), and any of loss, learning_rate, images_per_second, minutes_left,
                validation_dice, validation_loss.
        """
        if self._bar is None:
            self._bar = tqdm(total=100, desc="training", bar_format="{desc} {percentage:3.0f} %|{bar:30}| {postfix}")
        self._dice = event.get("validation_dice", self._dice)
        self._bar.n = round(100 * event["progress"])
        self._bar.set_postfix_str(self._postfix(event))
        _log_curves(event)
        if event["progress"] >= 1:
            self._bar.close()
            self._bar = None

    def _postfix(self, event: Mapping[str, float]) -> str:
        parts = [f"Dice {self._dice:.3f}" if self._dice == self._dice else "Dice –"]
        if "images_per_second" in event:
            parts.append(f"{event['images_per_second']:.0f} images/s")
        if "minutes_left" in event:
            parts.append(f"{event['minutes_left']:.1f} min left")
        return ", ".join(parts)


def _log_curves(event: Mapping[str, float]) -> None:
    import mlflow

    if mlflow.active_run() is None:
        return
    values = {f"training.{name}": float(event[name]) for name in CURVES if name in event}
    try:
        mlflow.log_metrics(values, step=int(event["step"]))
    except mlflow.exceptions.MlflowException as error:
        # A tracking server that is gone for a moment must not end hours of training.
        logging.getLogger(__name__).warning("The tracking server did not take the curves: %s", error)
