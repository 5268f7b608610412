import cv2
import numpy as np
import pytest

from tumourflow.imaging.covering import cover_marks, find_covered
from tumourflow.imaging.marks import find_marks

LEVEL = 228


@pytest.fixture
def tissue() -> np.ndarray:
    """Speckle such as ultrasound has, with a bright layer."""
    rng = np.random.default_rng(0)
    speckle = cv2.GaussianBlur(rng.gamma(2, 40, (300, 400)).astype(np.float32), (0, 0), 1.5)
    speckle[100:106] += 120
    return np.clip(speckle, 0, 255).astype(np.uint8)


def add_cross(image: np.ndarray, row: int, column: int) -> None:
    image[row - 8 : row + 9, column - 1 : column + 2] = LEVEL
    image[row - 1 : row + 2, column - 8 : column + 9] = LEVEL


def add_dots(image: np.ndarray, start: tuple[int, int], end: tuple[int, int]) -> None:
    length = np.hypot(end[0] - start[0], end[1] - start[1])
    for share in np.arange(12, length - 10, 5) / length:
        row, column = (round(a + share * (b - a)) for a, b in zip(start, end, strict=True))
        image[row : row + 2, column : column + 2] = LEVEL


def write(image: np.ndarray, text: str, place: tuple[int, int]) -> None:
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, LEVEL, 2)


@pytest.fixture
def measured(tissue) -> np.ndarray:
    """Two crosses with a number and a dotted line between them."""
    image = tissue.copy()
    add_cross(image, 150, 120)
    add_cross(image, 200, 260)
    add_dots(image, (150, 120), (200, 260))
    cv2.putText(image, "2", (272, 216), cv2.FONT_HERSHEY_SIMPLEX, 0.5, LEVEL, 2)
    return image


def assert_covered(drawn: np.ndarray, tissue: np.ndarray, at_most: float = 0.05) -> None:
    """All that was drawn is covered, by something as bright as the tissue, and no more than a little besides."""
    marks, covered = drawn != tissue, find_covered(drawn)
    assert not (marks & ~covered).any()
    assert covered.mean() < at_most
    shown = cover_marks(drawn)
    assert abs(shown[marks].mean() - tissue[marks].mean()) < 20
    np.testing.assert_array_equal(shown[~covered], tissue[~covered])


def test_crosses_with_their_number_and_their_line_are_covered(measured, tissue):
    assert_covered(measured, tissue)
    assert find_marks(cover_marks(measured)) == ()


def test_a_faint_cross_is_found_once_two_are_known(measured, tissue):
    # A grey surface takes most of the contrast; alone it would hide the cross.
    for image in (measured, tissue):
        image[30:80, 300:350] = 185
    add_cross(measured, 55, 325)
    assert_covered(measured, tissue)


def test_a_line_is_followed_to_its_end_where_no_cross_is_found(tissue):
    image = tissue.copy()
    add_cross(image, 150, 120)
    add_cross(image, 40, 300)
    add_dots(image, (150, 120), (250, 330))
    assert_covered(image, tissue)


def test_crosses_that_no_line_joins_are_covered_and_nothing_between_them(tissue):
    image = tissue.copy()
    add_cross(image, 150, 120)
    add_cross(image, 200, 260)
    assert_covered(image, tissue, at_most=0.01)


def test_a_lone_cross_is_no_measurement(tissue):
    add_cross(tissue, 150, 120)
    assert cover_marks(tissue) is tissue


def test_a_word_is_covered_with_the_short_ones_beside_it(tissue):
    image = tissue.copy()
    write(image, "RT UOQ 3", (100, 260))
    assert_covered(image, tissue)
    assert find_marks(cover_marks(image)) == ()


def test_two_letters_alone_stay(tissue):
    write(tissue, "RT", (100, 260))
    assert cover_marks(tissue) is tissue


def test_letters_cut_off_by_the_edge_are_covered(tissue):
    image = tissue.copy()
    write(image, "RIGHT", (-5, 150))
    assert_covered(image, tissue)


def test_tissue_alone_is_handed_back(tissue):
    assert not find_covered(tissue).any()
    assert cover_marks(tissue) is tissue


def test_all_channels_are_covered_and_the_image_is_not_changed(measured):
    colours = np.dstack([measured] * 3)
    before = colours.copy()
    covered = cover_marks(colours)
    assert (covered.shape, covered.dtype) == (colours.shape, np.uint8)
    np.testing.assert_array_equal(colours, before)
    for channel in range(3):
        np.testing.assert_array_equal(covered[..., channel], cover_marks(measured))


def test_covering_twice_changes_nothing_more(measured):
    once = cover_marks(measured)
    assert cover_marks(once) is once


@pytest.mark.parametrize("image", [np.zeros((30, 30), np.uint16), np.zeros((3, 3), np.uint8), np.zeros((40, 40, 4), np.uint8)])
def test_other_images_are_handed_back(image):
    assert cover_marks(image) is image
