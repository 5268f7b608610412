import math
from itertools import product

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tumourflow.options import TrainingOptions
from tumourflow.training.losses import LOSSES, cross_entropy, dice_cross_entropy, focal, focal_tversky, soft_dice, tversky

SURE = 40.0


def pixels(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(1, 1, -1, 1)


def test_every_loss_an_option_names_is_there() -> None:
    assert set(TrainingOptions.model_fields["loss"].annotation.__args__) == set(LOSSES)


def test_soft_dice_by_hand() -> None:
    """p = (1, .5, 0, 0), y = (1, 0, 1, 0): overlap 1, total 1.5 + 2; 1 - (2 + 1) / (3.5 + 1) = 1/3."""
    loss = soft_dice(pixels(1, 0, 1, 0), pixels(SURE, 0, -SURE, -SURE))
    assert float(loss) == pytest.approx(1 / 3)


def test_cross_entropy_by_hand() -> None:
    """A fair guess costs log 2, a sure and right one nothing, a sure and wrong one its logit."""
    loss = cross_entropy(pixels(1, 1, 0, 1), pixels(0, SURE, -SURE, -SURE))
    assert float(loss) == pytest.approx((math.log(2) + SURE) / 4)


def test_empty_masks_predicted_empty_cost_nothing() -> None:
    assert float(soft_dice(pixels(0, 0), pixels(-SURE, -SURE))) == pytest.approx(0)
    assert float(dice_cross_entropy(pixels(0, 0), pixels(-SURE, -SURE))) == pytest.approx(0)


def test_empty_masks_with_false_alarms_cost_by_their_number() -> None:
    """1 - s / (sum(p) + s) with s = 1: one false pixel costs 1/2, three cost 3/4."""
    losses = [float(soft_dice(pixels(0, 0, 0), logits)) for logits in (pixels(SURE, -SURE, -SURE), pixels(SURE, SURE, SURE))]
    assert losses == pytest.approx([1 / 2, 3 / 4])


def test_the_dice_is_that_of_the_whole_batch() -> None:
    """An empty slice beside a perfect one changes nothing; a mean over slices would weigh its false pixel as much as a tumour."""
    truth, logits = np.zeros((2, 1, 4, 1), np.float32), np.full((2, 1, 4, 1), -SURE, np.float32)
    truth[0], logits[0], logits[1, 0, 0] = 1, SURE, SURE
    assert float(soft_dice(truth, logits)) == pytest.approx(1 - (2 * 4 + 1) / (4 + 5 + 1))


def test_the_sum_is_the_sum() -> None:
    truth, logits = pixels(1, 0, 1), pixels(0.3, -2, 1)
    assert float(dice_cross_entropy(truth, logits)) == pytest.approx(float(soft_dice(truth, logits)) + float(cross_entropy(truth, logits)))


def test_tversky_by_hand() -> None:
    """p = (1, .5, 0, 0), y = (1, 0, 1, 0): tp 1, fp .5, fn 1; 1 - 1.5 / (1 + .15 + .7 + .5) = 17/47."""
    loss = tversky(pixels(1, 0, 1, 0), pixels(SURE, 0, -SURE, -SURE))
    assert float(loss) == pytest.approx(17 / 47)


def test_a_missed_pixel_costs_more_than_a_false_one() -> None:
    """With one pixel found: 1 - 1.5 / (1.5 + .7) = 7/22 for one missed, 1 - 1.5 / (1.5 + .3) = 1/6 for one false."""
    missed = tversky(pixels(1, 1), pixels(SURE, -SURE))
    false = tversky(pixels(1, 0), pixels(SURE, SURE))
    assert (float(missed), float(false)) == pytest.approx((7 / 22, 1 / 6))


def test_focal_tversky_is_the_tversky_loss_to_the_power_of_three_quarters() -> None:
    loss = focal_tversky(pixels(1, 0, 1, 0), pixels(SURE, 0, -SURE, -SURE))
    assert float(loss) == pytest.approx((17 / 47) ** 0.75)


def test_focal_by_hand() -> None:
    """Guesses of one half: .25 x 1/4 x log 2 in the tumour, .75 x 1/4 x log 2 beside it; sure and wrong costs weight x logit."""
    assert float(focal(pixels(1, 0), pixels(0, 0))) == pytest.approx((1 / 16 + 3 / 16) * math.log(2) / 2)
    assert float(focal(pixels(1, 0), pixels(-SURE, SURE))) == pytest.approx((SURE / 4 + 3 * SURE / 4) / 2)


def test_focal_of_a_probability_of_nine_tenths() -> None:
    """The paper's example: with gamma 2 what is right with .9 costs a hundredth of its cross-entropy."""
    logits = pixels(math.log(9))
    assert float(focal(pixels(1), logits)) == pytest.approx(0.25 * 0.01 * float(cross_entropy(pixels(1), logits)), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_empty_masks_predicted_empty_cost_next_to_nothing_under_every_loss(name: str) -> None:
    assert float(LOSSES[name](pixels(0, 0, 0), pixels(-SURE, -SURE, -SURE))) == pytest.approx(0, abs=1e-5)


def test_false_alarms_on_empty_masks_cost_by_their_number_under_tversky() -> None:
    """1 - .5 / (.3 n + .5): 3/8 for one false pixel, 9/14 for three."""
    losses = [float(tversky(pixels(0, 0, 0), logits)) for logits in (pixels(SURE, -SURE, -SURE), pixels(SURE, SURE, SURE))]
    assert losses == pytest.approx([3 / 8, 9 / 14])


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("truth", [(0, 0), (1, 0), (1, 1)])
def test_gradients_are_finite_at_extreme_logits(name: str, truth: tuple[int, ...]) -> None:
    for size, *signs in product((40.0, 1e4), (-1, 1), (-1, 1)):
        assert np.isfinite(gradient(LOSSES[name], pixels(*truth), size * pixels(*signs))).all()


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_raises_tumour_and_lowers_the_rest(name: str) -> None:
    found = gradient(LOSSES[name], pixels(1, 0), pixels(0.5, -0.5)).ravel()
    assert found[0] < 0 < found[1]


def gradient(loss, truth: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Gradient of the loss by the backend in use."""
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(lambda z: loss(truth, z))(logits))
    import tensorflow as tf

    with tf.GradientTape() as tape:
        variable = tf.Variable(logits)
        value = loss(truth, variable)
    return tape.gradient(value, variable).numpy()


def test_bfloat16_logits_are_summed_in_float32() -> None:
    import tensorflow as tf

    logits = tf.zeros((1, 100, 100, 1), tf.bfloat16)
    loss = soft_dice(np.ones((1, 100, 100, 1), np.uint8), logits)
    assert loss.dtype == tf.float32
    assert float(loss) == pytest.approx(1 - (10_000 + 1) / (15_000 + 1), abs=1e-6)


@given(hnp.arrays(np.float32, (1, 3, 3, 1), elements=st.floats(-100, 100, width=32)), st.integers(0, 511))
@settings(deadline=None)
def test_losses_are_finite_and_bounded(logits: np.ndarray, bits: int) -> None:
    truth = np.array([bits >> place & 1 for place in range(9)], np.uint8).reshape(1, 3, 3, 1)
    assert 0 <= float(soft_dice(truth, logits)) <= 1
    assert 0 <= float(cross_entropy(truth, logits)) < math.inf
    for loss in (tversky, focal_tversky):
        assert -1e-6 <= float(loss(truth, logits)) <= 1
    assert 0 <= float(focal(truth, logits)) <= float(cross_entropy(truth, logits))
