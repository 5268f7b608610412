import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.imaging.warp import WarpParameters, Window, compose_sampling, draw_warp, warp
from tumourflow.options import AugmentationOptions

STILL = {"rotation": 0, "scale": 0, "zoom": 0, "shear": 0, "shift": 0, "crop": 0, "flip": 0, "elastic": 0}


def warped(plane: np.ndarray, *, nearest: bool = False, **parameters) -> np.ndarray:
    return warp(plane, compose_sampling(WarpParameters(**parameters), *plane.shape), 0, nearest=nearest)


def picture(height: int = 33, width: int = 48) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(height, width)).astype(np.float32)


def test_defaults_are_the_identity():
    plane = picture()
    assert np.array_equal(warped(plane), plane)


def test_mirror_is_exact_and_its_own_inverse():
    plane = picture()
    mirrored = warped(plane, mirrored=True)

    assert np.array_equal(mirrored, plane[:, ::-1])
    assert np.array_equal(warped(mirrored, mirrored=True), plane)


def test_quarter_turn_is_counter_clockwise():
    plane = picture(33, 33)
    np.testing.assert_allclose(warped(plane, angle=90), np.rot90(plane), atol=1e-4)


def test_shift_moves_content_down_and_right():
    plane = picture(40, 50)
    moved = warped(plane, shift=(0.1, 0.2))

    np.testing.assert_allclose(moved[4:, 10:], plane[:-4, :-10], atol=1e-4)
    assert (moved[:4] == 0).all()
    assert (moved[:, :10] == 0).all()


def test_scale_multiplies_areas():
    square = np.zeros((64, 64), np.float32)
    square[24:40, 24:40] = 1

    assert warped(square, log_scale=np.log(1.5)).sum() == pytest.approx(256 * 1.5**2, rel=0.02)


def test_zoom_stretches_height_and_keeps_area():
    square = np.zeros((64, 64), np.uint8)
    square[24:40, 24:40] = 1

    stretched = warped(square, log_zoom=np.log(4.0), nearest=True)

    # A ratio of four: the height doubles, the width is halved.
    assert (stretched.any(axis=1).sum(), stretched.any(axis=0).sum()) == (32, 8)


def test_shear_leans_vertical_lines():
    line = np.zeros((41, 41), np.float32)
    line[:, 20] = 1

    leaning = warped(line, shear=45)

    assert leaning[20, 20] == pytest.approx(1)
    assert leaning[25, 25] == pytest.approx(1, abs=1e-4)
    assert leaning[15, 15] == pytest.approx(1, abs=1e-4)


def test_window_at_the_corner_enlarges_the_corner():
    plane = np.zeros((40, 40), np.uint8)
    plane[:20, :20] = 1

    assert warped(plane, window=Window(removed=0.5, top=0, left=0), nearest=True).all()
    assert not warped(plane, window=Window(removed=0.5, top=1, left=1), nearest=True).any()


def test_elastic_field_of_one_displacement_is_a_shift():
    plane = picture(40, 40)
    control_points = np.zeros((2, 7, 7), np.float32)
    control_points[1] = 0.1

    # Each pixel is taken from a tenth of the width to its right.
    np.testing.assert_allclose(warped(plane, control_points=control_points)[:, :36], plane[:, 4:], atol=1e-3)


def test_affine_and_elastic_parts_are_composed():
    plane = picture(40, 40)
    nearly_none = np.zeros((2, 7, 7), np.float32)

    bent = warped(plane, angle=20, log_scale=0.2, mirrored=True, control_points=nearly_none)

    np.testing.assert_allclose(bent, warped(plane, angle=20, log_scale=0.2, mirrored=True), atol=0.02)


@given(seed=st.integers(0, 10_000))
def test_draws_stay_in_their_ranges(seed: int):
    options = AugmentationOptions(crop=0.3)
    drawn = draw_warp(options, np.random.default_rng(seed))

    assert abs(drawn.angle) <= options.rotation
    assert abs(drawn.log_scale) <= options.scale
    assert abs(drawn.log_zoom) <= options.zoom
    assert abs(drawn.shear) <= options.shear
    assert max(map(abs, drawn.shift)) <= options.shift
    assert 0 <= drawn.window.removed <= 0.3


@given(seed=st.integers(0, 1000))
def test_zero_ranges_draw_the_identity(seed: int):
    drawn = draw_warp(AugmentationOptions(**STILL), np.random.default_rng(seed))
    assert compose_sampling(drawn, 32, 40).is_identity


def test_shares_of_flipped_and_bent_images_are_as_asked():
    rng = np.random.default_rng(0)
    drawn = [draw_warp(AugmentationOptions(flip=0.5, elastic_share=0.2), rng) for _ in range(1000)]

    assert np.mean([each.mirrored for each in drawn]) == pytest.approx(0.5, abs=0.05)
    assert np.mean([each.control_points is not None for each in drawn]) == pytest.approx(0.2, abs=0.04)


def test_pixels_from_outside_get_the_fill():
    shifted = warp(picture(), compose_sampling(WarpParameters(shift=(0, 0.5)), 33, 48), -2.5)
    assert (shifted[:, :23] == -2.5).all()
