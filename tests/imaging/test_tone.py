import numpy as np
import pytest

from tumourflow.imaging.tone import Tone, apply_tone

PLANE = np.array([[-1, 0], [1, 3]], np.float32)


def test_gain_is_about_zero_and_offset_is_added():
    assert apply_tone(PLANE, Tone(gain=2, offset=0.5), -1, 3).tolist() == [[-1.5, 0.5], [2.5, 6.5]]


@pytest.mark.parametrize("exponent", [0.5, 2])
def test_exponent_keeps_the_ends_of_the_range(exponent: float):
    changed = apply_tone(PLANE, Tone(exponent=exponent), -1, 3)

    # The value halfway, 1, is the share .5 of the range.
    assert changed[1, 0] == pytest.approx(-1 + 4 * 0.5**exponent)
    assert changed[0, 0] == pytest.approx(-1)
    assert changed[1, 1] == pytest.approx(3)


def test_constant_channels_have_no_exponent():
    assert apply_tone(np.full((2, 2), 5, np.float32), Tone(exponent=2), 5, 5).tolist() == [[5, 5], [5, 5]]


def test_values_below_the_range_stay_finite():
    assert np.isfinite(apply_tone(PLANE, Tone(exponent=0.7), 0, 3)).all()


def test_input_is_not_modified():
    plane = PLANE.copy()
    apply_tone(plane, Tone(2, 2, 2), -1, 3)
    assert np.array_equal(plane, PLANE)
