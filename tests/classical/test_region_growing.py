import numpy as np
import pytest

from tumourflow.classical.field import Field
from tumourflow.classical.region_growing import find_seed, grow_region
from tumourflow.classical.symmetry import measure_asymmetry, mirror_about_midline


@pytest.fixture
def eyes() -> Field:
    """Two bright eyes that mirror one another, and a fainter tumour on the right."""
    image, tissue = np.zeros((64, 64), np.float32), np.zeros((64, 64), bool)
    tissue[4:60, 6:58] = True
    image[10:20, 12:22] = image[10:20, 42:52] = 3
    image[40:50, 42:52] = 2
    return Field(image, tissue)


def test_the_brightest_place_is_the_seed_unless_symmetry_speaks_against_it(eyes):
    assert find_seed(eyes, symmetry=0)[0] < 20
    row, column = find_seed(eyes, symmetry=1)
    assert (40 <= row < 50, 42 <= column < 52) == (True, True)


def test_the_region_is_the_tumour_and_not_what_is_like_it_elsewhere(eyes):
    grown = grow_region(eyes, symmetry=1, brightness=1, tolerance=0.75)
    np.testing.assert_array_equal(np.argwhere(grown)[[0, -1]], [[40, 42], [49, 51]])
    assert grown.sum() == 100


def test_a_wide_tolerance_grows_over_everything(eyes):
    assert grow_region(eyes, symmetry=1, brightness=1, tolerance=5).sum() == eyes.tissue.sum()


def test_a_seed_that_is_not_bright_enough_leaves_the_slice_empty(eyes):
    assert not grow_region(eyes, symmetry=1, brightness=2.5, tolerance=1).any()


def test_the_midline_is_that_of_the_tissue_not_of_the_image():
    tissue = np.zeros((8, 20), bool)
    tissue[:, 2:9] = True
    image = np.tile(np.arange(20, dtype=np.float32), (8, 1)) * tissue
    assert mirror_about_midline(image, tissue)[0, 2:9].tolist() == [8, 7, 6, 5, 4, 3, 2]


def test_without_tissue_nothing_is_mirrored():
    assert not mirror_about_midline(np.ones((3, 3), np.float32), np.zeros((3, 3), bool)).any()


def test_a_symmetric_head_has_no_asymmetry(eyes):
    symmetric = Field(np.where(np.arange(64)[:, None] < 30, eyes.image, 0), eyes.tissue)
    assert measure_asymmetry(symmetric, 0.03).max() < 1e-5
    assert measure_asymmetry(eyes, 0.03)[45, 47] > 1
