import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from matplotlib.colors import to_rgb

from tumourflow.figures.image_panel import grey, show_grey, show_mask, show_mask_on, veil
from tumourflow.figures.palette import TRUTH
from tumourflow.figures.panels import panel_grid


@given(arrays(np.uint16, array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=9)), st.integers(0, 15))
def test_grey_is_a_plane_in_0_to_1_whatever_the_image(image: np.ndarray, lead_channel: int) -> None:
    before = image.copy()
    picture = grey(image, lead_channel)
    assert picture.shape == image.shape[:2]
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    np.testing.assert_array_equal(image, before)


def test_grey_shows_the_lead_channel() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[0, 0, 1] = 200
    assert grey(image, 1).tolist() == [[1, 0], [0, 0]]
    assert grey(image, 0).tolist() == [[0, 0], [0, 0]]


def test_an_image_with_fewer_channels_shows_its_last() -> None:
    image = np.dstack([np.zeros((2, 2)), np.eye(2)])
    np.testing.assert_array_equal(grey(image, 7), np.eye(2))


def test_one_bright_pixel_does_not_darken_the_rest() -> None:
    image = np.full((40, 40), 100, np.uint16)
    image[:20] = 50
    image[0, 0] = 65_000
    assert grey(image)[30, 30] == 1
    assert grey(image)[10, 10] == 0


def test_a_single_bright_pixel_on_black_is_seen() -> None:
    image = np.zeros((40, 40), np.uint8)
    image[3, 4] = 9
    assert np.argwhere(grey(image)).tolist() == [[3, 4]]


def test_a_veil_has_a_full_outline_and_lets_the_inside_through() -> None:
    picture = np.full((512, 256), 0.5, np.float32)
    mask = np.zeros((512, 256), bool)
    mask[100:200, 50:150] = True
    painted = veil(picture, mask, TRUTH)
    assert painted.shape == (512, 256, 3)
    np.testing.assert_allclose(painted[100, 100], to_rgb(TRUTH), atol=1e-6)
    np.testing.assert_allclose(painted[150, 100], 0.7 * 0.5 + 0.3 * np.array(to_rgb(TRUTH)), atol=1e-6)
    np.testing.assert_allclose(painted[~mask], 0.5)


def test_a_tumour_cut_off_by_the_border_is_outlined_there_too() -> None:
    painted = veil(np.zeros((512, 512), np.float32), np.ones((512, 512), bool), "white")
    assert painted[0, 256].tolist() == [1, 1, 1]
    assert painted[256, 256].max() < 0.5


def test_a_small_picture_is_enlarged_without_blur() -> None:
    painted = veil(np.eye(2, dtype=np.float32), np.zeros((2, 2), bool))
    assert painted.shape == (512, 512, 3)
    assert set(np.unique(painted)) == {0, 1}


def test_panels_show_what_they_are_given() -> None:
    _, axes = panel_grid(1, 3, "")
    picture, mask = np.array([[0, 1]], np.float32), np.array([[True, False]])
    show_grey(axes[0, 0], picture)
    show_mask(axes[0, 1], mask, "red")
    show_mask_on(axes[0, 2], picture, mask, "red")
    np.testing.assert_array_equal(axes[0, 0].images[0].get_array(), picture)
    assert axes[0, 0].images[0].get_clim() == (0, 1)
    assert axes[0, 1].images[0].get_array().tolist() == [[[1, 0, 0], [0, 0, 0]]]
    np.testing.assert_array_equal(axes[0, 2].images[0].get_array(), veil(picture, mask, "red"))
