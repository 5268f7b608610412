"""The best weights so far, and when to give up waiting for better ones."""

from __future__ import annotations

import math
from collections.abc import Mapping

import keras
import numpy as np
import numpy.typing as npt

SMOOTHING = 0.5
"""Weight of the past in the smoothed score."""


class BestWeights:
    """Keeps in memory the weights with the highest score, smoothed over the past.

    With a handful of validation patients the highest of twenty single scores is partly luck; their exponential mean is less so.

    Attributes:
        patience: Number of scores in a row without improvement after which to stop.
        score: Score of the weights that are kept; -inf before the first.
        best: Highest smoothed score so far.
        waited: Number of scores since then.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.score = -math.inf
        self.best = -math.inf
        self.waited = 0
        self._smoothed = math.nan
        self._weights: list[npt.NDArray[np.float32]] = []

    def offer(self, model: keras.Model, score: float) -> bool:
        """Keep the model's weights if the smoothed score is higher than all before, or still 0.

        Args:
            model: Network; not changed.
            score: Its score, higher is better. NaN says nothing: it is neither better nor a reason to stop.

        Returns:
            Whether they were kept.
        """
        if math.isnan(score):
            return False
        self._smoothed = score if math.isnan(self._smoothed) else SMOOTHING * self._smoothed + (1 - SMOOTHING) * score
        # A Dice of 0 says that nothing has been learned yet, and no reason to stop or to keep what was there before.
        if not (self._smoothed > self.best or self._smoothed == self.best == 0):
            self.waited += 1
            return False
        self.score, self.best, self.waited = score, self._smoothed, 0
        self._weights = [np.array(weight) for weight in model.get_weights()]
        return True

    @property
    def exhausted(self) -> bool:
        """Whether `patience` scores have brought nothing better."""
        return self.waited >= self.patience

    def state(self) -> tuple[dict[str, float], list[npt.NDArray[np.float32]]]:
        """Give what `set_state` needs: numbers by name, and the best weights."""
        return {"score": self.score, "best": self.best, "waited": self.waited, "smoothed": self._smoothed}, self._weights

    def set_state(self, numbers: Mapping[str, float], weights: list[npt.NDArray[np.float32]]) -> None:
        """Go on from what `state` gave."""
        self.score, self.best, self.waited = numbers["score"], numbers["best"], int(numbers["waited"])
        self._smoothed, self._weights = numbers["smoothed"], weights

    def restore(self, model: keras.Model) -> None:
        """Give the model the best weights; leaves it as it is where none were kept.

        Args:
            model: Network of the same layers.
        """
        if self._weights:
            model.set_weights(self._weights)
