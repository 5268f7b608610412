import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.imaging.elastic import draw_control_points, spread_control_points


@given(seed=st.integers(0, 1000), height=st.integers(4, 70), width=st.integers(4, 70))
def test_no_displacement_is_larger_than_the_largest_drawn(seed: int, height: int, width: int):
    field = spread_control_points(draw_control_points(0.03, np.random.default_rng(seed)), height, width)

    assert field.shape == (2, height, width)
    assert np.abs(field).max() <= 0.03 + 1e-7


def test_field_is_smooth():
    field = spread_control_points(draw_control_points(0.03, np.random.default_rng(0)), 128, 128)

    # A slope under one pixel a pixel cannot fold the image; displacements are shares of 128 pixels.
    assert np.abs(np.diff(field, axis=1)).max() * 128 < 0.5
    assert np.abs(np.diff(field, axis=2)).max() * 128 < 0.5
    assert np.abs(field).max() > 0.005
