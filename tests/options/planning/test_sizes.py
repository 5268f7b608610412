from dataclasses import replace

import pytest

from tumourflow.options.networks import find_wrong_scale
from tumourflow.options.planning.cohort import Cohort
from tumourflow.options.planning.costs import Machine, Step, fits
from tumourflow.options.planning.sizes import LADDER, choose_step, fit_to_memory, list_steps

START = Step(size=128, width=16, depth=4, batch=16)
MACHINE = Machine(memory=24 * 2**30, gpu=False, bfloat16=True)
LARGE = Cohort(ordered=True, view=400, widest_view=420, tumour=0.2, clipped={"zscore": 0, "percentile": 0})


def plan(cohort: Cohort = LARGE, given: frozenset[str] = frozenset(), start: Step = START) -> Step:
    chosen = choose_step(start, cohort, MACHINE, given)
    return Step(**{name: chosen[name][0] for name in Step._fields})


def test_sizes_of_the_ladder_suit_their_depth_also_while_training_is_coarse() -> None:
    assert all(size % 2 ** (depth + 1) == 0 and 4 <= size / 2**depth <= 10 for size, depth in LADDER)


def test_with_nothing_to_say_for_a_change_the_default_stays() -> None:
    assert plan() == START


@pytest.mark.parametrize(("widest", "expected"), [(30, (32, 3)), (64, (64, 4)), (65, (96, 4)), (96.5, (128, 4)), (500, (128, 4))])
def test_small_images_are_not_made_larger_than_the_next_size_that_shows_all_of_them(widest: float, expected: tuple[int, int]) -> None:
    chosen = plan(replace(LARGE, view=widest - 5, widest_view=widest))
    assert (chosen.size, chosen.depth) == expected


@pytest.mark.parametrize("tumour", [None, 0.01, 0.9])
def test_the_size_of_tumours_is_no_cause(tumour: float | None) -> None:
    assert plan(replace(LARGE, tumour=tumour)) == START


def test_what_is_given_stays_and_the_rest_goes_with_it() -> None:
    small = replace(LARGE, view=40, widest_view=50)
    assert plan(small, given=frozenset({"size"})) == START
    assert plan(small, given=frozenset({"width"}))[:3] == (64, 16, 4)
    assert plan(small, given=frozenset({"depth"}), start=START._replace(depth=5))[:3] == (64, 16, 5)
    odd = START._replace(size=48, batch=3)
    assert plan(given=frozenset({"size", "batch"}), start=odd) == odd


@pytest.mark.parametrize(("depth", "expected"), [(6, 128), (5, 64), (4, 64)])
def test_no_size_is_planned_that_the_network_cannot_see_halved_or_enlarged(depth: int, expected: int) -> None:
    cohort, start = replace(LARGE, view=55, widest_view=60), START._replace(depth=depth)
    chosen = plan(cohort, given=frozenset({"depth"}), start=start)
    assert (chosen.size, chosen.depth) == (expected, depth)
    assert find_wrong_scale(chosen.size, "unet", depth, output_stride=16) is None


def test_memory_first_takes_from_the_batch_then_from_the_size_then_from_the_width() -> None:
    # An image of 128 pixels takes 60 MiB in float32, the weights 30; twice of what is taken must be there.
    ladder = list_steps(START, set())
    shrunk = [fit_to_memory(START, ladder, set(), Machine(int(gib * 2**30), gpu=True, bfloat16=False)) for gib in (4, 1.5, 0.4, 0.02)]
    assert shrunk == [START, (128, 16, 4, 8), (96, 16, 4, 4), (32, 8, 3, 4)]


def test_what_is_given_is_not_taken_from() -> None:
    tiny = Machine(2**20, gpu=True, bfloat16=False)
    assert fit_to_memory(START, [START], {"batch", "width"}, tiny) == START
    assert not fits(START, tiny)


def test_each_value_comes_with_a_reason() -> None:
    large = choose_step(START, LARGE, MACHINE, set())
    assert large["size"] == (128, "images show 400 pixels a side; at 128 the median tumour is 25.6 wide")
    unknown = choose_step(START, replace(LARGE, tumour=None), MACHINE, set())
    assert unknown["size"] == (128, "images show 400 pixels a side; at 128 nothing is known of the tumours")
    small = choose_step(START, replace(LARGE, view=55, widest_view=60), MACHINE, set())
    assert small["size"] == (64, "nine images in ten show no more than 60 pixels a side")
    assert small["depth"] == (4, "goes with a size of 64")
    assert small["width"] == (16, "the default fits into memory")
    little = choose_step(START, LARGE, replace(MACHINE, memory=2**30), set())
    assert little["batch"] == (4, "1.0 GiB of memory allow no more")
    assert little["size"][1] == "1.0 GiB of memory allow no more"
