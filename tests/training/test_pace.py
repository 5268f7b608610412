import math

import pytest

from tumourflow.training.pace import Pace


def test_loss_is_the_mean_over_images_and_speed_their_number_a_second() -> None:
    seconds = iter([10.0, 14.0])
    pace = Pace(now=lambda: next(seconds))
    pace.restart()
    pace.count(images=16, loss=1.0)
    pace.count(images=4, loss=2.0)
    assert pace.read() == pytest.approx({"loss": 1.2, "images_per_second": 5.0})


def test_before_the_first_step_there_is_no_loss() -> None:
    pace = Pace(now=lambda: 0.0)
    pace.restart()
    assert math.isnan(pace.read()["loss"])
    assert pace.read()["images_per_second"] == 0


def test_the_clock_is_restarted_without_forgetting_the_loss() -> None:
    seconds = iter([0.0, 50.0, 54.0])
    pace = Pace(now=lambda: next(seconds))
    pace.restart()
    pace.count(images=16, loss=1.0)
    pace.restart_clock()
    pace.count(images=4, loss=2.0)
    assert pace.read() == pytest.approx({"loss": 1.2, "images_per_second": 1.0})
