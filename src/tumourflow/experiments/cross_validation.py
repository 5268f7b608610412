"""Every fold of a cross-validation, with every seed, and the average of the seeds."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import product

import keras
import pandas as pd

from tumourflow.experiments.held_out import Corridor, split_index
from tumourflow.experiments.members import Networks, note_facts
from tumourflow.experiments.names import name_state
from tumourflow.experiments.shared_state import OwnState, find_interrupted, find_tracked_run
from tumourflow.folds.names import name_fold, name_mean
from tumourflow.measures.summary import summarise_rows
from tumourflow.networks import average_networks
from tumourflow.training.state import Store
from tumourflow.types import FoldTracker, TrackedFold

logger = logging.getLogger(__name__)

Scores = tuple[str, pd.DataFrame]


@dataclass(frozen=True)
class CrossValidation:
    """The folds of one recipe.

    Attributes:
        corridor: What all trainings have in common.
        index: Table of the prepared slices.
        fold_splits: `turn, case_id, split, leaky`: the split of each turn, counted from 0, and whether it leaks.
        origins: `case_id, group, site`.
        fingerprint: Of the recipe, by which scores are known.
        network_fingerprint: Of what of it decides about weights, by which networks are known.
        seed: Of the first network of each fold; each other has one more.
        tracker: Opens a tracked run for each.
        networks: Keeps the network of each fold and seed.
        checkpoint: Keeps the state of the training under way.
    """

    corridor: Corridor
    index: pd.DataFrame
    fold_splits: pd.DataFrame
    origins: pd.DataFrame
    fingerprint: str
    network_fingerprint: str
    seed: int
    tracker: FoldTracker
    networks: Networks
    checkpoint: Store | None

    @property
    def turns(self) -> int:
        """Number of folds."""
        return int(self.fold_splits["turn"].max()) + 1

    @property
    def seeds(self) -> int:
        """Number of networks of each fold."""
        return self.corridor.training.seeds

    def run(self, there: Collection[str]) -> Iterator[Scores]:
        """Train and score what no earlier run has finished; where its network is there already, it is scored alone.

        Args:
            there: Names of what is finished.

        Yields:
            Name, and scores of the test cases: of each fold and seed, then of the average of each fold's seeds.
        """
        names = {self._name(turn, repeat): (turn, repeat) for repeat, turn in product(range(self.seeds), range(self.turns))}
        states = {name: self._state(turn, repeat) for name, (turn, repeat) in names.items()}
        interrupted = find_interrupted(self.checkpoint, states.values()) if self.corridor.training.resume else None
        # The state of the interrupted one is there until another is kept.
        for name in sorted(names, key=lambda name: states[name] != interrupted):
            turn, repeat = names[name]
            if name in there:
                logger.info("Fold %d of %d (seed %d) is there already.", turn + 1, self.turns, self.seed + repeat)
            else:
                yield name, self._train_and_score(turn, repeat, interrupted)
        for turn in range(self.turns) if self.seeds > 1 else ():
            name = name_mean(self.fingerprint, self.turns, turn, self.seeds)
            if name not in there and self._all_kept(turn):
                yield name, self._score_mean(turn)

    def _train_and_score(self, turn: int, repeat: int, interrupted: str | None) -> pd.DataFrame:
        seed, state = self.seed + repeat, self._state(turn, repeat)
        resume = state == interrupted
        own = OwnState(self.checkpoint, state) if self.checkpoint else None
        earlier = find_tracked_run(own) if own and resume else None
        with self.tracker(f"fold {turn}, seed {seed}", {"fold": turn, "seed": seed}, earlier) as tracked:
            network = self._find_network(turn, repeat)
            network = self._train(turn, repeat, resume, own, tracked) if network is None else network
            scores = self._describe(self.corridor.score_held_out(network, self._split(turn)), turn)
            tracked.report({"test": summarise_rows(scores), "leaky": self._leaks(turn)})
        return scores

    def _find_network(self, turn: int, repeat: int) -> keras.Model | None:
        name = self._name_network(turn, repeat)
        if name not in set(self.networks.keys()):
            return None
        logger.info("The network of fold %d (seed %d) is there already, and is scored.", turn + 1, self.seed + repeat)
        return self.networks.read(name)

    def _train(self, turn: int, repeat: int, resume: bool, own: OwnState | None, tracked: TrackedFold) -> keras.Model:
        corridor = replace(self.corridor, training=self.corridor.training.model_copy(update={"resume": resume}))
        if own:
            own.tracked_run = tracked.run_id
        trained = corridor.train(self._split(turn), self.seed + repeat, tracked, own)
        # Before the scores, so that a fold that is finished has its network.
        self.networks.write(self._name_network(turn, repeat), trained.model, note_facts(trained, fold=turn))
        return trained.model

    def _score_mean(self, turn: int) -> pd.DataFrame:
        members = [self.networks.read(self._name_network(turn, repeat)) for repeat in range(self.seeds)]
        with self.tracker(f"fold {turn}, mean of {self.seeds} seeds", {"fold": turn, "seeds": self.seeds}) as tracked:
            scores = self._describe(self.corridor.score_held_out(average_networks(members), self._split(turn)), turn)
            tracked.report({"test": summarise_rows(scores), "leaky": self._leaks(turn)})
        return scores

    def _describe(self, scores: pd.DataFrame, turn: int) -> pd.DataFrame:
        return scores.merge(self.origins, on="case_id").assign(leaky=self._leaks(turn))

    def _leaks(self, turn: int) -> bool:
        return bool(self.fold_splits.loc[self.fold_splits["turn"] == turn, "leaky"].any())

    def _all_kept(self, turn: int) -> bool:
        lacking = {self._name_network(turn, repeat) for repeat in range(self.seeds)} - set(self.networks.keys())
        if lacking:
            logger.warning("Fold %d has no average of its seeds: it was scored when its networks were not kept yet.", turn + 1)
        return not lacking

    def _name(self, turn: int, repeat: int) -> str:
        return name_fold(self.fingerprint, self.turns, turn, repeat)

    def _name_network(self, turn: int, repeat: int) -> str:
        return name_fold(self.network_fingerprint, self.turns, turn, repeat)

    def _state(self, turn: int, repeat: int) -> str:
        return name_state(self._split(turn), self.corridor.training, self.seed + repeat)

    def _split(self, turn: int) -> pd.DataFrame:
        return split_index(self.index, self.fold_splits, turn)
