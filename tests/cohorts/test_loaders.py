import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from PIL import Image

from tumourflow.cohorts.case import Case, Note
from tumourflow.cohorts.loaders import adapt_case, to_grey
from tumourflow.imaging.read import read_pixels
from tumourflow.options import IngestionOptions

PLAIN = IngestionOptions(reader="busi")


def save(path: Path, pixels, mode: str | None = None) -> Path:
    Image.fromarray(np.array(pixels, np.uint8), mode=mode).save(path)
    return path


@given(hnp.arrays(np.uint16, (3, 4)))
def test_grey_stored_as_colours_comes_back_unchanged(plane):
    assert np.array_equal(to_grey(np.stack([plane] * 3, axis=-1)), plane)
    assert to_grey(np.stack([plane] * 3, axis=-1)).dtype == plane.dtype


def test_luma_weighs_the_channels_and_ignores_a_fourth():
    colours = np.array([[[255, 0, 0, 9], [0, 255, 0, 9], [0, 0, 255, 9]]], np.uint8)
    assert to_grey(colours).tolist() == [[76, 150, 29]]


def test_one_plane_is_grey_already():
    plane = np.array([[1, 2]], np.uint8)
    assert to_grey(plane) is plane
    assert to_grey(plane[..., None]).tolist() == [[1, 2]]


@pytest.fixture
def case(tmp_path):
    image = save(tmp_path / "image.png", [[[255, 0, 0], [7, 7, 7]]])
    mask = save(tmp_path / "mask.png", [[1, 2]])

    def make(**changes):
        given = {"load_image": Reader(image), "load_mask": Reader(mask)} | changes
        return Case("a", "a", "", 0, "", Path("image.png"), (Path("mask.png"),), **given)

    return make


class Reader:
    def __init__(self, path):
        self.path = path

    def __call__(self):
        return read_pixels(self.path)


def test_a_case_is_left_alone_without_options(case):
    made = case()
    assert adapt_case(made, PLAIN) is made


def test_grey_and_lesion_values_hold_for_any_reader_and_can_be_pickled(case):
    adapted = adapt_case(case(), IngestionOptions(reader="paired", grey=True, lesion_values=(2,)))
    adapted = pickle.loads(pickle.dumps(adapted))
    assert adapted.load_image().tolist() == [[76, 7]]
    assert adapted.load_mask().tolist() == [[False, True]]


def test_colours_that_grey_hides_are_noted(case):
    notes = adapt_case(case(load_notes=lambda: (Note("several_masks", "x"),)), IngestionOptions(reader="paired", grey=True)).load_notes()
    assert notes == (Note("several_masks", "x"), Note("colour_overlay", "50.00% of the pixels have a colour"))


def test_values_of_a_case_without_a_mask_are_not_asked_for(case):
    assert adapt_case(case(load_mask=None), IngestionOptions(reader="paired", lesion_values=(2,))).load_mask is None
