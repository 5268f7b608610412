from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tumourflow.cohorts.case import Note
from tumourflow.cohorts.masks import MaskSizesError, mask_loader, note_masks, select_lesion, unite_masks
from tumourflow.imaging.mask import MaskError, binarise
from tumourflow.options import IngestionOptions


def save(path: Path, pixels, mode: str | None = None) -> Path:
    Image.fromarray(np.array(pixels, np.uint8), mode=mode).save(path)
    return path


@given(hnp.arrays(np.uint8, (4, 4), elements=st.integers(0, 4)), st.sets(st.integers(0, 9)))
def test_only_the_values_chosen_are_lesion(labels, chosen):
    found = select_lesion(labels, tuple(chosen))
    assert found.tolist() == [[value in chosen for value in row] for row in labels.tolist()]


def test_a_mask_of_colours_has_no_values():
    with pytest.raises(MaskError, match="no colours"):
        select_lesion(np.array([[[1, 0, 0]]], np.uint8), (1,))
    assert select_lesion(np.array([[[2, 2, 2], [0, 0, 0]]], np.uint8), (2,)).tolist() == [[True, False]]


def test_what_has_been_chosen_before_stays():
    assert select_lesion(np.array([[False, True]]), (2,)).tolist() == [[False, True]]


def test_a_palette_says_which_of_two_places_in_it_is_bright(tmp_path):
    """The second may be black and the first red: only where labels are chosen is a place itself the value."""
    mask = Image.fromarray(np.array([[0, 1, 1]], np.uint8), mode="P")
    mask.putpalette([255, 0, 0, 0, 0, 0])
    mask.save(tmp_path / "a.png")
    assert binarise(mask_loader(tmp_path, (Path("a.png"),), IngestionOptions(reader="busi"))()).tolist() == [[True, False, False]]


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
    united = unite_masks(files, (1, 2))
    assert select_lesion(united, (1, 2)).tolist() == [[True, True, True, False]]
    assert united.tolist() == [[1, 2, 2, 3]]


@given(st.lists(hnp.arrays(np.uint8, (2, 3), elements=st.integers(0, 4)), min_size=2, max_size=4), st.sets(st.integers(0, 5)))
def test_no_lesion_is_lost_below_another_label(tmp_path_factory, masks, chosen):
    home = tmp_path_factory.mktemp("masks")
    files = tuple(save(home / f"{number}.png", mask) for number, mask in enumerate(masks))
    found = select_lesion(unite_masks(files, tuple(chosen)), tuple(chosen))
    assert found.tolist() == np.logical_or.reduce([np.isin(mask, list(chosen)) for mask in masks]).tolist()


def test_the_index_of_a_palette_is_the_label_where_labels_are_chosen(tmp_path):
    labels = Image.fromarray(np.array([[0, 1, 2, 3]], np.uint8), mode="P")
    labels.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0, 0, 0, 200])
    labels.save(tmp_path / "a.png")
    save(tmp_path / "b.png", [[3, 0, 0, 0]])
    options = IngestionOptions(reader="paired", lesion_values=(1, 3))
    assert mask_loader(tmp_path, (Path("a.png"),), options)().tolist() == [[0, 1, 2, 3]]
    both = mask_loader(tmp_path, (Path("a.png"), Path("b.png")), options)()
    assert select_lesion(both, (1, 3)).tolist() == [[True, True, False, True]]


def test_masks_of_one_image_that_differ_in_size_are_refused(tmp_path):
    files = (save(tmp_path / "a.png", [[0, 1]]), save(tmp_path / "b.png", [[0, 1], [0, 0]]))
    with pytest.raises(MaskSizesError, match="differ in size: 1 x 2 and 2 x 2"):
        unite_masks(files)


def test_a_single_mask_is_handed_on_as_it_is_stored(tmp_path):
    save(tmp_path / "a.png", [[0, 7, 9]])
    assert mask_loader(tmp_path, (Path("a.png"),), IngestionOptions(reader="busi"))().tolist() == [[0, 7, 9]]
    assert mask_loader(tmp_path, (), IngestionOptions(reader="busi")) is None


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


def test_an_alpha_channel_is_noted_of_a_turned_mask_too(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    mask = np.zeros((8, 12, 4), np.uint8)
    mask[..., 3] = 255
    mask[2:4, 2:6] = 255
    Image.fromarray(mask).save(tmp_path / "a.png", exif=exif)
    (note,) = note_masks((tmp_path / "a.png",))
    assert note.evidence == "a.png: with its alpha channel 96 pixels instead of 8"
