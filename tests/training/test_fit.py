import json
import logging
import os

import keras
import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import encoder_layers
from tumourflow.options import AugmentationOptions, TrainingOptions
from tumourflow.training import Trained, fit, loop, train_segmenter
from tumourflow.training.batches import shrink_batch
from tumourflow.training.loop import CURVES

LAYOUT = InputLayout(channels=2, lead_channel=0, context=1)


def train(cohort, *, seed: int = 1, listener=lambda _: None, **options) -> Trained:
    images, masks, index = cohort
    tiny = TrainingOptions(**{"width": 4, "depth": 2, "batch": 4, "steps": 6, "validations": 2, **options})
    return train_segmenter(images, masks, index, LAYOUT, augmentation=AugmentationOptions(), options=tiny, seed=seed, listener=listener)


def bytes_of(trained: Trained) -> bytes:
    return b"".join(weight.tobytes() for weight in trained.model.get_weights())


def test_the_same_seed_gives_the_same_bytes(cohort) -> None:
    first = train(cohort)
    np.random.default_rng().random()
    assert bytes_of(train(cohort)) == bytes_of(first)
    assert bytes_of(train(cohort, seed=2)) != bytes_of(first)


def test_it_learns_and_reports(cohort) -> None:
    events: list[dict[str, float]] = []
    trained = train(cohort, steps=60, validations=3, learning_rate=0.01, listener=events.append)
    curves = trained.curves
    assert list(curves.columns) == CURVES
    assert curves["progress"].tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert curves["step"].tolist() == [20, 40, 60]
    assert curves["loss"].is_monotonic_decreasing
    assert curves["learning_rate"].iloc[-1] < 1e-4
    assert curves["validation_dice"].max() > 0.5
    validations = [event for event in events if "validation_dice" in event]
    assert [event["validation_dice"] for event in validations] == curves["validation_dice"].tolist()
    assert all(event["minutes_left"] >= 0 for event in events)


def test_the_network_is_stored_in_float32_and_its_layers_listed(cohort) -> None:
    trained = train(cohort, steps=1)
    assert trained.model.input_shape == (None, 32, 32, 4)
    assert {layer.compute_dtype for layer in trained.model.layers} == {"float32"}
    assert all(type(layer).__module__.startswith("keras.") for layer in trained.model.layers)
    assert "bottom_1_conv" in trained.summary
    assert keras.config.dtype_policy().name == "float32"


def test_patience_ends_the_training(cohort) -> None:
    curves = train(cohort, steps=20, validations=20, patience=2, learning_rate=1e-9).curves
    assert len(curves) < 20
    assert curves["validation_dice"].iloc[:-2].max() >= curves["validation_dice"].max()


def test_a_time_budget_is_kept_and_the_rate_ends_near_zero(cohort) -> None:
    curves = train(cohort, steps=None, time_budget_minutes=0.05, validations=4, coarse=0).curves
    assert curves["progress"].iloc[-1] == 1
    assert curves["minutes"].iloc[-1] < 0.1
    assert curves["learning_rate"].iloc[-1] < 2e-3 / 10


def test_a_loss_that_is_no_number_is_answered_with_what_to_do(cohort) -> None:
    images, masks, index = cohort
    broken = np.full_like(images, np.nan), masks, index
    with pytest.raises(UserError, match=r"The loss is nan at step 1, .*: lower `training.learning_rate` \(now 0.002\)"):
        train(broken)


@pytest.mark.parametrize(
    ("splits", "message"),
    [({"a": "train", "b": "test"}, "0 validation patients"), ({"a": "validation"}, "0 training slices")],
)
def test_a_side_that_is_missing_is_named_before_training(make_cohort, splits: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        train(make_cohort(splits))


def test_the_record_tells_what_made_the_network_and_what_came_out(cohort) -> None:
    trained = train(cohort, seed=4, width=3, steps=4, validations=4)
    record = json.loads(json.dumps(trained.record, allow_nan=False))
    assert record["options"] == TrainingOptions(width=3, depth=2, batch=4, steps=4, validations=4).describe()
    assert record["seed"] == 4
    assert record["backend"] == keras.backend.backend()
    assert record["parameters"] == sum(weight.size for weight in trained.model.get_weights())
    assert record["steps"] == 4
    best = trained.curves.loc[trained.curves["validation_dice"].idxmax()]
    assert (record["best_step"], record["validation_dice"]) == (best["step"], best["validation_dice"])


def test_the_validation_loss_is_the_one_that_is_trained(cohort) -> None:
    """Soft Dice never exceeds 1; with the cross-entropy of an untrained network it would."""
    assert train(cohort, steps=1, learning_rate=1e-12, loss="soft_dice").curves["validation_loss"].item() < 1
    assert train(cohort, steps=1, learning_rate=1e-12).curves["validation_loss"].item() > 1


def test_slices_without_a_mask_change_nothing_but_their_neighbours(cohort) -> None:
    """Patients e and f lack masks; with a wrong one in its place the network comes out the same."""
    images, masks, index = cohort
    index = index.assign(labelled=~index["patient"].isin(["e", "f"]))
    wrong = masks.copy()
    wrong[~index["labelled"]] = 1 - wrong[~index["labelled"]]
    first, second = train((images, masks, index)), train((images, wrong, index))
    assert bytes_of(first) == bytes_of(second)
    assert first.curves["validation_dice"].tolist() == second.curves["validation_dice"].tolist()


def test_it_says_what_it_trains_on(cohort, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="tumourflow"):
        trained = train(cohort, steps=1)
    (line,) = caplog.messages
    assert line.startswith(f"Training `unet` of {trained.record['parameters']:,} parameters in ")
    assert trained.record["precision"].removeprefix("mixed_") in line
    assert ("no GPU" in line) != fit.has_gpu()


@pytest.mark.parametrize(("gpu", "cores", "threads"), [(False, 16, 1), (True, 16, 15), (True, 1, 1)])
def test_batches_are_made_by_spare_cores_only(monkeypatch, gpu: bool, cores: int, threads: int) -> None:
    monkeypatch.setattr(fit, "has_gpu", lambda: gpu)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert fit.loader_threads() == threads


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


def test_an_encoder_that_came_with_weights_stays_at_first_and_learns_later(cohort, tmp_path) -> None:
    before = train(cohort, steps=2).model
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
