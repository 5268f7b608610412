"""Training tells how far it is: on the terminal and as curves in MLflow, while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog, MemoryDataset
from tqdm import tqdm

from tumourflow.hooks.curves import CurveSender, open_sender


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
        self._sender: CurveSender | None = None
        self._dice = float("nan")

    def __call__(self, event: Mapping[str, float]) -> None:
        """Show one event.

        Args:
            event: `step`, `progress` (0 to 1), and any of loss, learning_rate, images_per_second, minutes_left,
                validation_dice, validation_loss.
        """
        if self._bar is None:
            self._bar = tqdm(total=100, desc="training", bar_format="{desc} {percentage:3.0f} %|{bar:30}| {postfix}")
            self._sender = open_sender()
        self._dice = event.get("validation_dice", self._dice)
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
        self._bar, self._sender, self._dice = None, None, float("nan")

    def _postfix(self, event: Mapping[str, float]) -> str:
        parts = [f"Dice {self._dice:.3f}" if self._dice == self._dice else "Dice –"]
        if "images_per_second" in event:
            parts.append(f"{event['images_per_second']:.0f} images/s")
        if "minutes_left" in event:
            parts.append(f"{event['minutes_left']:.1f} min left")
        return ", ".join(parts)
