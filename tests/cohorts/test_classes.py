import io

import numpy as np
import pytest
from PIL import Image

from tumourflow.cohorts.classes import read_classes
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="classes", grey=True)


@pytest.mark.parametrize("home", ["", "archive/", "archive/brain/"])
def test_the_folder_is_the_class_wherever_the_folders_lie(make_files, home):
    index = read_classes(make_files(f"{home}yes/Y1.jpg", f"{home}no/N1.png", f"{home}no/more/N2.png"), OPTIONS)
    assert [(case.case_id, case.label, case.masks, case.load_mask) for case in index.cases] == [
        ("no/N1", "no", (), None),
        ("no/more/N2", "no", (), None),
        ("yes/Y1", "yes", (), None),
    ]
    assert not index.has_patients
    assert not index.orphan_images


def test_numbers_in_names_are_no_slices_of_one_patient(make_files):
    cases = read_classes(make_files("yes/image_1.png", "yes/image_2.png", "no/image_1.png"), OPTIONS).cases
    assert len({case.patient for case in cases}) == 3
    assert {case.slice for case in cases} == {0}


def test_a_pattern_of_ones_own_finds_the_patient_across_classes(make_files):
    options = IngestionOptions(reader="classes", case_pattern=r"(?P<patient>\w+)_(?P<slice>\d+)")
    index = read_classes(make_files("yes/anna_2.png", "no/anna_1.png", "no/bert_1.png"), options)
    assert [(case.patient, case.slice, case.label) for case in index.cases] == [("anna", 1, "no"), ("anna", 2, "yes"), ("bert", 1, "no")]
    assert index.has_patients


def test_a_slice_number_too_long_for_a_table_rejects_the_picture(make_files):
    options = IngestionOptions(reader="classes", case_pattern=r"(?P<patient>[a-z]+)_(?P<slice>\d+)")
    index = read_classes(make_files("yes/anna_1.png", "no/anna_20240131120000123456789.png"), options)
    assert [case.case_id for case in index.cases] == ["yes/anna_1"]
    assert [(each.file.name, each.finding) for each in index.rejected] == [("anna_20240131120000123456789.png", "stray")]


def test_names_that_differ_only_in_the_suffix_keep_it(make_files):
    cases = read_classes(make_files("yes/1.png", "yes/1.jpg", "no/2.png"), OPTIONS).cases
    assert [case.case_id for case in cases] == ["no/2", "yes/1.jpg", "yes/1.png"]


def test_a_picture_is_decoded_whatever_its_suffix_says(tmp_path):
    stream = io.BytesIO()
    Image.fromarray(np.full((2, 3), 7, np.uint8)).save(stream, "PNG")
    for name in ("yes/1.jpg", "no/2.jpeg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(stream.getvalue())
    assert [case.load_image().tolist() for case in read_classes(tmp_path, OPTIONS).cases] == [[[7] * 3] * 2] * 2


def test_notes_and_strays_are_told_apart(make_files):
    names = ["yes/1.png", "no/1.png", "README.md", "labels.csv", "cover.png", "yes/.DS_Store", "yes/._1.png", "yes/notes.txt"]
    index = read_classes(make_files(*names), OPTIONS)
    assert {path.as_posix() for path in index.metadata} == {"README.md", "labels.csv"}
    assert {path.as_posix() for path in index.strays} == {"cover.png", "yes/.DS_Store", "yes/._1.png", "yes/notes.txt"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train/yes/1.png", "test/no/1.png"], "are splits, not classes: test, train"),
        (["yes/1.png", "no/1.png", "brain/yes/1.png", "brain/no/1.png"], "holds a class twice: `no` and `brain/no`"),
        (["1.png", "2.png"], "another layout"),
        (["yes/1.jpg.png", "yes/1.jpg", "yes/1.png", "no/1.png"], "Two files would be the same image"),
    ],
)
def test_what_would_be_misread_is_told_in_a_sentence(make_files, names, message):
    with pytest.raises(UserError, match=message) as caught:
        read_classes(make_files(*names), OPTIONS)
    assert "\n" not in str(caught.value)


def test_every_published_picture_becomes_grey_whatever_its_mode(brain_yes_no):
    from tumourflow.cohorts.readers import read_cohort
    from tumourflow.options import PhantomOptions

    index = read_cohort(brain_yes_no, OPTIONS, PhantomOptions())
    assert [sum(case.label == label for case in index.cases) for label in ("yes", "no")] == [99, 56]
    assert {case.load_image().ndim for case in index.cases} == {2}


def test_hidden_folders_are_no_classes(make_files):
    index = read_classes(make_files("yes/Y1.png", "no/N1.png", ".Trash/files/x.png", "no/.ipynb_checkpoints/N1-checkpoint.png"), OPTIONS)
    assert [case.case_id for case in index.cases] == ["no/N1", "yes/Y1"]
    assert len(index.strays) == 2


def test_masks_beside_the_pictures_are_not_pictures_of_the_class(make_files):
    root = make_files("yes/a.png", "yes/a_mask.png", "no/b.png", "no/face_mask.png")
    with pytest.raises(UserError, match=r"holds masks: `yes/a_mask` is one of `yes/a`. Move them out of the class folders"):
        read_classes(root, OPTIONS)
    (root / "yes/a_mask.png").unlink()
    assert len(read_classes(root, OPTIONS).cases) == 3
