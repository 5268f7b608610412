import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_fill_holes

from tumourflow.prediction.components import component_areas, fill_holes, keep_components, label_volume, remove_components

volumes = arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6)))


def draw(*pictures: str) -> list[np.ndarray]:
    return [np.array([[pixel == "#" for pixel in row] for row in picture.split("|")]) for picture in pictures]


def areas(masks, slices):
    return sorted(component_areas(label_volume(masks, slices)).tolist())


def test_adjacent_slices_are_joined_even_in_a_corner() -> None:
    assert areas(draw("#..|...", ".#.|...", "...|..#"), [1, 2, 3]) == [3]


def test_pixels_two_apart_are_not_joined() -> None:
    assert areas(draw("#.#", "..."), [1, 2]) == [1, 1]


@pytest.mark.parametrize("slices", [[1, 3], [2, 2], [5, 4]])
def test_slices_whose_numbers_do_not_follow_are_not_joined(slices) -> None:
    assert areas(draw("##", "##"), slices) == [2, 2]


def test_slices_of_different_shape_are_not_joined() -> None:
    assert areas(draw("##", "##|##"), [1, 2]) == [2, 4]


def test_a_gap_starts_a_new_volume_that_is_joined_in_itself() -> None:
    assert areas(draw("#", "#", "#", "#"), [1, 2, 7, 8]) == [2, 2]


def test_share_is_of_the_largest_component_of_the_patient() -> None:
    # 10 pixels in two slices; components of 2 and 1 pixels in a slice of their own far away.
    masks = draw("#####", "#####", "##..#")
    kept = remove_components(masks, [1, 2, 9], share=0.2, minimum_area=0)
    assert [mask.sum() for mask in kept] == [5, 5, 2]


def test_minimum_area_counts_pixels_over_slices() -> None:
    masks = draw("#..", "#.#")
    kept = remove_components(masks, [1, 2], share=0, minimum_area=2)
    assert [mask.tolist() for mask in kept] == [[[True, False, False]], [[True, False, False]]]


def test_minimum_area_may_leave_nothing() -> None:
    assert not remove_components(draw("#"), [1], share=1, minimum_area=2)[0].any()


def test_an_empty_patient_stays_empty() -> None:
    assert [mask.any() for mask in remove_components(draw("..", ".."), [1, 2], share=0.2, minimum_area=9)] == [False, False]


def test_a_component_of_just_the_share_is_kept() -> None:
    assert keep_components(np.array([30, 3]), share=0.1, minimum_area=0).tolist() == [True, True]


@given(volumes)
def test_nothing_is_removed_without_a_rule(volume) -> None:
    kept = remove_components(list(volume), range(len(volume)), share=0, minimum_area=0)
    np.testing.assert_array_equal(kept, volume)


@given(volumes, st.floats(0, 1), st.integers(0, 9))
def test_pixels_are_only_ever_removed_and_inputs_left_alone(volume, share, minimum_area) -> None:
    before = volume.copy()
    kept = np.array(remove_components(list(volume), range(len(volume)), share, minimum_area))
    assert not (kept & ~volume).any()
    np.testing.assert_array_equal(volume, before)


@given(volumes)
def test_areas_add_up_to_the_pixels_of_the_masks(volume) -> None:
    assert component_areas(label_volume(list(volume), range(len(volume)))).sum() == volume.sum()


@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_holes_are_those_of_the_whole_slice(mask) -> None:
    before = mask.copy()
    np.testing.assert_array_equal(fill_holes(mask), binary_fill_holes(mask))
    np.testing.assert_array_equal(mask, before)


def test_a_bay_open_to_the_border_is_no_hole() -> None:
    bay = draw("#.#|#.#|###")[0]
    np.testing.assert_array_equal(fill_holes(bay), bay)
