import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tumourflow.cohorts.case import Case, Note
from tumourflow.cohorts.loaders import adapt_case, mask_loader, note_masks, select_lesion, to_grey, unite_masks
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


@given(hnp.arrays(np.uint8, (4, 4), elements=st.integers(0, 4)), st.sets(st.integers(0, 9)))
def test_only_the_values_chosen_are_lesion(labels, chosen):
    found = select_lesion(labels, tuple(chosen))
    assert found.tolist() == [[value in chosen for value in row] for row in labels.tolist()]


def test_a_mask_of_colours_has_no_values():
    with pytest.raises(ValueError, match="no colours"):
        select_lesion(np.array([[[1, 0, 0]]], np.uint8), (1,))
    assert select_lesion(np.array([[[2, 2, 2], [0, 0, 0]]], np.uint8), (2,)).tolist() == [[True, False]]


def test_masks_of_different_encodings_are_united_and_not_summed(tmp_path):
    files = (
        save(tmp_path / "a.png", [[255, 255, 0, 0]]),
        save(tmp_path / "b.png", [[0, 1, 1, 0]]),
        save(tmp_path / "c.png", [[[0, 0, 0, 255]] * 3 + [[9, 9, 9, 255]]], "RGBA"),
    )
    assert unite_masks(files).tolist() == [[True, True, True, True]]
    assert unite_masks(files[:2]).tolist() == [[True, True, True, False]]


def test_values_are_chosen_in_each_mask_before_they_are_united(tmp_path):
    files = (save(tmp_path / "a.png", [[1, 2, 3, 0]]), save(tmp_path / "b.png", [[3, 3, 2, 3]]))
    assert unite_masks(files, (1, 2)).tolist() == [[True, True, True, False]]


def test_masks_of_one_image_that_differ_in_size_are_refused(tmp_path):
    files = (save(tmp_path / "a.png", [[0, 1]]), save(tmp_path / "b.png", [[0, 1], [0, 0]]))
    with pytest.raises(ValueError, match="differ in size: 1 x 2 and 2 x 2"):
        unite_masks(files)


def test_a_single_mask_is_handed_on_as_it_is_stored(tmp_path):
    save(tmp_path / "a.png", [[0, 7, 9]])
    assert mask_loader(tmp_path, (Path("a.png"),), PLAIN)().tolist() == [[0, 7, 9]]
    assert mask_loader(tmp_path, (), PLAIN) is None


def test_an_alpha_channel_is_noted_where_it_would_change_the_mask(tmp_path):
    trap = save(tmp_path / "trap.png", [[[0, 0, 0, 255], [255, 255, 255, 255]]], "RGBA")
    harmless = save(tmp_path / "harmless.png", [[[0, 0, 0, 0], [255, 255, 255, 255]]], "RGBA")
    plain = save(tmp_path / "plain.png", [[0, 255]])
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    assert note_masks((trap,)) == (Note("alpha_trap", "trap.png: with its alpha channel 2 pixels instead of 1"),)
    assert note_masks((harmless,)) == note_masks((plain,)) == note_masks((tmp_path / "broken.png",)) == ()


def test_several_masks_are_noted_by_name(tmp_path):
    files = (save(tmp_path / "a.png", [[0, 1]]), save(tmp_path / "b.png", [[0, 1]]))
    assert note_masks(files) == (Note("several_masks", "a.png + b.png"),)


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
