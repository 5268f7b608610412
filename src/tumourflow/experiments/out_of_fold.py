"""Masks of every patient, by a network that never saw it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import pandas as pd

from tumourflow.experiments.held_out import Corridor, split_index
from tumourflow.experiments.members import Networks, note_facts
from tumourflow.folds.names import name_fold
from tumourflow.types import FoldTracker, Mask


@dataclass(frozen=True)
class OutOfFold:
    """The networks of a cross-validation, each of which segments the patients it was not trained on.

    Attributes:
        corridor: What all trainings have in common.
        index: Table of the prepared slices.
        fold_splits: `turn, case_id, split`: the split of each turn, counted from 0.
        fingerprint: Of what decides about weights; networks that are there under it are not trained again.
        seed: Of the trainings.
        tracker: Opens a tracked run for each.
        networks: Keeps the network of each fold.
    """

    corridor: Corridor
    index: pd.DataFrame
    fold_splits: pd.DataFrame
    fingerprint: str
    seed: int
    tracker: FoldTracker
    networks: Networks

    def segment(self) -> Iterator[tuple[str, Mask]]:
        """Segment every case once.

        Yields:
            Name and mask `(height, width)` of each case.
        """
        turns = int(self.fold_splits["turn"].max()) + 1
        for turn in range(turns):
            index, name = split_index(self.index, self.fold_splits, turn), name_fold(self.fingerprint, turns, turn)
            network = self.networks.read(name) if name in set(self.networks.keys()) else self._train(turn, name, index)
            yield from self.corridor.segment_held_out(network, index)

    def _train(self, turn: int, name: str, index: pd.DataFrame) -> keras.Model:
        with self.tracker(f"fold {turn}, seed {self.seed}", {"fold": turn, "seed": self.seed}) as tracked:
            trained = self.corridor.train(index, self.seed, tracked)
            self.networks.write(name, trained.model, note_facts(trained, fold=turn))
        return trained.model
