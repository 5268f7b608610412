import numpy as np
import pytest

from tumourflow.prediction.views import MIRRORED, View, average_views, enlarge, list_views, predict_view

ENLARGED, BOTH = View(enlarged=True), View(mirrored=True, enlarged=True)
SLICE = np.array([[0, 1], [0, 1]], np.float32).reshape(1, 2, 2, 1)
"""Two columns: of three they are 0, 1/2 and 1."""


def bright(inputs: np.ndarray) -> np.ndarray:
    """Tumour where the image is above a quarter."""
    return np.where(inputs > 0.25, 40, -40).astype(np.float32)


def leftmost(inputs: np.ndarray) -> np.ndarray:
    """Tumour in the first column, whatever is shown there."""
    return np.broadcast_to(np.where(np.arange(inputs.shape[2]) == 0, 40, -40)[None, None, :, None], inputs.shape).astype(np.float32)


@pytest.mark.parametrize(
    ("mirrors", "multi_scale", "views"),
    [(False, False, [View()]), (True, False, [View(), MIRRORED]), (False, True, [View(), ENLARGED])],
)
def test_the_slice_as_it_lies_comes_first(mirrors: bool, multi_scale: bool, views: list[View]) -> None:
    assert list(list_views(mirrors=mirrors, multi_scale=multi_scale)) == views


def test_both_together_are_four_views() -> None:
    assert list_views(mirrors=True, multi_scale=True) == (View(), MIRRORED, ENLARGED, BOTH)


def test_images_are_enlarged_by_half() -> None:
    np.testing.assert_allclose(enlarge(SLICE)[0, :, :, 0], [[0, 0.5, 1]] * 3)


@pytest.mark.parametrize(
    ("view", "columns"),
    # Of the enlarged columns 0, 1, 1 the first two halves of three make 1/3; the first column of three is two thirds of one of two.
    [(View(), [0, 1]), (MIRRORED, [0, 1]), (ENLARGED, [1 / 3, 1]), (BOTH, [1 / 3, 1])],
)
def test_what_is_seen_in_a_view_comes_back_to_where_it_lies(view: View, columns: list[float]) -> None:
    np.testing.assert_allclose(predict_view(bright, SLICE, view)[0], [columns] * 2, atol=1e-6)


@pytest.mark.parametrize(("view", "columns"), [(View(), [1, 0]), (MIRRORED, [0, 1]), (ENLARGED, [2 / 3, 0]), (BOTH, [0, 2 / 3])])
def test_what_a_network_says_of_places_is_turned_back(view: View, columns: list[float]) -> None:
    np.testing.assert_allclose(predict_view(leftmost, SLICE, view)[0], [columns] * 2, atol=1e-6)


def test_views_count_alike() -> None:
    found = average_views([np.full((1, 2, 2), value, np.float32) for value in (0, 1, 1, 0.5)])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.full((1, 2, 2), 0.625))
