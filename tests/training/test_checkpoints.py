import math

import keras
import numpy as np
import pytest

from tumourflow.training.checkpoints import BestWeights


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])


def offer(best: BestWeights, model: keras.Model, weight: float, score: float) -> bool:
    model.set_weights([np.array([[weight]], np.float32)])
    return best.offer(model, score)


def test_the_weights_of_the_highest_score_come_back(model: keras.Model) -> None:
    best = BestWeights(patience=10)
    kept = [offer(best, model, weight, score) for weight, score in ((1, 0.2), (2, 0.9), (3, 0.9), (4, 0.5))]
    best.restore(model)
    assert kept == [True, True, True, False]
    assert best.score == 0.9
    np.testing.assert_array_equal(model.get_weights()[0], [[3]])


def test_one_lucky_score_does_not_win(model: keras.Model) -> None:
    """Smoothed: .5, .7, .65, .7125."""
    best = BestWeights(patience=10)
    assert [offer(best, model, weight, score) for weight, score in ((1, 0.5), (2, 0.9), (3, 0.6), (4, 0.775))] == [True, True, False, True]
    assert best.score == 0.775
    assert best.best == pytest.approx(0.7125)


def test_a_score_like_the_best_is_no_better_one(model: keras.Model) -> None:
    """Else a network that learns nothing more would never exhaust the patience."""
    best = BestWeights(patience=2)
    assert [offer(best, model, weight, 0.5) for weight in (1, 2, 3)] == [True, False, False]
    assert best.exhausted


def test_patience_counts_scores_without_improvement(model: keras.Model) -> None:
    best = BestWeights(patience=2)
    exhausted = []
    for score in (0.5, 0.4, 0.7, 0.5, 0.1):
        offer(best, model, 1, score)
        exhausted.append(best.exhausted)
    assert exhausted == [False, False, False, False, True]


def test_a_score_that_is_no_number_is_never_better(model: keras.Model) -> None:
    best = BestWeights(patience=1)
    assert not offer(best, model, 1, math.nan)
    assert not best.exhausted
    best.restore(model)
    np.testing.assert_array_equal(model.get_weights()[0], [[1]])


def test_a_dice_of_zero_neither_ends_a_training_nor_is_it_a_best_one(model: keras.Model) -> None:
    best = BestWeights(patience=2)
    for value in range(5):
        model.set_weights([np.full_like(weight, value) for weight in model.get_weights()])
        assert best.offer(model, 0.0)
    assert not best.exhausted
    model.set_weights([np.full_like(weight, 9) for weight in model.get_weights()])
    best.restore(model)
    assert all((weight == 4).all() for weight in model.get_weights())
