import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tumourflow.datasets.checkpoint import Checkpoint
from tumourflow.errors import UserError
from tumourflow.imaging.layout import InputLayout
from tumourflow.options import AugmentationOptions, TrainingOptions
from tumourflow.training import Trained, train_segmenter
from tumourflow.training.assemble import build_for_training
from tumourflow.training.loop import Loop
from tumourflow.training.state import Keeper, fingerprint_index

LAYOUT = InputLayout(channels=2, lead_channel=0, context=1)


class Interruption(Exception):
    """Stands for whatever ends a training."""


def train(cohort: tuple[Any, ...], checkpoint: Checkpoint, *, until: int = 1000, **options: Any) -> Trained:
    def listener(event: dict[str, float]) -> None:
        if event["step"] >= until and "validation_dice" not in event:
            raise Interruption

    images, masks, index = cohort
    tiny = TrainingOptions(**{"width": 2, "depth": 1, "batch": 4, "steps": 8, "validations": 4, "coarse": 0, **options})
    return train_segmenter(
        images, masks, index, LAYOUT, augmentation=AugmentationOptions(), options=tiny, seed=1, listener=listener, checkpoint=checkpoint
    )


def same(first: Trained, second: Trained) -> bool:
    weights = zip(first.model.get_weights(), second.model.get_weights(), strict=True)
    return all(np.array_equal(one, other) for one, other in weights)


@pytest.fixture(autouse=True)
def report_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumourflow.training.loop.REPORT_SECONDS", 0.0)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return Checkpoint(tmp_path / "checkpoint.npz", {})


def test_an_interrupted_training_ends_with_the_same_bytes(cohort, tmp_path: Path) -> None:
    """Interrupted among the small images, and after them."""
    whole = train(cohort, Checkpoint(tmp_path / "whole.npz", {}), coarse=0.5)
    for until in (3, 7):
        checkpoint = Checkpoint(tmp_path / f"{until}.npz", {})
        with pytest.raises(Interruption):
            train(cohort, checkpoint, until=until, coarse=0.5)
        resumed = train(cohort, checkpoint, resume=True, coarse=0.5)
        assert same(whole, resumed)
        columns = ["step", "progress", "learning_rate", "validation_dice", "validation_loss"]
        assert resumed.curves[columns].equals(whole.curves[columns])
        assert resumed.record == whole.record
        assert "stretches" not in whole.record


def test_the_patience_goes_on_counting(cohort, checkpoint: Checkpoint, tmp_path: Path) -> None:
    slow = {"steps": 20, "validations": 20, "patience": 3, "learning_rate": 1e-9}
    whole = train(cohort, Checkpoint(tmp_path / "other.npz", {}), **slow)
    with pytest.raises(Interruption):
        train(cohort, checkpoint, until=whole.record["steps"] - 1, **slow)
    assert train(cohort, checkpoint, resume=True, **slow).record == whole.record


def test_a_training_that_was_over_is_not_trained_on(cohort, checkpoint: Checkpoint) -> None:
    whole = train(cohort, checkpoint)
    assert same(whole, train(cohort, checkpoint, resume=True))


def test_the_elapsed_time_of_a_budget_counts_on(cohort, checkpoint: Checkpoint) -> None:
    budget = {"steps": None, "time_budget_minutes": 0.03, "validations": 2, "coarse": 0}
    whole = train(cohort, checkpoint, **budget)
    _, facts = checkpoint.read() or ({}, {})
    assert 0.4 * 1.8 < facts["elapsed"] < 4 * 1.8
    # How often a clock lets it validate differs; that nothing is left to do does not.
    assert train(cohort, checkpoint, resume=True, **budget).curves.equals(whole.curves)


def test_without_a_state_there_is_nothing_to_resume(cohort, checkpoint: Checkpoint) -> None:
    with pytest.raises(UserError, match="no training of this cohort was interrupted"):
        train(cohort, checkpoint, resume=True)


