from typing import Any, NamedTuple

import keras
import numpy as np
import pytest

from tumourflow.networks import build_unet
from tumourflow.training.batches import Batch, shrink_batch
from tumourflow.training.loader import Loader
from tumourflow.training.losses import LOSSES
from tumourflow.training.optimiser import PartedAdamW
from tumourflow.training.queued import QueuedLearner, send_ahead


def compiled() -> keras.Model:
    model = build_unet((None, None, 1), width=2, depth=1)
    held_back = model.get_layer("bottom_1_conv").trainable_variables
    jit = keras.backend.backend() != "tensorflow"
    model.compile(PartedAdamW(0.01, 0.01, held_back), loss=LOSSES["dice_cross_entropy"], jit_compile=jit)
    return model


def values_of(variables: list[Any]) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def test_steps_that_nobody_waits_for_are_those_of_keras_bit_for_bit() -> None:
    """With a learning rate and a share for what is held back that change between the steps."""
    rng = np.random.default_rng(0)
    images = rng.normal(size=(4, 2, 16, 16, 1)).astype(np.float32)
    masks = (images > 1).astype(np.uint8)
    told = []
    for learner_of in (lambda model: model, QueuedLearner):
        model = compiled()
        learner, losses = learner_of(model), []
        for step in range(4):
            model.optimizer.learning_rate = 0.01 / (step + 1)
            model.optimizer.held_rate.assign(step / 4)
            losses.append(learner.train_on_batch(images[step], masks[step]))
        told.append([np.float32(losses), *values_of([*model.variables, *model.optimizer.variables]), learner.predict_on_batch(images[0])])
    assert len(set(told[0][0].tolist())) == 4
    for expected, found in zip(*told, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX compiles for each size by itself")
def test_a_step_is_prepared_once_for_each_size_of_images() -> None:
    model, steps = compiled(), []
    learner = QueuedLearner(model)
    for side in (8, 8, 16, 16):
        images = np.ones((2, side, side, 1), np.float32)
        learner.train_on_batch(images, images.astype(np.uint8))
        steps.append(model.train_function)
    assert steps == [steps[0], steps[0], steps[2], steps[2]]
    assert steps[0] is not steps[2]


class Pair(NamedTuple):
    number: np.ndarray
    double: np.ndarray


def test_batches_come_as_tensors_in_their_order() -> None:
    make = lambda number: Pair(np.full(2, number, np.float32), np.full(2, 2 * number, np.uint8))  # noqa: E731
    with Loader(make, threads=2) as batches, send_ahead(batches) as ready:
        sent = [next(ready) for _ in range(5)]
    assert all(keras.ops.is_tensor(part) for pair in sent for part in pair)
    assert [(type(pair), float(pair.number[0]), int(pair.double[1])) for pair in sent] == [(Pair, n, 2 * n) for n in range(5)]
    assert keras.backend.standardize_dtype(sent[0].double.dtype) == "uint8"


def test_an_error_in_a_batch_reaches_who_waits_for_it_on_the_device() -> None:
    def make(number: int) -> Pair:
        msg = f"batch {number} is broken"
        raise OSError(msg)

    with Loader(make) as batches, send_ahead(batches) as ready, pytest.raises(OSError, match="batch 0 is broken"):
        next(ready)


def test_a_batch_on_the_device_shrinks_as_one_in_memory() -> None:
    rng = np.random.default_rng(0)
    batch = Batch(rng.normal(size=(2, 4, 6, 3)).astype(np.float32), rng.integers(0, 2, size=(2, 4, 6, 1)).astype(np.uint8))
    small = shrink_batch(Batch(*(keras.ops.convert_to_tensor(part) for part in batch)))
    assert all(keras.ops.is_tensor(part) for part in small)
    for found, expected in zip(small, shrink_batch(batch), strict=True):
        assert keras.backend.standardize_dtype(found.dtype) == expected.dtype.name
        np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, rtol=1e-6, atol=1e-7)
