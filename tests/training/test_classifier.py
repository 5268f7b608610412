import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from tumourflow.datasets.checkpoint import Checkpoint
from tumourflow.errors import UserError
from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import average_networks, build_classifier
from tumourflow.options import AugmentationOptions, ClassificationOptions, TrainingOptions
from tumourflow.training import Trained, train_classifier
from tumourflow.training.class_validation import CLASS_MEASURES, make_class_validator, score_logits
from tumourflow.training.classes import ClassSampler, make_class_batches, make_class_sampler
from tumourflow.training.curves import curve_columns

LAYOUT = InputLayout(channels=2, lead_channel=0, context=1)
SAMPLING = ClassificationOptions()
STILL = AugmentationOptions(**{name: 0 for name in AugmentationOptions.model_fields if name != "hole_size"})


class Interruption(Exception):
    """Stands for whatever ends a training."""


@pytest.fixture(scope="module")
def classed(cohort) -> tuple[np.ndarray, pd.DataFrame]:
    """Slices with and without a bright disc; the first slice of patient c has no class."""
    images, _, index = cohort
    classes = index["tumour"].astype(int).where(index["case_id"] != "c/0", -1)
    return images, index.assign(**{"class": classes})


def train(classed, *, until: int = 1000, seed: int = 1, checkpoint=None, classification=SAMPLING, augmentation=None, **options) -> Trained:
    def listener(event: dict[str, float]) -> None:
        if event["step"] >= until and "validation_auroc" not in event:
            raise Interruption

    tiny = TrainingOptions(**{"width": 2, "batch": 4, "steps": 6, "validations": 3, "coarse": 0, **options})
    given = {"augmentation": augmentation or AugmentationOptions(), "classification": classification, "options": tiny}
    return train_classifier(*classed, LAYOUT, 2, **given, seed=seed, listener=listener, checkpoint=checkpoint)


def bytes_of(trained: Trained) -> bytes:
    return b"".join(weight.tobytes() for weight in trained.model.get_weights())


@pytest.fixture(scope="module")
def first(classed) -> Trained:
    return train(classed, coarse=0.34)


def test_an_interrupted_training_ends_with_the_same_bytes_as_another_of_its_seed(classed, first, tmp_path, monkeypatch) -> None:
    """Dropout too goes on where it was."""
    monkeypatch.setattr("tumourflow.training.loop.REPORT_SECONDS", 0.0)
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", {})
    with pytest.raises(Interruption):
        train(classed, until=5, checkpoint=checkpoint, coarse=0.34)
    resumed = train(classed, checkpoint=checkpoint, resume=True, coarse=0.34)
    assert bytes_of(resumed) == bytes_of(first)
    assert resumed.record == first.record
    moved = classed[1].assign(**{"class": 1})
    with pytest.raises(UserError, match="the cohort or its split has changed"):
        train((classed[0], moved), checkpoint=checkpoint, resume=True, coarse=0.34)


def test_it_learns_and_leaves_its_curves_and_its_record(classed) -> None:
    # Without augmentation, so that eight slices suffice whatever initial weights a backend draws.
    trained = train(classed, augmentation=STILL, width=4, steps=60, learning_rate=0.01)
    assert list(trained.curves.columns) == [*curve_columns(CLASS_MEASURES), "kept"]
    assert trained.curves["validation_auroc"].max() > 0.75
    assert trained.curves["loss"].iloc[-1] < trained.curves["loss"].iloc[0]
    record = json.loads(json.dumps(trained.record, allow_nan=False))
    best = trained.curves.loc[trained.curves["step"] == record["best_step"]].iloc[0]
    assert record["validation_auroc"] == best["validation_auroc"]
    assert record["options"]["classification"] == SAMPLING.model_dump()
    assert trained.model.output_shape == (None, 2)
    assert trained.model.input_shape == (None, 32, 32, 4)


def test_networks_of_several_seeds_say_the_mean_of_their_probabilities() -> None:
    members = [build_classifier("cnn", (32, 32, 4), classes=3, width=1, seed=seed) for seed in (0, 1)]
    images = 9 * np.random.default_rng(0).normal(size=(2, 32, 32, 4)).astype(np.float32)
    chances = [softmax(model.predict_on_batch(images), axis=1) for model in members]
    mean = softmax(average_networks(members).predict_on_batch(images), axis=1)
    np.testing.assert_allclose(mean, np.mean(chances, axis=0), rtol=1e-4)


