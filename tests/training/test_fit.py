import json
import logging
import os
import time

import keras
import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import encoder_layers
from tumourflow.options import AugmentationOptions, TrainingOptions
from tumourflow.training import Trained, devices, fit, loop, machine, train_segmenter
from tumourflow.training.batches import make_batches, shrink_batch
from tumourflow.training.curves import CURVES
from tumourflow.training.validation import Score, Validator

LAYOUT = InputLayout(channels=2, lead_channel=0, context=1)


def train(cohort, *, seed: int = 1, listener=lambda _: None, **options) -> Trained:
    images, masks, index = cohort
    tiny = TrainingOptions(**{"width": 4, "depth": 1, "batch": 4, "steps": 6, "validations": 2, "coarse": 0, **options})
    return train_segmenter(images, masks, index, LAYOUT, augmentation=AugmentationOptions(), options=tiny, seed=seed, listener=listener)


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What was logged while `first` trained."""
    return []


@pytest.fixture(scope="module")
def first(cohort, said) -> Trained:
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: said.append(record.getMessage())
    logger = logging.getLogger("tumourflow")
    before = logger.level
    # By its method: who set the attribute would leave what loggers remember of an earlier level.
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    trained = train(cohort)
    logger.removeHandler(handler)
    logger.setLevel(before)
    return trained


def bytes_of(trained: Trained) -> bytes:
    return b"".join(weight.tobytes() for weight in trained.model.get_weights())


def test_the_same_seed_gives_the_same_bytes(cohort, first) -> None:
    np.random.default_rng().random()
    assert bytes_of(train(cohort)) == bytes_of(first)
    assert bytes_of(train(cohort, seed=2)) != bytes_of(first)


def test_it_learns_and_reports(cohort) -> None:
    events: list[dict[str, float]] = []
    trained = train(cohort, steps=60, validations=3, learning_rate=0.01, listener=events.append)
    curves = trained.curves
    assert list(curves.columns) == [*CURVES, "kept"]
    assert curves["progress"].tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert curves["step"].tolist() == [20, 40, 60]
    assert curves["loss"].is_monotonic_decreasing
    assert curves["learning_rate"].iloc[-1] < 1e-4
    assert curves["validation_dice"].max() > 0.5
    validations = [event for event in events if "validation_dice" in event]
    assert [event["validation_dice"] for event in validations] == curves["validation_dice"].tolist()
    assert all(event["minutes_left"] >= 0 for event in events)


def test_the_network_is_stored_in_float32_and_its_layers_listed(first) -> None:
    assert first.model.input_shape == (None, 32, 32, 4)
    assert {layer.compute_dtype for layer in first.model.layers} == {"float32"}
    assert all(type(layer).__module__.startswith("keras.") for layer in first.model.layers)
    assert "bottom_1_conv" in first.summary
    assert keras.config.dtype_policy().name == "float32"


@pytest.fixture
def never_better(monkeypatch) -> None:
    """Every validation finds the same."""
    monkeypatch.setattr(Validator, "score", lambda *_: Score(dice=0.5, tversky=0.5, loss=0.7))


@pytest.mark.usefixtures("never_better")
def test_patience_ends_the_training(cohort) -> None:
    trained = train(cohort, steps=20, validations=20, patience=2)
    assert len(trained.curves) == 3
    assert trained.record["best_step"] == 1


@pytest.mark.usefixtures("never_better")
def test_patience_begins_where_images_are_whole(cohort) -> None:
    """Ten validations while they are small end nothing, though none is better than the first."""
    curves = train(cohort, steps=20, validations=20, patience=2, coarse=0.5).curves
    assert 0.5 < curves["progress"].iloc[-1] < 0.7


def test_a_budget_that_leaves_no_time_for_a_step_is_refused(cohort) -> None:
    sentence = r"is 1e-07, too short for one step: it takes [\d.e-]+ seconds here, and its validation [\d.e-]+\. Give"
    with pytest.raises(UserError, match=sentence):
        train(cohort, steps=None, time_budget_minutes=1e-7)


def test_a_time_budget_is_kept_and_the_rate_ends_near_zero(cohort) -> None:
    curves = train(cohort, steps=None, time_budget_minutes=0.05, validations=4).curves
    assert curves["progress"].iloc[-1] == 1
    assert curves["minutes"].iloc[-1] < 0.1
    assert curves["learning_rate"].iloc[-1] < 2e-3 / 10


def test_a_loss_that_is_no_number_is_answered_with_what_to_do(cohort) -> None:
    images, masks, index = cohort
    broken = np.full_like(images, np.nan), masks, index
    with pytest.raises(UserError, match=r"The loss is nan at step 1, .*: lower `training.learning_rate` \(now 0.002\)"):
        train(broken)


def test_weights_that_a_step_has_broken_are_told_of_that_step_too(cohort, monkeypatch) -> None:
    """The loss of step 3 is a number, its gradient is none; nobody looks at the weights before step 4."""
    train_on = loop.Loop._train_on

    def break_weights(self, batch) -> None:
        train_on(self, batch)
        if self.step == 3:
            self.model.set_weights([np.full_like(weight, np.nan) for weight in self.model.get_weights()])

    monkeypatch.setattr(loop.Loop, "_train_on", break_weights)
    told = r"The loss is nan at step 4, whose batch holds the cases [\w/, ]+, after step 3, whose batch holds [\w/, ]+: lower"
    with pytest.raises(UserError, match=told):
        train(cohort, validations=1)


def test_a_budget_with_time_for_a_validation_alone_is_refused(cohort, monkeypatch) -> None:
    train_on = loop.Loop._train_on

    def take_long(self, batch) -> None:
        time.sleep(1)
        train_on(self, batch)

    monkeypatch.setattr(loop.Loop, "_train_on", take_long)
    monkeypatch.setattr(Validator, "estimate_seconds", lambda *_: 0.01)
    with pytest.raises(
        UserError, match=r"is 0\.01, too short for one step: it takes 1\.?\d* seconds here, and its validation 0\.01\. Give"
    ):
        train(cohort, steps=None, time_budget_minutes=0.01)


@pytest.fixture
def gpu(monkeypatch) -> None:
    """Training goes ahead of its losses, as beside a GPU."""
    for module in (fit, devices, machine):
        monkeypatch.setattr(module, "has_gpu", lambda: True)
    monkeypatch.setattr(fit, "loader_threads", lambda: 2)


def test_beside_a_gpu_the_same_comes_out(cohort, request) -> None:
    """Among images of full size: those of half the size are averaged on the GPU."""
    waited = train(cohort)
    request.getfixturevalue("gpu")
    queued = train(cohort)
    assert bytes_of(queued) == bytes_of(waited)
    columns = ["step", "loss", "validation_dice", "validation_loss"]
    assert queued.curves[columns].equals(waited.curves[columns])


def test_beside_a_gpu_a_loss_that_is_no_number_is_told_of_the_step_it_came_from(cohort, gpu) -> None:
    """The batches after the second are whole again, and more steps are under way when its loss is looked at."""
    asked = []

    def make_broken(*arguments, **options):
        make = make_batches(*arguments, **options)

        def make_one(number: int):
            asked.append(number)
            batch = make(number)
            return batch._replace(images=np.full_like(batch.images, np.nan)) if number == 2 else batch

        return make_one

    with pytest.MonkeyPatch.context() as patch, pytest.raises(UserError, match="The loss is nan at step 3, whose batch holds the cases"):
        patch.setattr(fit, "make_batches", make_broken)
        train(cohort, steps=12, validations=1)
    assert max(asked) > 2


@pytest.mark.parametrize(
    ("splits", "message"),
    [({"a": "train", "b": "test"}, "0 validation patients"), ({"a": "validation"}, "0 training slices")],
)
def test_a_side_that_is_missing_is_named_before_training(make_cohort, splits: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        train(make_cohort(splits))


def test_images_that_were_prepared_for_another_network_are_refused(cohort) -> None:
    """A room that is run alone takes what an earlier run has prepared, whatever size the parameters now name."""
    with pytest.raises(UserError, match=r"prepared for another network: `preparation\.size` is 32, allowed is: a multiple of 64"):
        train(cohort, depth=6)


def test_the_record_tells_what_made_the_network_and_what_came_out(first) -> None:
    record = json.loads(json.dumps(first.record, allow_nan=False))
    assert record["options"] == TrainingOptions(width=4, depth=1, batch=4, steps=6, validations=2, coarse=0).describe()
    assert record["seed"] == 1
    assert record["backend"] == keras.backend.backend()
    assert record["parameters"] == sum(weight.size for weight in first.model.get_weights())
    assert record["steps"] == 6
    # While nothing is found, the last counts.
    best = first.curves[first.curves["validation_dice"] == first.curves["validation_dice"].max()].iloc[-1]
    assert (record["best_step"], record["validation_dice"]) == (best["step"], best["validation_dice"])
    assert first.curves.loc[first.curves["kept"], "step"].tolist() == [record["best_step"]]


def test_the_validation_loss_is_the_one_that_is_trained(cohort, first) -> None:
    """Soft Dice never exceeds 1; with the cross-entropy of an untrained network it would."""
    assert train(cohort, steps=1, learning_rate=1e-12, loss="soft_dice").curves["validation_loss"].item() < 1
    assert first.curves["validation_loss"].iloc[0] > 1


def test_slices_without_a_mask_change_nothing_but_their_neighbours(cohort) -> None:
    """Patients e and f lack masks; with a wrong one in its place the network comes out the same."""
    images, masks, index = cohort
    index = index.assign(labelled=~index["patient"].isin(["e", "f"]))
    wrong = masks.copy()
    wrong[~index["labelled"]] = 1 - wrong[~index["labelled"]]
    right, other = (train((images, each, index), steps=3, validations=1) for each in (masks, wrong))
    assert bytes_of(right) == bytes_of(other)
    assert right.curves["validation_dice"].tolist() == other.curves["validation_dice"].tolist()


def test_it_says_what_it_trains_on(first, said) -> None:
    (line,) = said
    assert line.startswith(f"Training `unet` of {first.record['parameters']:,} parameters in ")
    assert first.record["precision"].removeprefix("mixed_") in line
    assert ("no GPU" in line) != fit.has_gpu()


@pytest.mark.parametrize(("gpu", "cores", "threads"), [(False, 16, 1), (True, 16, 15), (True, 1, 1)])
def test_batches_are_made_by_spare_cores_only(monkeypatch, gpu: bool, cores: int, threads: int) -> None:
    monkeypatch.setattr(machine, "has_gpu", lambda: gpu)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert machine.loader_threads() == threads


def test_training_uses_the_threads_that_are_spare(cohort, monkeypatch) -> None:
    asked = []

    class Watched(fit.Loader):
        def __init__(self, make, threads=1, first=0):
            asked.append(threads)
            super().__init__(make, threads, first=first)

    monkeypatch.setattr(fit, "Loader", Watched)
    monkeypatch.setattr(fit, "loader_threads", lambda: 2)
    train(cohort, steps=1)
    assert asked == [2]


def test_the_training_begins_with_images_of_half_the_size(cohort, monkeypatch) -> None:
    shrunk = []
    monkeypatch.setattr(loop, "shrink_batch", lambda batch: shrunk.append(shrink_batch(batch)) or shrunk[-1])
    curves = train(cohort, steps=8, validations=8, coarse=0.5).curves
    assert len(curves) == 8
    assert [batch.images.shape[1:3] for batch in shrunk] == 4 * [(16, 16)]


def test_where_everybody_trains_the_last_weights_stay(make_cohort) -> None:
    images, masks, index = make_cohort({"a": "train", "b": "train"})
    trained = train((images, masks, index), steps=4, validations=4, patience=1)
    assert (trained.record["steps"], trained.record["best_step"], trained.record["validation_dice"]) == (4, 4, None)


def test_an_encoder_that_came_with_weights_stays_at_first_and_learns_later(cohort, first, tmp_path) -> None:
    before = first.model
    before.save(tmp_path / "before.keras")

    def changed(**options) -> set[str]:
        after = train(cohort, steps=2, seed=5, weights=str(tmp_path / "before.keras"), **options).model
        pairs = zip(before.trainable_variables, after.trainable_variables, strict=True)
        return {old.path.split("/")[0] for old, new in pairs if not np.array_equal(old, new)}

    encoder = {layer.name for layer in encoder_layers(before)}
    held = changed(frozen=0.99)
    assert "logits" in held
    assert not held & encoder
    assert "down_0_1_conv" in changed(frozen=0.0)
