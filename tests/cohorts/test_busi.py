from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tumourflow.cohorts.busi import read_busi
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="busi")
HOME = "Dataset_BUSI_with_GT/"


def write(root: Path, name: str, pixels, dtype=np.uint8, mode=None):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(pixels, dtype), mode=mode).save(path)


@pytest.mark.parametrize("home", ["", HOME])
def test_label_and_id_come_from_folder_and_name(make_files, home):
    files = [
        f"{home}{label}/{label} ({n}){mask}.png" for label, n in (("malignant", 2), ("benign", 10), ("benign", 9)) for mask in ("", "_mask")
    ]
    index = read_busi(make_files(*files), OPTIONS)
    assert [(case.case_id, case.label, case.slice) for case in index.cases] == [
        ("benign (9)", "benign", 0),
        ("benign (10)", "benign", 0),
        ("malignant (2)", "malignant", 0),
    ]
    assert all(case.patient == case.case_id for case in index.cases)
    assert not index.has_patients


def test_several_masks_are_united_in_their_order(tmp_path):
    write(tmp_path, "benign/benign (4).png", [[9, 9, 9]])
    write(tmp_path, "benign/benign (4)_mask.png", [[True, False, False]], np.bool_)
    write(tmp_path, "benign/benign (4)_mask_1.png", [[[0, 0, 0, 255], [255, 255, 255, 255], [0, 0, 0, 255]]], mode="RGBA")
    (case,) = read_busi(tmp_path, OPTIONS).cases
    assert [mask.name for mask in case.masks] == ["benign (4)_mask.png", "benign (4)_mask_1.png"]
    assert case.load_mask().tolist() == [[True, True, False]]
    assert [(note.finding, note.evidence) for note in case.load_notes()] == [
        ("several_masks", "benign (4)_mask.png + benign (4)_mask_1.png"),
        ("alpha_trap", "benign (4)_mask_1.png: with its alpha channel 3 pixels instead of 1"),
    ]


def test_the_tenth_mask_comes_after_the_second(make_files):
    names = [f"benign/benign (1){mask}.png" for mask in ("", "_mask", "_mask_10", "_mask_2")]
    (case,) = read_busi(make_files(*names), OPTIONS).cases
    assert [mask.stem[10:] for mask in case.masks] == ["_mask", "_mask_2", "_mask_10"]


def test_orphans_and_strays_are_told_apart(make_files):
    names = [
        "benign/benign (1).png",
        "benign/benign (1)_mask.png",
        "benign/benign (2).png",
        "benign/benign (3)_mask_1.png",
        "benign/malignant (4).png",
        "benign/benign (1)_mask_x.png",
        "benign/deep/benign (5).png",
        "other/other (1).png",
        "readme.txt",
    ]
    index = read_busi(make_files(*names), OPTIONS)
    assert [path.as_posix() for path in index.orphan_images] == ["benign/benign (2).png"]
    assert [path.as_posix() for path in index.orphan_masks] == ["benign/benign (3)_mask_1.png"]
    assert {path.as_posix() for path in index.strays} == set(names[4:])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["yes/1.png"], r"another layout: .* holds `yes/`\. It should hold `benign/`"),
        ([f"{home}/benign/benign (1){mask}.png" for home in "ab" for mask in ("", "_mask")], "2 folders of this layout: `a` and `b`"),
        (["benign/benign (1).png"], "No image of .* has a mask"),
        (["benign/benign (1).png", "benign/benign (1).PNG", "benign/benign (1)_mask.png"], "Two files would be the same image"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(make_files, names, message):
    with pytest.raises(UserError, match=message) as caught:
        read_busi(make_files(*names), OPTIONS)
    assert "\n" not in str(caught.value)


def test_published_cohort_has_all_masks_united_and_both_traps_found(busi):
    index = read_busi(busi, OPTIONS)
    notes = {case.case_id: case.load_notes() for case in index.cases}
    assert not index.orphan_images + index.orphan_masks + index.strays
    assert sum("several_masks" in [note.finding for note in found] for found in notes.values()) == 17
    traps = [case for case, found in notes.items() if "alpha_trap" in [note.finding for note in found]]
    assert traps == ["benign (4)", "benign (54)"]
    assert not any(case.load_mask().any() for case in index.cases if case.label == "normal")
    by_id = {case.case_id: case for case in index.cases}
    assert len(by_id["benign (195)"].masks) == 3
