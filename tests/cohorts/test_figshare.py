from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from tumourflow.cohorts import figshare
from tumourflow.cohorts.figshare import read_figshare
from tumourflow.curation.families import name_families
from tumourflow.datasets import FactCache
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="figshare")
REAL = Path(__file__).parents[3] / "shared/data"


def write_folds(path: Path, folds: list[float]) -> None:
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("cvind", data=np.array([folds]).T)


def test_one_folder_and_the_archives_four_give_the_same_cases(write_mat, tmp_path):
    for folder in ("one", "four/brainTumorDataPublic_1-766"):
        write_mat(f"{folder}/2.mat", pid="A", label=2)
        write_mat(f"{folder}/10.mat", pid="B", label=3)
    flat, nested = (read_figshare(tmp_path / name, OPTIONS).cases for name in ("one", "four"))
    assert [(case.case_id, case.patient, case.label, case.slice, case.masks) for case in flat] == [
        ("2", "A", "glioma", 0, ()),
        ("10", "B", "pituitary", 0, ()),
    ]
    assert [case.case_id for case in flat] == [case.case_id for case in nested]
    assert nested[0].image == Path("brainTumorDataPublic_1-766/2.mat")


def test_images_are_shown_through_the_window_of_the_options(write_mat, tmp_path):
    write_mat("1.mat")
    assert read_figshare(tmp_path, OPTIONS).window == OPTIONS


def test_numbers_are_ordered_as_numbers(write_mat, tmp_path):
    for number in (100, 20, 3):
        write_mat(f"{number}.mat")
    assert [case.case_id for case in read_figshare(tmp_path, OPTIONS).cases] == ["3", "20", "100"]


@pytest.mark.parametrize(("label", "name"), [(1, "meningioma"), (2, "glioma"), (3, "pituitary")])
def test_labels_are_named(write_mat, tmp_path, label, name):
    write_mat("1.mat", label=label)
    assert read_figshare(tmp_path, OPTIONS).cases[0].label == name


def test_official_fold_is_that_of_the_cases_number_counted_from_0(write_mat, tmp_path):
    write_mat("1.mat")
    write_mat("3.mat")
    write_mat("9.mat")
    write_folds(tmp_path / "cvind.mat", [5, 1, 2])
    index = read_figshare(tmp_path, OPTIONS)
    assert {case.case_id: case.official_fold for case in index.cases} == {"1": 4, "3": 1, "9": -1}
    assert index.metadata == (Path("cvind.mat"),)


def test_folds_of_an_older_matlab_are_read(write_mat, tmp_path):
    write_mat("2.mat")
    scipy.io.savemat(tmp_path / "cvind.mat", {"cvind": np.array([[1, 4]])})
    assert read_figshare(tmp_path, OPTIONS).cases[0].official_fold == 3


@pytest.mark.parametrize(
    "content", [b"", b"MATLAB 5.0", b"MATLAB 5.0 MAT-file" + bytes(300), b"nonsense", b"\x89HDF\r\n\x1a\n" + bytes(99)]
)
def test_folds_that_cannot_be_read_are_accounted_for_and_the_rest_goes_on(write_mat, tmp_path, content):
    write_mat("1.mat")
    (tmp_path / "cvind.mat").write_bytes(content)
    index = read_figshare(tmp_path, OPTIONS)
    assert [(each.file.name, each.finding) for each in index.rejected] == [("cvind.mat", "undecodable")]
    assert index.cases[0].official_fold == -1


def test_folds_that_are_no_folds_are_none(write_mat, tmp_path):
    for number in (1, 2, 3, 4):
        write_mat(f"{number}.mat")
    write_folds(tmp_path / "cvind.mat", [np.nan, 0, 2.5, 1])
    assert [case.official_fold for case in read_figshare(tmp_path, OPTIONS).cases] == [-1, -1, -1, 0]


def test_every_file_is_accounted_for_once(write_mat, tmp_path):
    write_mat("brainTumorDataPublic_1-766/1.mat")
    for name in ("README.txt", "brainTumorDataPublic_1-766.zip", "brainTumorDataPublic_767-1532.zip", "._1.mat", "notes.doc"):
        (tmp_path / name).write_text(name)
    write_folds(tmp_path / "cvind.mat", [1])
    (tmp_path / "2.mat").write_bytes(b"")
    index = read_figshare(tmp_path, OPTIONS)
    assert {path.name for path in index.metadata} == {"README.txt", "brainTumorDataPublic_1-766.zip", "cvind.mat"}
    assert {path.name for path in index.strays} == {"brainTumorDataPublic_767-1532.zip", "._1.mat", "notes.doc"}
    assert [(each.file.name, each.finding) for each in index.rejected] == [("2.mat", "empty")]
    assert len(index.cases) + len(index.metadata) + len(index.strays) + len(index.rejected) == 8