def test_another_network_or_other_data_are_refused(cohort, checkpoint: Checkpoint) -> None:
    train(cohort, checkpoint, steps=2, validations=1)
    with pytest.raises(UserError, match=r"what was kept is another network \(`model/0/down_0_1_conv/kernel`\)"):
        train(cohort, checkpoint, resume=True, width=3)
    images, masks, index = cohort
    moved = index.assign(split=index["split"].replace({"test": "train"}))
    with pytest.raises(UserError, match="the cohort or its split has changed"):
        train((images, masks, moved), checkpoint, resume=True)


def test_what_went_wrong_is_told_with_its_cases_and_the_state_before_it_is_kept(cohort, checkpoint: Checkpoint) -> None:
    images, masks, index = cohort
    broken = images.copy()
    with pytest.raises(Interruption):
        train(cohort, checkpoint, until=3)
    broken[index["split"] == "train"] = np.nan
    before = checkpoint.path.read_bytes()
    told = r"The loss is nan at step 3, whose batch holds the cases [ace]/\d.*The state after step 2 is kept: `training\.resume=true`"
    with pytest.raises(UserError, match=told):
        train((broken, masks, index), checkpoint, resume=True)
    assert checkpoint.path.read_bytes() == before


def test_a_weight_that_is_no_number_is_told_before_the_state_is_kept(cohort, checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a step whose loss is a number and whose gradient is none; the loss of the next step would tell."""
    with pytest.raises(Interruption):
        train(cohort, checkpoint, until=3)
    before = checkpoint.path.read_bytes()
    step = Loop._train_on

    def spoil(self: Loop, batch: Any) -> None:
        step(self, batch)
        if self.step == 4:  # a validation follows
            last = self.model.trainable_variables[-1]
            last.assign(np.full(last.shape, np.inf))

    monkeypatch.setattr(Loop, "_train_on", spoil)
    told = r"A weight is no longer a number at step 4, whose batch holds the cases [ace]/\d.*The state after step 2 is kept"
    with pytest.raises(UserError, match=told):
        train(cohort, checkpoint, resume=True)
    assert checkpoint.path.read_bytes() == before


def test_a_training_may_go_on_at_a_lower_rate(cohort, checkpoint: Checkpoint) -> None:
    with pytest.raises(Interruption):
        train(cohort, checkpoint, until=3)
    resumed = train(cohort, checkpoint, resume=True, learning_rate=1e-5)
    curves = resumed.curves
    assert curves["learning_rate"].iloc[0] > 1e-4 > curves["learning_rate"].iloc[1]
    # Whoever begins with this record's rate gets other weights.
    assert [stretch["learning_rate"] for stretch in resumed.record["stretches"]] == [2e-3, 1e-5]
    assert not resumed.record["repeatable"]


def test_the_rates_of_every_part_of_a_training_are_recorded(cohort, checkpoint: Checkpoint) -> None:
    for until, rate in ((3, 2e-3), (5, 1e-3), (7, 1e-3)):
        with pytest.raises(Interruption):
            train(cohort, checkpoint, until=until, resume=until > 3, learning_rate=rate)
    stretches = train(cohort, checkpoint, resume=True, learning_rate=2e-3).record["stretches"]
    assert [stretch["learning_rate"] for stretch in stretches] == [2e-3, 1e-3, 2e-3]


def test_a_training_that_goes_on_by_other_arithmetic_cannot_be_repeated(cohort, checkpoint: Checkpoint, monkeypatch) -> None:
    """As on another processor, or with other threads."""
    with pytest.raises(Interruption):
        train(cohort, checkpoint, until=3)
    monkeypatch.setattr("tumourflow.training.machine.count_lanes", lambda *_: 2)
    record = train(cohort, checkpoint, resume=True).record
    assert [stretch["lanes"] for stretch in record["stretches"]] == [1, 2]
    assert not record["repeatable"]


def test_the_state_of_a_training_that_begins_takes_the_place_of_an_older_one(cohort, checkpoint: Checkpoint) -> None:
    train(cohort, checkpoint)
    with pytest.raises(Interruption):
        train(cohort, checkpoint, until=1)
    _, facts = checkpoint.read() or ({}, {})
    assert (facts["step"], facts["rows"]) == (0, [])


def test_the_best_weights_come_back_in_their_order(checkpoint: Checkpoint) -> None:
    """More than ten, whose numbers are no words to be sorted."""
    options = TrainingOptions(width=2, depth=1)
    best = [np.full(2, number, np.float32) for number in range(12)]
    Keeper(checkpoint, "data").keep(build_for_training((32, 32, 4), options, 0), best, {"step": 3})
    restored, facts = Keeper(checkpoint, "data").restore(build_for_training((32, 32, 4), options, 1))
    np.testing.assert_array_equal(np.stack(restored), np.stack(best))
    assert facts["step"] == 3


def test_what_the_optimiser_remembers_comes_back(checkpoint: Checkpoint) -> None:
    options = TrainingOptions(width=2, depth=1)
    model, other = (build_for_training((32, 32, 4), options, seed) for seed in (0, 1))
    model.optimizer.build(model.trainable_variables)
    for number, variable in enumerate(model.optimizer.variables):
        variable.assign(np.full(variable.shape, number % 7, variable.dtype))
    Keeper(checkpoint, "data").keep(model, [], {})
    Keeper(checkpoint, "data").restore(other)
    for one, same_one in zip(model.variables + model.optimizer.variables, other.variables + other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(same_one))


def test_the_fingerprint_sees_the_order_of_slices(cohort) -> None:
    index = cohort[2]
    assert fingerprint_index(index) != fingerprint_index(index.iloc[::-1].reset_index(drop=True))
    assert fingerprint_index(index) == fingerprint_index(index.set_axis(range(5, 5 + len(index))))


def test_the_fingerprint_sees_a_change_of_side(cohort) -> None:
    index = cohort[2]
    assert fingerprint_index(index) == fingerprint_index(index.copy())
    assert fingerprint_index(index) != fingerprint_index(index.assign(split="train"))


KILLED = """
import os, sys
from pathlib import Path
import numpy as np
import pandas as pd
from tumourflow.datasets.checkpoint import Checkpoint
from tumourflow.imaging.layout import InputLayout
from tumourflow.options import AugmentationOptions, TrainingOptions
from tumourflow.training import loop, train_segmenter

folder, moment = Path(sys.argv[1]), sys.argv[2]
kind, number = moment.split("-")
loop.REPORT_SECONDS = 0.0
keep, kept = np.savez, []

def listener(event):
    if kind == "step" and event["step"] == int(number) and "validation_dice" not in event:
        os.kill(os.getpid(), 9)

def break_off(file, **arrays):
    kept.append(file)
    if kind == "state" and len(kept) == int(number):
        file.write(b"half of it")
        file.flush()
        os.kill(os.getpid(), 9)
    keep(file, **arrays)

np.savez = break_off

train_segmenter(
    np.load(folder / "images.npy"), np.load(folder / "masks.npy"), pd.read_parquet(folder / "index.parquet"), InputLayout(2, 0, 1),
    augmentation=AugmentationOptions(), seed=1, listener=listener, checkpoint=Checkpoint(folder / f"{moment}.npz", {}),
    options=TrainingOptions(width=2, depth=1, coarse=0.5, batch=4, steps=12, validations=4),
)
"""


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="tests on JAX draw initial weights their own way, the process does not")
def test_a_training_killed_at_any_moment_goes_on_bit_for_bit(cohort, tmp_path: Path) -> None:
    images, masks, index = cohort
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "masks.npy", masks)
    index.to_parquet(tmp_path / "index.parquet")
    rng = np.random.default_rng()
    # Before the first validation, after it, and while the state is written for the second to the fifth time.
    moments = [f"step-{rng.integers(2, 4)}", f"step-{rng.integers(4, 12)}", f"state-{rng.integers(2, 6)}"]
    processes = [subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), moment]) for moment in moments]
    whole = train(cohort, Checkpoint(tmp_path / "whole.npz", {}), steps=12, coarse=0.5)
    assert [process.wait(timeout=300) for process in processes] == [-signal.SIGKILL] * 3, moments
    for moment in moments:
        assert same(whole, train(cohort, Checkpoint(tmp_path / f"{moment}.npz", {}), steps=12, coarse=0.5, resume=True)), moments
