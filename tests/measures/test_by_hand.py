"""Fourteen tiny arrays whose counts and measures are worked out in the comments."""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
import pytest

from tumourflow.measures.counts import Counts, count_pixels
from tumourflow.measures.lesions import LesionCounts, count_lesions
from tumourflow.measures.overlap import area_error, dice, dice_with_empties, iou
from tumourflow.measures.surface import compare_surfaces, hausdorff_95

DISC = 4 * sqrt(0.5)  # Outline of a single pixel: four corners, each cut with a length of half the diagonal.


@dataclass(frozen=True)
class Example:
    name: str
    truth: str
    prediction: str
    counts: Counts
    dice: float
    iou: float
    with_empties: float
    area_error: float
    lesions: LesionCounts
    hd95: float
    surface_dice: float


EXAMPLES = [
    # Nothing there, nothing predicted: 4 pixels of background, 0/0 in every ratio; only the inflated Dice calls it 1.
    Example("both empty", "..|..", "..|..", Counts(0, 0, 0, 4), nan, nan, 1, nan, LesionCounts(0, 0, 0, 0), nan, nan),
    # A false alarm of one pixel: 2*0 / (0 + 1 + 0) = 0. All of the outline is the prediction's own.
    Example("empty truth", "..|..", "#.|..", Counts(0, 1, 0, 3), 0, 0, 0, nan, LesionCounts(0, 0, 1, 0), nan, 0),
    # A missed pixel: 2*0 / (0 + 0 + 1) = 0; the area is wrong by (0 - 1) / 1.
    Example("empty prediction", "#.|..", "..|..", Counts(0, 0, 1, 3), 0, 0, 0, -1, LesionCounts(1, 0, 0, 0), nan, 0),
    # The same two pixels: 2*2 / (2*2) = 1.
    Example("equal", "##|..", "##|..", Counts(2, 0, 0, 2), 1, 1, 1, 0, LesionCounts(1, 1, 1, 1), 0, 1),
    # Everything is tumour: no background is left, and the image's edge is the border.
    Example("full", "##|##", "##|##", Counts(4, 0, 0, 0), 1, 1, 1, 0, LesionCounts(1, 1, 1, 1), 0, 1),
    # One of two tumour pixels found: 2*1 / (2 + 0 + 1) = 2/3, 1 / 2; area (1 - 2) / 2.
    # Distances: truth to prediction 0 and 1, prediction to truth 0. Sorted 0 0 1; the 95th percentile lies at place .95 * 2 = 1.9: .9.
    Example("half found", "##|..", "#.|..", Counts(1, 0, 1, 2), 2 / 3, 0.5, 2 / 3, -0.5, LesionCounts(1, 1, 1, 1), 0.9, 1),
    # One pixel too many: 2*1 / (2 + 1 + 0) = 2/3; area (2 - 1) / 1. The distances are those of the example above, the other way round.
    Example("one too many", "#.|..", "##|..", Counts(1, 1, 0, 2), 2 / 3, 0.5, 2 / 3, 1, LesionCounts(1, 1, 1, 1), 0.9, 1),
    # One right, one wrong, one missed: 2*1 / (2 + 1 + 1) = 1/2, 1/3; the areas are equal.
    # Distances 1 0 and 0 1, sorted 0 0 1 1, place .95 * 3 = 2.85: 1.
    Example("shifted by one", "##.", ".##", Counts(1, 1, 1, 0), 0.5, 1 / 3, 0.5, 0, LesionCounts(1, 1, 1, 1), 1, 1),
    # Side by side without a common pixel is no match. Distances 1 and 1.
    Example("neighbours", "#.", ".#", Counts(0, 1, 1, 0), 0, 0, 0, 0, LesionCounts(1, 0, 1, 0), 1, 1),
    # Pixels six apart, distances 6 and 6. Their outlines are 5 apart (right corners of one, left corners of the other): beyond 2.
    Example("far apart", "#......", "......#", Counts(0, 1, 1, 5), 0, 0, 0, 0, LesionCounts(1, 0, 1, 0), 6, 0),
    # Pixels three apart: of each outline the inner two corners are 2 from the other's, the outer two are 3: half is within.
    Example("three apart", "#...", "...#", Counts(0, 1, 1, 2), 0, 0, 0, 0, LesionCounts(1, 0, 1, 0), 3, 0.5),
    # Two pixels that touch in a corner are one lesion. Found: 1 of 2 pixels. Distances 0 and sqrt 2 (truth), 0 (prediction):
    # place 1.9 of 0 0 1.414 is .9 sqrt 2. Its seven corners are at most sqrt 2 from a corner of the pixel found.
    Example("diagonal", "#.|.#", "#.|..", Counts(1, 0, 1, 2), 2 / 3, 0.5, 2 / 3, -0.5, LesionCounts(1, 1, 1, 1), 0.9 * sqrt(2), 1),
    # Two lesions, both touched by one finding of three pixels: 2*2 / (4 + 1 + 0) = 4/5, 2/3; area (3 - 2) / 2.
    # Distances 0 0 and 0 1 0, sorted 0 0 0 0 1, place .95 * 4 = 3.8: .8.
    Example("bridged", "#.#", "###", Counts(2, 1, 0, 0), 0.8, 2 / 3, 0.8, 0.5, LesionCounts(2, 2, 1, 1), 0.8, 1),
    # Two lesions, one found, and a false finding far off: 2*1 / (2 + 1 + 1) = 1/2, 1/3.
    # Columns 0, 4 against 0, 9: distances 0 4 and 0 5; place .95 * 3 = 2.85 of 0 0 4 5: 4.85.
    # Outlines: the found pixel's eight corners (both masks) are within, the other two pixels' eight are at least 3 away: half.
    Example("one of two", "#...#.....", "#........#", Counts(1, 1, 1, 7), 0.5, 1 / 3, 0.5, 0, LesionCounts(2, 1, 2, 1), 4.85, 0.5),
]


