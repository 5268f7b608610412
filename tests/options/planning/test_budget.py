from dataclasses import replace

import pytest

from tumourflow.options.planning.budget import Budget, Cohort
from tumourflow.options.planning.costs import Machine, Step

START = Step(size=128, width=16, depth=4, batch=16)
COHORT = Cohort(slices=1600, ordered=True, view=200, widest_view=210, tumour=0.2, clipped={"zscore": 0, "percentile": 0})
MACHINE = Machine(cores=2, memory=2**34, gpu=False, bfloat16=True)


def test_steps_stand_for_the_time_of_the_default_network() -> None:
    budget = Budget(3, 100, START, COHORT, MACHINE)
    assert budget.passes(START) == 100 * 16 / 1600
    assert budget.passes(START._replace(width=32)) == 100 * 16 / 1600 / 4
    assert budget.passes(START._replace(batch=8)) == budget.passes(START)


def test_a_small_cohort_counts_as_eight_hundred_slices() -> None:
    assert [Budget(3, 100, START, replace(COHORT, slices=slices), MACHINE).passes(START) for slices in (0, 800, 801)] == [2, 2, 1600 / 801]


def test_minutes_are_passes_by_the_speed_of_the_machine() -> None:
    # 300e9 operations a second of 4,504,682,496 an image.
    assert Budget(3, None, START, COHORT, MACHINE).passes(START) == pytest.approx(180 * 300e9 / 4504682496 / 1600)


def test_memory_that_does_not_suffice_is_not_paid_for_by_time() -> None:
    small = Machine(cores=2, memory=2**30, gpu=False, bfloat16=True)
    assert Budget(10**6, None, START, COHORT, MACHINE).pays_for(START, 100)
    assert not Budget(10**6, None, START, COHORT, small).pays_for(START, 100)


def test_a_description_says_what_the_rules_look_at() -> None:
    description = {
        "labelled": 70,
        "ordered": False,
        "view_side": {"low": 90, "median": 100, "high": 120},
        "tumour_diameter_of_view": {"low": 0.1, "median": 0.2, "high": 0.3},
        "tumour_clipped": {"zscore": 0.1, "percentile": 0.0},
    }
    assert Cohort.from_description(description) == Cohort(70, False, 100, 120, 0.2, {"zscore": 0.1, "percentile": 0.0})
    assert Cohort.from_description(description | {"tumour_diameter_of_view": None}).tumour is None
