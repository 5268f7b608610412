import pytest

from tumourflow.options.planning.costs import Machine, Step, count_weights, estimate_memory, fits

DEFAULT = Step(size=128, width=16, depth=4, batch=16)
TWO_CORES = Machine(memory=24 * 2**30, gpu=False, bfloat16=True)


def test_weights_are_those_of_the_convolutions() -> None:
    # Depth 1: 9 (w w) + 9 (w 2w + 2w 2w) + 4 (2w w) + 9 (2w w + w w) = 98 w^2, the convolution from the image apart.
    assert count_weights(Step(size=16, width=2, depth=1, batch=1)) == 4 * (9 + 54 + 8 + 27)


def test_memory_is_what_was_measured_and_grows_with_the_batch() -> None:
    assert estimate_memory(DEFAULT, TWO_CORES) / 2**20 == pytest.approx(918, rel=0.2)
    added = estimate_memory(DEFAULT._replace(batch=32), TWO_CORES) - estimate_memory(DEFAULT, TWO_CORES)
    assert added == 2 * (2 * 15 * 16 * 128**2 * 16) * 2


def test_half_of_the_memory_is_left_to_others() -> None:
    needed = round(estimate_memory(DEFAULT, TWO_CORES))
    assert fits(DEFAULT, Machine(2 * needed + 2, gpu=False, bfloat16=True))
    assert not fits(DEFAULT, Machine(2 * needed - 2, gpu=False, bfloat16=True))
