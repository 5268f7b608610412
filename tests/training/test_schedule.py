import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.training.schedule import Clock, learning_rate


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_the_rate_rises_linearly_and_falls_by_a_cosine() -> None:
    rates = [learning_rate(progress, peak=2.0, warm_up=0.2) for progress in (0.0, 0.05, 0.2, 0.6, 1.0)]
    assert rates == pytest.approx([0.0, 0.5, 2.0, 1.0, 0.0])


def test_before_and_after_the_training_there_is_no_rate() -> None:
    assert [learning_rate(progress, peak=2.0, warm_up=0.2) for progress in (-0.5, 1.5)] == [0.0, 0.0]


def test_without_warm_up_the_rate_starts_at_its_peak() -> None:
    assert learning_rate(0.0, peak=0.1, warm_up=0.0) == 0.1


@given(st.floats(-1, 2), st.floats(1e-6, 1), st.floats(0, 0.99))
def test_the_rate_stays_between_zero_and_its_peak(progress: float, peak: float, warm_up: float) -> None:
    assert 0 <= learning_rate(progress, peak, warm_up) <= peak


def test_steps_replace_time() -> None:
    now = Time()
    clock = Clock(minutes=1, steps=10, now=now)
    clock.start()
    now.seconds += 1000
    assert [clock.progress(step) for step in (0, 5, 9.5, 10, 11)] == [0, 0.5, 0.95, 1, 1]


def test_time_counts_from_the_start_and_leaves_room_for_the_last_validation() -> None:
    now = Time()
    clock = Clock(minutes=1, reserved_seconds=10, now=now)
    now.seconds += 30  # compiling
    assert clock.progress(1) == 0
    clock.start()
    now.seconds += 25
    assert clock.progress(1) == 0.5
    assert clock.minutes_left(1) == pytest.approx(35 / 60)
    now.seconds += 25
    assert clock.progress(1) == 1


def test_what_an_interrupted_training_has_had_counts() -> None:
    now = Time()
    clock = Clock(minutes=1, now=now)
    clock.start(elapsed=15)
    now.seconds += 15
    assert (clock.elapsed, clock.progress(1), clock.minutes_left(1)) == (30, 0.5, 0.5)
    now.seconds += 45
    assert (clock.progress(1), clock.minutes_left(1)) == (1, 0)


def test_waiting_counts_as_time() -> None:
    clock = Clock(minutes=1)
    clock.start()
    time.sleep(0.02)
    assert clock.elapsed >= 0.02


def test_where_the_last_validation_takes_all_the_time_the_training_is_over_at_once() -> None:
    now = Time()
    clock = Clock(minutes=1, reserved_seconds=60, now=now)
    clock.start()
    assert clock.progress(0) == 0
    now.seconds += 0.1
    assert clock.progress(1) == 1


def test_time_left_is_extrapolated_from_the_steps() -> None:
    now = Time()
    clock = Clock(minutes=1, steps=10, now=now)
    clock.start()
    assert clock.minutes_left(0) == math.inf
    now.seconds += 60
    assert clock.minutes_left(4) == pytest.approx(1.5)


def test_validations_are_even() -> None:
    assert Clock(minutes=1, steps=100).validation_interval(20) == 0.05
    assert Clock(minutes=1, reserved_seconds=0.1).validation_interval(20) == 0.05


def test_slow_validations_are_made_rarer_until_they_take_a_tenth() -> None:
    """6 s of 60 s can be spent; at 2 s each that is three of them."""
    assert Clock(minutes=1, reserved_seconds=2).validation_interval(20) == pytest.approx(1 / 3)
    assert Clock(minutes=1, reserved_seconds=50).validation_interval(20) == 1
    assert Clock(minutes=1, steps=100, reserved_seconds=50).validation_interval(20) == 0.05
