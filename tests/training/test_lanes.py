import keras
import numpy as np
import pandas as pd
import pytest

from tumourflow.networks import build_unet, split_lanes
from tumourflow.networks.blocks import MOMENTUM
from tumourflow.training.batches import make_sampler
from tumourflow.training.losses import LOSSES
from tumourflow.training.optimiser import PartedAdamW

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="lanes are TensorFlow's")
if keras.backend.backend() == "tensorflow":
    from tumourflow.training.lanes import LaneLearner


def compiled(optimizer: keras.optimizers.Optimizer | None = None) -> keras.Model:
    model = build_unet((None, None, 1), width=2, depth=1)
    model.compile(optimizer or PartedAdamW(0.01, 0.01), loss=LOSSES["dice_cross_entropy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.fixture
def batch() -> tuple[np.ndarray, np.ndarray]:
    images = np.random.default_rng(0).normal(size=(16, 16, 16, 1)).astype(np.float32)
    return images, (images > 1).astype(np.uint8)


def ask(monkeypatch, lanes: int) -> None:
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    monkeypatch.setenv("TF_NUM_INTEROP_THREADS", str(lanes))
    monkeypatch.setattr("tumourflow.networks.lanes.has_gpu", lambda: False)


def test_the_step_of_one_lane_is_that_of_keras_bit_for_bit(batch, monkeypatch) -> None:
    ask(monkeypatch, 1)
    keras_model, learner = compiled(), LaneLearner(compiled())
    for _ in range(3):
        keras_model.reset_metrics()
        assert learner.train_on_batch(*batch) == float(keras_model.train_on_batch(*batch))
    for found, expected in zip(learner.model.get_weights(), keras_model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_each_lane_gets_its_share_of_the_tumour_slices(monkeypatch) -> None:
    """A batch begins with its tumour slices: a lane of them alone would be normalised by them alone, and learn to tell them by that."""
    ask(monkeypatch, 2)
    index = pd.DataFrame({"split": "train", "tumour": [True] * 20 + [False] * 20})
    rows = make_sampler(index, batch=16, tumour_share=0.5, seed=0).rows(0)
    assert [int((part < 20).sum()) for part in split_lanes(rows)] == [4, 4]


def test_two_lanes_with_the_same_images_take_the_step_of_one_with_them(batch, monkeypatch) -> None:
    """Halves that are alike have the averages of the whole, and each gives half of the gradient, which plain descent shows."""
    twice = tuple(np.repeat(part[:8], 2, axis=0) for part in batch)
    losses, weights = [], []
    for lanes in (1, 2):
        ask(monkeypatch, lanes)
        learner = LaneLearner(compiled(keras.optimizers.SGD(0.1)))
        losses.append([learner.train_on_batch(*twice) for _ in range(3)])
        weights.append(learner.model.get_weights())
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
    for found, expected in zip(weights[1], weights[0], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_each_lane_normalises_by_its_own_images_and_the_kept_averages_move_as_far_as_by_all(batch, monkeypatch) -> None:
    """Every other image is brighter: the loss shows that it does not know of the other."""
    images, masks = batch[0].copy(), batch[1]
    images[1::2] += 5
    losses, kept = [], []
    for lanes in (1, 2):
        ask(monkeypatch, lanes)
        learner = LaneLearner(compiled())
        losses.append(learner.train_on_batch(images, masks))
        norm = learner.model.get_layer("down_0_1_norm")
        kept.append(norm.get_weights()[2])
        assert norm.momentum == MOMENTUM
    assert losses[1] != pytest.approx(losses[0], rel=1e-4)
    assert np.abs(kept[0]).max() > 0.05
    np.testing.assert_allclose(kept[1], kept[0], rtol=0.05, atol=1e-3)


def test_the_same_steps_in_lanes_give_the_same_bytes(batch, monkeypatch) -> None:
    ask(monkeypatch, 2)
    ends = []
    for _ in range(2):
        learner = LaneLearner(compiled())
        for _ in range(5):
            learner.train_on_batch(*batch)
        ends.append(learner.model.get_weights())
    for found, expected in zip(*ends, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_logits_come_in_the_order_of_the_images(batch, monkeypatch) -> None:
    ask(monkeypatch, 2)
    learner = LaneLearner(compiled())
    expected = keras.ops.convert_to_numpy(learner.model(batch[0], training=False))
    np.testing.assert_allclose(learner.predict_on_batch(batch[0]), expected, rtol=1e-5, atol=1e-6)