def test_an_image_without_mask_and_border_is_an_orphan(write_mat, tmp_path):
    write_mat("1.mat")
    write_mat("2.mat", tumorMask=None, tumorBorder=None)
    write_mat("3.mat", tumorMask=None)
    index = read_figshare(tmp_path, OPTIONS)
    assert [case.case_id for case in index.cases] == ["1", "3"]
    assert [(each.file.name, each.finding) for each in index.rejected] == [("2.mat", "orphan_image")]


def test_spacing_is_known_for_the_published_size_only(write_mat, tmp_path):
    write_mat("1.mat")
    write_mat("2.mat", image=np.zeros((512, 512), np.int16))
    assert [case.spacing for case in read_figshare(tmp_path, OPTIONS).cases] == [None, (0.49, 0.49)]


def test_two_files_of_one_number_are_refused_by_name(write_mat, tmp_path):
    write_mat("1.mat")
    write_mat("copy/1.mat")
    with pytest.raises(UserError, match=r"`1.mat` and `copy/1.mat`"):
        read_figshare(tmp_path, OPTIONS)


def test_archives_that_are_still_packed_are_named(tmp_path):
    (tmp_path / "brainTumorDataPublic_1-766.zip").write_text("packed")
    with pytest.raises(UserError, match="unpack the archives first"):
        read_figshare(tmp_path, OPTIONS)


def test_a_folder_of_nothing_readable_is_refused_with_the_reason(tmp_path):
    (tmp_path / "1.mat").write_bytes(b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(200))
    with pytest.raises(UserError, match=r"save it with `-v7\.3`"):
        read_figshare(tmp_path, OPTIONS)


def test_cases_load_in_another_process(write_mat, tmp_path):
    import pickle

    write_mat("1.mat")
    case = pickle.loads(pickle.dumps(read_figshare(tmp_path, OPTIONS).cases[0]))
    assert case.load_image().shape == case.load_mask().shape == (12, 10)
    assert case.load_notes() == ()


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    if not (REAL / "figshare").exists():
        pytest.skip("needs the real part of the cohort, which is not here")
    import importlib.util

    spec = importlib.util.spec_from_file_location("make_cohorts", REAL / "make_cohorts.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    folder = tmp_path_factory.mktemp("figshare")
    maker.figshare(folder, archive=True)
    return read_figshare(folder, OPTIONS)


def test_real_part_comes_in_whole(real):
    assert len(real.cases) == 328
    assert len({case.patient for case in real.cases}) == 84
    assert set(name_families(case.patient for case in real.cases).values()) == {"MR040240", "MR026175", "MR039473", "MR024780"}
    assert Counter(case.label for case in real.cases) == {"meningioma": 97, "glioma": 112, "pituitary": 119}
    assert {case.official_fold for case in real.cases} == {0, 1, 2, 3, 4}
    assert not real.rejected
    assert not real.strays


def test_real_masks_and_borders_agree_and_images_lie_as_they_were_exported(real):
    from PIL import Image

    for case in real.cases[::10]:
        exported = np.asarray(Image.open(REAL / f"figshare/{case.case_id}.webp").convert("L"))
        assert np.corrcoef(case.load_image().ravel(), exported.ravel())[0, 1] > 0.99
        assert ((np.asarray(Image.open(REAL / f"figshare/{case.case_id}_mask.png")) > 0) == (case.load_mask() > 0)).all()
        assert case.load_notes() == ()


def test_a_header_is_read_again_only_where_its_file_has_changed(write_mat, tmp_path, monkeypatch):
    for number in (1, 2, 3):
        write_mat(f"raw/{number}.mat", pid=f"P{number}")
    (tmp_path / "raw/4.mat").write_bytes(b"no MAT file")
    read, original = [], figshare.read_header
    monkeypatch.setattr(figshare, "read_header", lambda path: [read.append(path.stem), original(path)][1])
    memory = FactCache(tmp_path / "cache.sqlite")
    first = read_figshare(tmp_path / "raw", OPTIONS, memory)
    assert read == ["1", "2", "3", "4"]
    read.clear()
    write_mat("raw/2.mat", pid="CHANGED")
    second = read_figshare(tmp_path / "raw", OPTIONS, memory)
    assert read == ["2", "4"]
    assert [case.patient for case in first.cases] == ["P1", "P2", "P3"]
    assert [case.patient for case in second.cases] == ["P1", "CHANGED", "P3"]
    assert [each.file.name for each in second.rejected] == ["4.mat"]


def test_nothing_is_told_of_where_the_folds_lie(write_mat, tmp_path):
    write_mat("1.mat")
    (tmp_path / "cvind.mat").symlink_to("gone.mat")
    (rejected,) = read_figshare(tmp_path, OPTIONS).rejected
    assert rejected.evidence == "the file cannot be opened (FileNotFoundError)"
