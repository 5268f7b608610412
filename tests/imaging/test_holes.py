import numpy as np
import pytest

from tumourflow.imaging.holes import Hole, cut_holes, draw_holes
from tumourflow.options import AugmentationOptions

ONES = np.ones((10, 20), np.float32)


def test_hole_is_cut_around_its_centre_and_clipped_at_the_edge():
    cut = cut_holes(ONES, (Hole(row=0.5, column=0, side=0.2),), -3)

    # Rows 4 and 5; columns -2 to 1, of which 0 and 1 exist.
    assert np.argwhere(cut == -3).tolist() == [[4, 0], [4, 1], [5, 0], [5, 1]]


def test_input_is_not_modified():
    cut_holes(ONES, (Hole(0.5, 0.5, 1),), 0)
    assert (ONES == 1).all()


def test_numbers_and_sides_stay_in_their_ranges():
    rng = np.random.default_rng(0)
    drawn = [draw_holes(AugmentationOptions(holes=3, hole_size=0.2), rng) for _ in range(300)]

    assert {len(holes) for holes in drawn} == {0, 1, 2, 3}
    assert max(hole.side for holes in drawn for hole in holes) == pytest.approx(0.2, abs=0.01)


def test_no_holes_are_drawn_by_default():
    assert draw_holes(AugmentationOptions(), np.random.default_rng(0)) == ()
