"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from tumourflow.errors import UserError
from tumourflow.options import TrainingOptions
from tumourflow.training.batches import AnyBatch, shrink_batch
from tumourflow.training.checkpoints import BestWeights
from tumourflow.training.curves import Listener, curve_columns
from tumourflow.training.devices import Learner
from tumourflow.training.health import explain_break, has_finite_weights, require_time
from tumourflow.training.loader import Loader
from tumourflow.training.pace import Pace
from tumourflow.training.schedule import Clock, learning_rate
from tumourflow.training.state import Keeper
from tumourflow.training.task import Validator

REPORT_SECONDS = 2.0


@dataclass
class Loop:
    """Steps, validations and reports until the training is over.

    Attributes:
        model: Compiled network.
        learner: Trains it and predicts with it, on one device or more.
        validator: Scores it.
        options: Learning rate, length, validations and patience.
        listener: Called with the figures of the training while it goes on.
        cases_of: Gives the case ids of the batch of a number, counted from 0.
        coarse: Share of the training that sees images of half the height and width.
        ahead: Steps that may be under way before their losses are looked at; more than 1 beside a GPU.
        keeper: Keeps the state at the start and after each validation, so that an interrupted training can go on; nobody does where there
            is none.
        rows: One row a validation, keys `curve_columns`.
        best: The best weights so far.
        best_step: The step they are from.
        step: Number of steps done.
        arithmetic: What decides about the last digits; see `describe_arithmetic`.
        stretches: Peak learning rate and arithmetic of the training, and once more for each time that it went on with others.
    """

    model: keras.Model
    learner: Learner
    validator: Validator
    options: TrainingOptions
    listener: Listener
    cases_of: Callable[[int], list[str]]
    coarse: float = 0.0
    ahead: int = 1
    keeper: Keeper | None = None
    arithmetic: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = Clock(self.options.time_budget_minutes, self.options.steps)
        self.best = BestWeights(self.options.patience)
        self.pace = Pace()
        self.best_step = 0
        self.step = 0
        self.elapsed = 0.0
        self.rate = 0.0
        self.stretches = [{"learning_rate": self.options.learning_rate, **self.arithmetic}]
        self.small = False
        self.next_validation = 0.0
        self.reported = 0.0
        self.queue: list[tuple[int, AnyBatch, Any]] = []

    def resume(self, keeper: Keeper) -> None:
        """Go on where the training was interrupted.

        Raises:
            UserError: Where there is nothing to go on from.
        """
        weights, facts = keeper.restore(self.model)
        self.step, self.best_step, self.elapsed, self.rows = (facts[name] for name in ("step", "best_step", "elapsed", "rows"))
        self.clock.reserved_seconds = facts["reserved_seconds"]
        self.best.set_state(facts["best"], weights)
        # Before the first step nothing has been trained by them; an earlier version did not note them.
        before = facts.get("stretches", []) if self.step else []
        self.stretches = before if before[-1:] == self.stretches else before + self.stretches

    def run(self, batches: Loader[AnyBatch]) -> None:
        """Train until steps or time are over or patience is.

        Args:
            batches: What is trained on.

        Raises:
            UserError: Where the loss or a weight is no longer a number, or the time budget leaves none for a step.
        """
        self.clock.start(self.elapsed)
        done = self.step
        if done and self._is_over():
            return
        if not done:
            self._keep()
        self._train_on(next(batches))  # compiles
        self._settle()
        self.clock.reserved_seconds = self.validator.estimate_seconds(self.learner)
        require_time(self.options, self.clock.reserved_seconds, self._time_step(batches))
        self.clock.start(self.elapsed)
        self._plan_validation(done)
        self.pace.restart_clock()  # the first step compiles
        while True:
            progress = self.clock.progress(self.step)
            if progress >= self.next_validation:
                self._validate(progress)
            if self._is_over():
                return
            self._train_on(next(batches))
            self._report()

    def _time_step(self, batches: Loader[AnyBatch]) -> float:
        if self.options.steps is not None:
            return 0.0
        started = time.perf_counter()
        self.clock.start(self.elapsed)
        self._train_on(next(batches))
        self._settle()
        return time.perf_counter() - started

    def _is_over(self) -> bool:
        return self.clock.progress(self.step) >= 1 or self.best.exhausted

    def _train_on(self, batch: AnyBatch) -> None:
        progress = self.clock.progress(self.step + 0.5)
        self.rate = learning_rate(progress, self.options.learning_rate, self.options.warm_up)
        self.model.optimizer.learning_rate = self.rate
        self._hold_back(progress)
        self.model.reset_metrics()
        self.small = progress < self.coarse
        seen = shrink_batch(batch) if self.small else batch
        loss = self.learner.train_on_batch(*seen)
        self.step += 1
        self.queue.append((self.step, batch, loss))
        if len(self.queue) >= self.ahead:
            self._settle()

    def _settle(self) -> None:
        for step, batch, loss in self.queue:
            self.pace.count(len(batch.images), float(loss))
            if not math.isfinite(loss):
                # Of whole images the loss is a number, unless the step before has left weights that are none.
                whole = bool(np.isfinite(np.asarray(batch.images)).all())
                raise UserError(self._explain(f"The loss is {float(loss)}", step, self.cases_of(step - 2) if whole and step > 1 else ()))
        self.queue.clear()

    def _hold_back(self, progress: float) -> None:
        if self.options.pretrained:
            self.model.optimizer.held_rate.assign(0.0 if progress < self.options.frozen else self.options.encoder_rate)

    def _explain(self, what: str, step: int, before: Sequence[str] = ()) -> str:
        kept = int(self.rows[-1]["step"]) if self.keeper and self.rows else None
        return explain_break(what, step, self.cases_of(step - 1), self.options.learning_rate, kept, before)

    def _validate(self, progress: float) -> None:
        started = time.perf_counter()
        self._settle()
        if not has_finite_weights(self.model):
            raise UserError(self._explain("A weight is no longer a number", self.step))
        row = self._event(progress)
        measured = self.validator.score(self.learner)
        if self.best.offer(self.model, measured[0]):
            self.best_step = self.step
        if self.small:
            # A network of small images is judged on large ones, now better, now worse.
            self.best.waited = 0
        row |= dict(zip(self.validator.measures, measured, strict=True))
        self.rows.append({name: row[name] for name in curve_columns(self.validator.measures)})
        self.listener(row)
        self._keep()
        self.clock.reserved_seconds = time.perf_counter() - started
        self._plan_validation(self.step)
        self.pace.restart()

    def _keep(self) -> None:
        if self.keeper is None:
            return
        best, weights = self.best.state()
        facts = {"step": self.step, "best_step": self.best_step, "rows": self.rows, "best": best, "stretches": self.stretches}
        times = {"elapsed": self.clock.elapsed, "reserved_seconds": self.clock.reserved_seconds}
        self.keeper.keep(self.model, weights, facts | times)

    def _plan_validation(self, step: int) -> None:
        interval = self.clock.validation_interval(self.options.validations)
        done = math.floor(self.clock.progress(step) / interval + 1e-9)
        self.next_validation = min((done + 1) * interval, 1.0)

    def _report(self) -> None:
        if self.clock.elapsed - self.reported >= REPORT_SECONDS:
            self.reported = self.clock.elapsed
            self._settle()
            self.listener(self._event(self.clock.progress(self.step)))

    def _event(self, progress: float) -> dict[str, float]:
        shared = {"step": self.step, "progress": progress, "minutes": self.clock.elapsed / 60, "learning_rate": self.rate}
        return shared | self.pace.read() | {"minutes_left": self.clock.minutes_left(self.step)}
