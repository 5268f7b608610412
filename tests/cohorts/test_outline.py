import numpy as np
import pytest

from tumourflow.cohorts.hdf5 import UnreadableError
from tumourflow.cohorts.outline import note_outline, read_mask

BORDER = np.array([[2.5, 3.5, 6.5, 3.5, 6.5, 8.5, 2.5, 8.5]]).T


@pytest.fixture
def notes_of(write_mat):
    return lambda **fields: [(note.finding, note.evidence) for note in note_outline(write_mat("1.mat", **fields))]


def test_mask_is_turned_as_matlab_shows_it(write_mat):
    mask = read_mask(write_mat("1.mat"))
    assert mask.shape == (12, 10)
    assert np.argwhere(mask).tolist() == [[row, column] for row in range(3, 8) for column in range(2, 6)]


def test_mask_and_border_that_agree_are_not_mentioned(notes_of):
    assert notes_of() == []


def test_mask_that_is_missing_is_filled_from_the_border(write_mat, notes_of):
    expected = read_mask(write_mat("1.mat"))
    assert (read_mask(write_mat("2.mat", tumorMask=None)) == expected).all()
    assert (read_mask(write_mat("3.mat", tumorMask=np.zeros((0, 0), np.uint8))) == expected).all()
    assert notes_of(tumorMask=None) == [("mask_rebuilt", "filled from a border of 4 corners")]


def test_disagreement_comes_with_its_dice(notes_of):
    mask = np.zeros((12, 10), np.uint8)
    mask[3:8, 2:4] = 1
    assert notes_of(tumorMask=mask) == [("mask_border_differ", "Dice 0.667, below 0.9")]


def test_corners_outside_the_image_are_counted(notes_of):
    border = BORDER.copy()
    border[4] = 14.0
    noted = notes_of(tumorBorder=border)
    assert noted[0] == ("border_outside", "1 of 4 corners, up to 3.5 pixels outside 10 x 12")


def test_a_border_along_the_edge_of_the_image_is_inside(notes_of):
    mask = np.ones((12, 10), np.uint8)
    assert notes_of(tumorMask=mask, tumorBorder=np.array([[0.5, 0.5, 10.5, 0.5, 10.5, 12.5, 0.5, 12.5]]).T) == []


@pytest.mark.parametrize("border", [np.array([[1.0, 2, 3, 4]]), np.ones((7, 1)), np.full((8, 1), np.nan), np.ones((2**15 + 2, 1))])
def test_a_border_that_cannot_be_used_is_noted_beside_a_mask_and_refused_without(write_mat, notes_of, border):
    ((finding, evidence),) = notes_of(tumorBorder=border)
    assert finding == "mask_border_differ"
    assert evidence.startswith("the border cannot be used: `tumorBorder` holds")
    with pytest.raises(UnreadableError):
        read_mask(write_mat("2.mat", tumorMask=None, tumorBorder=border))


def test_a_mask_without_border_is_not_mentioned(notes_of):
    assert notes_of(tumorBorder=None) == []


def test_a_mask_of_another_size_is_left_to_the_rule_for_sizes(notes_of):
    assert notes_of(tumorMask=np.ones((3, 3), np.uint8)) == []


def test_a_mask_of_several_values_is_left_to_the_rule_for_values(write_mat, notes_of):
    labels = np.arange(120, dtype=np.uint8).reshape(12, 10)
    assert notes_of(tumorMask=labels) == []
    assert (read_mask(write_mat("2.mat", tumorMask=labels)) == labels).all()


def test_neither_mask_nor_border_is_refused(write_mat):
    with pytest.raises(UnreadableError, match="neither a mask nor a border"):
        read_mask(write_mat("1.mat", tumorMask=None, tumorBorder=None))
