import pytest

from tumourflow.options.planning.costs import Machine, Step, count_operations, count_weights, estimate_memory, estimate_speed, fits

DEFAULT = Step(size=128, width=16, depth=4, batch=16)
TWO_CORES = Machine(cores=2, memory=24 * 2**30, gpu=False, bfloat16=True)


def test_the_default_network_is_as_fast_as_it_was_measured() -> None:
    assert estimate_speed(DEFAULT, TWO_CORES) == pytest.approx(66, rel=0.05)
    assert estimate_speed(DEFAULT, Machine(2, 2**35, gpu=False, bfloat16=False)) == pytest.approx(28, rel=0.05)


def test_twice_the_side_or_width_costs_four_times_as_much() -> None:
    for larger in (DEFAULT._replace(size=256), DEFAULT._replace(width=32)):
        assert count_operations(larger) == 4 * count_operations(DEFAULT)


def test_cores_beyond_eight_are_not_counted_on() -> None:
    eight, many = (estimate_speed(DEFAULT, Machine(cores, 2**36, gpu=False, bfloat16=True)) for cores in (8, 64))
    assert eight == many == pytest.approx(4 * estimate_speed(DEFAULT, TWO_CORES))


def test_a_gpu_waits_for_the_threads_that_load() -> None:
    narrow = DEFAULT._replace(width=8)
    slow, quick = (estimate_speed(narrow, Machine(cores, 2**36, gpu=True, bfloat16=True)) for cores in (2, 64))
    assert slow == 1400
    assert quick == pytest.approx(5e12 / count_operations(narrow))


def test_weights_are_those_of_the_convolutions() -> None:
    # Depth 1: 9 (w w) + 9 (w 2w + 2w 2w) + 4 (2w w) + 9 (2w w + w w) = 98 w^2, the convolution from the image apart.
    assert count_weights(Step(size=16, width=2, depth=1, batch=1)) == 4 * (9 + 54 + 8 + 27)


def test_memory_is_what_was_measured_and_grows_with_the_batch() -> None:
    assert estimate_memory(DEFAULT, TWO_CORES) / 2**20 == pytest.approx(918, rel=0.2)
    added = estimate_memory(DEFAULT._replace(batch=32), TWO_CORES) - estimate_memory(DEFAULT, TWO_CORES)
    assert added == 2 * (2 * 15 * 16 * 128**2 * 16) * 2


def test_half_of_the_memory_is_left_to_others() -> None:
    needed = round(estimate_memory(DEFAULT, TWO_CORES))
    assert fits(DEFAULT, Machine(2, 2 * needed + 2, gpu=False, bfloat16=True))
    assert not fits(DEFAULT, Machine(2, 2 * needed - 2, gpu=False, bfloat16=True))
