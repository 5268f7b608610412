import numpy as np
import pytest

from tumourflow.measures.losses import LOSSES_OF_SUMS, cross_entropy, dice_ratio, soft_dice_loss, tversky_ratio


def test_both_empty_costs_nothing() -> None:
    nothing = np.zeros((4, 4))
    assert soft_dice_loss(nothing, nothing) == 0
    assert cross_entropy(nothing, nothing) < 1e-6


def test_a_false_alarm_of_three_pixels_costs_three_quarters() -> None:
    # 1 - (0 + 1) / (3 + 0 + 1)
    assert soft_dice_loss(np.array([[1, 1, 1, 0.0]]), np.zeros((1, 4))) == 0.75


def test_certainty_in_the_wrong_stays_finite() -> None:
    wrong = cross_entropy(np.array([[0.0, 1.0]], np.float16), np.array([[1, 0]]))
    # log 2^24 and log 2^12, halved
    assert wrong == pytest.approx(18 * np.log(2))


def test_cross_entropy_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import log_loss

    rng = np.random.default_rng(0)
    probability, mask = rng.uniform(0.01, 0.99, (9, 9)), rng.integers(0, 2, (9, 9))
    assert cross_entropy(probability, mask) == pytest.approx(log_loss(mask.ravel(), probability.ravel()), abs=1e-12)


def test_equal_errors_of_both_kinds_have_the_same_dice_and_tversky_index() -> None:
    # Where as much is missed as is false, .3 and .7 weigh as much as two halves.
    assert tversky_ratio(overlap=5, predicted=8, true=8) == pytest.approx(dice_ratio(overlap=5, total=16))


def test_every_loss_of_the_training_has_its_formula_of_sums() -> None:
    from tumourflow.training.losses import LOSSES

    assert set(LOSSES_OF_SUMS) == set(LOSSES)


def test_losses_are_those_of_the_training() -> None:
    from tumourflow.training import losses

    rng = np.random.default_rng(1)
    logits, mask = rng.normal(size=(1, 8, 8, 1)), rng.integers(0, 2, (1, 8, 8, 1))
    probability = 1 / (1 + np.exp(-logits[0, ..., 0]))
    assert soft_dice_loss(probability, mask[0, ..., 0]) == pytest.approx(float(losses.soft_dice(mask, logits)), abs=1e-6)
    assert cross_entropy(probability, mask[0, ..., 0]) == pytest.approx(float(losses.cross_entropy(mask, logits)), abs=1e-6)