def index_of(classes: list[int]) -> pd.DataFrame:
    rows = {"patient": [str(row) for row in range(len(classes))], "split": "train", "class": classes}
    return pd.DataFrame(rows)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 9))
def test_every_class_gives_as_many_images_and_none_twice_before_all_came_once(sizes: list[int], batch: int) -> None:
    ends = np.cumsum([0, *sizes])
    sampler = ClassSampler(tuple(np.arange(first, last) for first, last in pairwise(ends)), batch, seed=0)
    rows = np.concatenate([sampler.rows(number) for number in range(12)])
    assert len(rows) == 12 * batch
    for first, last in pairwise(ends):
        dealt = Counter(rows[(rows >= first) & (rows < last)].tolist())
        assert abs(sum(dealt.values()) - 12 * batch / len(sizes)) < 1
        assert max(dealt.values(), default=0) - min((dealt[row] for row in range(first, last)), default=0) <= 1


def test_images_without_a_class_and_those_that_judge_are_not_dealt() -> None:
    index = index_of([0, 1, -1, 1, 0]).assign(split=["train"] * 4 + ["validation"])
    assert [deck.tolist() for deck in make_class_sampler(index, SAMPLING, 2, 0).decks] == [[0], [1, 3]]
    assert [deck.tolist() for deck in make_class_sampler(index, ClassificationOptions(balance="none"), 2, 0).decks] == [[0, 1, 3]]


@pytest.mark.parametrize(("balance", "weights"), [("weights", {0: 2 / 3, 1: 2.0}), ("none", {0: 1.0, 1: 1.0})])
def test_a_batch_says_how_sure_to_be_of_each_image_and_what_it_weighs(balance: str, weights: dict[int, float]) -> None:
    """Three images of class 0 and one of class 1; a fifth of the certainty goes to both alike."""
    index, images = index_of([0, 0, 0, 1]), np.arange(4, dtype=np.float32)[:, None, None, None] * np.ones((4, 4, 4, 1), np.float32)
    options = ClassificationOptions(balance=balance, label_smoothing=0.2)
    sampler = make_class_sampler(index, options, batch=4, seed=0)
    layout = InputLayout(channels=1, lead_channel=0, context=0)
    batch = make_class_batches(images, index, layout, 2, augmentation=STILL, options=options, sampler=sampler)(0)
    for image, wanted in zip(batch.images, batch.classes, strict=True):
        of_class = int(round(float(image.mean())) == 3)
        sure, rest = 0.9 * weights[of_class], 0.1 * weights[of_class]
        assert wanted.tolist() == pytest.approx([rest, sure] if of_class else [sure, rest])


def test_the_score_of_logits_by_hand() -> None:
    """Four images of two classes: three of four pairs in order, one of two and two of two right; a third class has no image."""
    logits = np.array([[2.0, 0.0, -9.0], [0.0, 1.0, -9.0], [0.0, 0.5, -9.0], [0.0, 3.0, -9.0]])
    score = score_logits(logits, np.array([0, 0, 1, 1]))
    assert score[:2] == pytest.approx((0.75, (0.5 + 1) / 2))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert score.loss == pytest.approx(-np.log([chances[0, 0], chances[1, 0], chances[2, 1], chances[3, 1]]).mean())
    assert np.isnan(score_logits(logits[:2], np.array([0, 0])).auroc)


def test_classes_of_different_size_count_alike_and_areas_go_by_probability() -> None:
    """Class 0: two of three right. Class 1: none of one, whose probability is the middle one; the logits are in another order."""
    logits = np.array([[9.0, 5.0], [1.0, 0.5], [2.0, 4.0], [7.0, 6.0]])
    score = score_logits(logits, np.array([0, 0, 0, 1]))
    assert score[:2] == pytest.approx((1 / 3, (2 / 3 + 0) / 2))


def test_images_of_one_probability_are_half_in_order() -> None:
    assert score_logits(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0, 1])).auroc == 0.5


def test_validation_images_that_have_a_class_judge() -> None:
    index = index_of([0, 1, -1, 1, 0]).assign(split=["train", "validation", "validation", "test", "validation"])
    validator = make_class_validator(np.zeros((5, 4, 4, 2), np.float32), index, LAYOUT, batch=2)
    assert (validator.held_out.rows.tolist(), validator.classes.tolist()) == ([1, 4], [1, 0])


def test_where_everybody_trains_nobody_validates(classed) -> None:
    images, index = classed
    assert np.isnan(make_class_validator(images, index.assign(split="train"), LAYOUT, batch=2).score(None)).all()
