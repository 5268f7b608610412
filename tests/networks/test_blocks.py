import keras
import numpy as np

from tumourflow.networks.blocks import conv_block, seeded, up_block


def test_a_block_keeps_the_sides_and_cuts_below_zero() -> None:
    inputs = keras.Input((6, 5, 2))
    model = keras.Model(inputs, conv_block(inputs, 3, "block", seed=0))
    outputs = model.predict_on_batch(np.random.default_rng(0).normal(size=(1, 6, 5, 2)).astype(np.float32))
    assert outputs.shape == (1, 6, 5, 3)
    assert outputs.min() == 0 < outputs.max()


def test_an_up_block_doubles_the_sides_and_uses_the_skip() -> None:
    below, skip = keras.Input((4, 4, 8)), keras.Input((8, 8, 4))
    model = keras.Model([below, skip], up_block(below, skip, 4, "up", seed=0))
    zeros, ones = np.zeros((1, 4, 4, 8), np.float32), np.ones((1, 8, 8, 4), np.float32)
    assert model.output.shape == (None, 8, 8, 4)
    assert not np.array_equal(model.predict_on_batch([zeros, ones]), model.predict_on_batch([zeros, 0 * ones]))


def test_initial_kernels_have_the_variance_that_he_found() -> None:
    """Variance 2 / fan in, so that a ReLU network keeps its signal: 2 / (9 * 32) here."""
    kernel = np.asarray(seeded("any", 0)((3, 3, 32, 64)))
    np.testing.assert_allclose(kernel.var(), 2 / (9 * 32), rtol=0.05)
