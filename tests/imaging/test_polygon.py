import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.imaging.polygon import agreement, fill_polygon


def test_x_is_the_column_and_y_the_row():
    filled = fill_polygon(np.array([[1.5, -0.5], [4.5, -0.5], [4.5, 1.5], [1.5, 1.5]]), (3, 6))
    assert filled.astype(int).tolist() == [[0, 0, 1, 1, 1, 0], [0, 0, 1, 1, 1, 0], [0] * 6]


def test_area_of_a_circle_is_that_of_its_polygon():
    angles = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    circle = np.column_stack([50 + 30 * np.cos(angles), 60 + 30 * np.sin(angles)])
    assert abs(fill_polygon(circle, (128, 100)).sum() - np.pi * 30**2) < 30


@given(st.lists(st.tuples(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300)), min_size=3, max_size=9))
def test_any_corners_give_a_mask_of_the_image(corners):
    filled = fill_polygon(np.array(corners), (9, 7))
    assert filled.shape == (9, 7)
    assert filled.dtype == np.bool_


def test_a_corner_that_is_hardly_above_a_row_lies_in_it():
    corners, hardly = np.array([[0.0, 0], [0, 0], [1, 0]]), np.array([[0.0, 0], [0, 0], [1, 2.3e-313]])
    np.testing.assert_array_equal(fill_polygon(hardly, (9, 7)), fill_polygon(corners, (9, 7)))


def test_a_polygon_beside_the_image_is_empty():
    assert not fill_polygon(np.array([[-9.0, -9], [-5, -9], [-5, -5]]), (8, 8)).any()


def test_two_empty_masks_agree():
    assert agreement(np.zeros((2, 2), bool), np.zeros((2, 2), bool)) == 1


def test_pixels_are_those_that_scikit_image_finds():
    from skimage.draw import polygon

    rng = np.random.default_rng(0)
    for _ in range(50):
        corners = rng.uniform(-10, 50, (rng.integers(3, 20), 2))
        expected = np.zeros((30, 40), bool)
        expected[polygon(corners[:, 1], corners[:, 0], expected.shape)] = True
        np.testing.assert_array_equal(fill_polygon(corners, (30, 40)), expected)


def test_edges_that_pass_through_centres_belong_to_the_polygon():
    filled = fill_polygon(np.array([[1.0, 1], [4, 1], [4, 3], [1, 3]]), (5, 6))
    assert np.argwhere(filled).tolist() == [[row, column] for row in (1, 2, 3) for column in (1, 2, 3, 4)]


def test_rows_filled_in_several_goes_join(monkeypatch):
    corners = np.array([[0.5, 0.2], [30.1, 8.7], [12.3, 38.9]])
    whole = fill_polygon(corners, (40, 32))
    monkeypatch.setattr("tumourflow.imaging.polygon._MOST_CROSSINGS", 9)
    np.testing.assert_array_equal(fill_polygon(corners, (40, 32)), whole)