def draw(picture: str) -> np.ndarray:
    return np.array([[pixel == "#" for pixel in row] for row in picture.split("|")])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_measures_equal_those_worked_out_by_hand(example: Example) -> None:
    truth, prediction = draw(example.truth), draw(example.prediction)
    counts = count_pixels(truth, prediction)
    assert counts == example.counts
    overlap = counts[:3]
    found = [float(measure(*overlap)) for measure in (dice, iou, dice_with_empties, area_error)]
    np.testing.assert_allclose(found, [example.dice, example.iou, example.with_empties, example.area_error])
    assert count_lesions(truth, prediction) == example.lesions
    assert hausdorff_95(truth, prediction) == pytest.approx(example.hd95, nan_ok=True)
    within, length = compare_surfaces(truth, prediction)
    assert (within / length if length else nan) == pytest.approx(example.surface_dice, nan_ok=True)


def test_outline_of_a_pixel_is_four_cut_corners() -> None:
    assert compare_surfaces(draw("..|.#"), draw("..|.#")) == pytest.approx((2 * DISC, 2 * DISC))


def test_outline_of_a_square_has_straight_edges_and_cut_corners() -> None:
    # Five corners a side: the three inner ones count 1, the four at the square's own corners half a diagonal.
    square = np.ones((4, 4), bool)
    assert compare_surfaces(square, square).surface_length == pytest.approx(2 * (4 * 3 + DISC))


@pytest.mark.parametrize("measure", [count_pixels, count_lesions, hausdorff_95, compare_surfaces])
def test_masks_on_different_grids_are_refused(measure) -> None:
    with pytest.raises(ValueError, match=r"same shape. Received: \(2, 2\) and \(2, 3\)"):
        measure(np.ones((2, 2), bool), np.ones((2, 3), bool))
