import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tumourflow.options import TrainingOptions
from tumourflow.training.losses import LOSSES, cross_entropy, dice_cross_entropy, soft_dice

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


def test_bfloat16_logits_are_summed_in_float32() -> None:
    import tensorflow as tf

    logits = tf.zeros((1, 100, 100, 1), tf.bfloat16)
    loss = soft_dice(np.ones((1, 100, 100, 1), np.uint8), logits)
    assert loss.dtype == tf.float32
    assert float(loss) == pytest.approx(1 - (10_000 + 1) / (15_000 + 1), abs=1e-6)


@given(hnp.arrays(np.float32, (1, 3, 3, 1), elements=st.floats(-100, 100, width=32)), st.integers(0, 511))
def test_losses_are_finite_and_bounded(logits: np.ndarray, bits: int) -> None:
    truth = np.array([bits >> place & 1 for place in range(9)], np.uint8).reshape(1, 3, 3, 1)
    assert 0 <= float(soft_dice(truth, logits)) <= 1
    assert 0 <= float(cross_entropy(truth, logits)) < math.inf
