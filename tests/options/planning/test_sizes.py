from dataclasses import replace

import pytest

from tumourflow.options.networks import find_wrong_scale
from tumourflow.options.planning.budget import Budget, Cohort
from tumourflow.options.planning.costs import Machine, Step, fits
from tumourflow.options.planning.sizes import LADDER, choose_step, fit_to_memory, list_steps

START = Step(size=128, width=16, depth=4, batch=16)
MACHINE = Machine(cores=2, memory=24 * 2**30, gpu=False, bfloat16=True)
LARGE = Cohort(slices=1000, ordered=True, view=400, widest_view=420, tumour=0.2, clipped={"zscore": 0, "percentile": 0})


def plan(cohort: Cohort = LARGE, passes: float = 50, given: frozenset[str] = frozenset(), start: Step = START) -> Step:
    """Plan with steps that make so many passes over the training slices at the default."""
    budget = Budget(3, round(passes * cohort.slices / start.batch), start, cohort, MACHINE)
    chosen = choose_step(budget, given)
    return Step(**{name: chosen[name][0] for name in Step._fields})


def test_sizes_of_the_ladder_suit_their_depth_also_while_training_is_coarse() -> None:
    assert all(size % 2 ** (depth + 1) == 0 and 4 <= size / 2**depth <= 10 for size, depth in LADDER)


def test_with_nothing_to_say_for_a_change_the_default_stays() -> None:
    assert plan() == START


@pytest.mark.parametrize(("widest", "expected"), [(30, (32, 3)), (64, (64, 4)), (65, (96, 4)), (96.5, (128, 4)), (500, (128, 4))])
def test_small_images_are_not_made_larger_than_the_next_size_that_shows_all_of_them(widest: float, expected: tuple[int, int]) -> None:
    chosen = plan(replace(LARGE, view=widest - 5, widest_view=widest))
    assert (chosen.size, chosen.depth) == expected


def test_small_tumours_get_the_first_size_at_which_they_are_large_enough_if_the_time_suffices() -> None:
    # 0.07 of 128 pixels are 9.0, of 160 11.2 and of 192 13.4; 192 costs 192^2 x 221.5 / (128^2 x 179) = 2.78 times as much.
    small = replace(LARGE, tumour=0.07)
    assert plan(small, passes=170)[:3] == (192, 16, 5)
    assert plan(small, passes=164)[:3] == (160, 16, 4)
    # 160 costs 1.5625 times as much, 60 passes must be left.
    assert plan(small, passes=95)[:3] == (160, 16, 4)
    assert plan(small, passes=92)[:3] == (128, 16, 4)
    assert plan(replace(small, view=170), passes=170)[:3] == (160, 16, 4)
    assert plan(replace(small, tumour=0.094), passes=170)[:3] == (128, 16, 4)


def test_time_to_spare_alone_changes_nothing() -> None:
    assert plan(passes=10**5) == START


def test_nothing_known_of_tumours_speaks_for_no_change() -> None:
    assert plan(replace(LARGE, tumour=None)) == START


def test_what_is_given_stays_and_the_rest_goes_with_it() -> None:
    small = replace(LARGE, tumour=0.04)
    assert plan(small, passes=10**5, given=frozenset({"size"})) == START
    assert plan(small, passes=10**5, given=frozenset({"width"}))[:3] == (256, 16, 5)
    assert plan(small, passes=10**5, given=frozenset({"depth"}), start=START._replace(depth=6))[:3] == (256, 16, 6)
    assert plan(replace(LARGE, view=40, widest_view=50), given=frozenset({"size"})) == START
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
    shrunk = [fit_to_memory(START, ladder, set(), Machine(2, int(gib * 2**30), gpu=True, bfloat16=False)) for gib in (4, 1.5, 0.4, 0.02)]
    assert shrunk == [START, (128, 16, 4, 8), (96, 16, 4, 4), (32, 8, 3, 4)]


def test_what_is_given_is_not_taken_from() -> None:
    tiny = Machine(2, 2**20, gpu=True, bfloat16=False)
    assert fit_to_memory(START, [START], {"batch", "width"}, tiny) == START
    assert not fits(START, tiny)


def test_each_value_comes_with_a_reason() -> None:
    large = choose_step(Budget(3, 10**6, START, LARGE, MACHINE), set())
    assert large["size"] == (128, "the median tumour is 25.6 pixels wide at 128, 12 are enough")
    assert choose_step(Budget(3, 10**6, START, replace(LARGE, tumour=None), MACHINE), set())["size"] == (
        128,
        "nothing is known of the tumours",
    )
    cohort = replace(LARGE, tumour=0.04)
    chosen = choose_step(Budget(3, 10**6, START, cohort, MACHINE), set())
    assert chosen["size"] == (
        256,
        "the median tumour is 5.1 pixels wide at 128, 12 are wanted; 256 leaves 3233 passes over 1000 slices, 60 are wanted for it",
    )
    assert chosen["depth"] == (5, "goes with a size of 256")
    assert chosen["width"] == (16, "the default fits into memory")
    small = choose_step(Budget(3, 10**6, START, cohort, replace(MACHINE, memory=2**30)), set())
    assert small["batch"] == (4, "1.0 GiB of memory allow no more")
    assert small["size"][1] == small["width"][1] == "1.0 GiB of memory allow no more"
