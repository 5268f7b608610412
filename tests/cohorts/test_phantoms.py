import errno
import fcntl
import os
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tumourflow.cohorts.kaggle_3m import read_kaggle_3m
from tumourflow.cohorts.phantoms import draw_patient, draw_slices, ensure, write, write_phantoms
from tumourflow.errors import UserError
from tumourflow.imaging.read import read_pixels
from tumourflow.options import IngestionOptions, PhantomOptions

TINY = PhantomOptions(patients=4, slices=4, size=64)
MANY = PhantomOptions(patients=40, slices=12, size=32)


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("cohort") / "phantoms"
    write_phantoms(root, TINY)
    return root


@pytest.fixture(scope="module")
def cohort() -> list[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """Name, images, masks and brains of forty small patients."""
    patients = [draw_patient(MANY, index) for index in range(MANY.patients)]
    drawn = [list(draw_slices(patient)) for patient in patients]
    return [
        (patient.name, *(np.stack([getattr(one, part) for one in slices]) for part in ("image", "mask", "brain")))
        for patient, slices in zip(patients, drawn, strict=True)
    ]


def test_the_same_seed_writes_the_same_bytes(root, tmp_path):
    write_phantoms(tmp_path / "again", TINY)
    assert contents(tmp_path / "again") == contents(root)


def test_another_seed_writes_other_pixels():
    first, second = (next(draw_slices(draw_patient(TINY.model_copy(update={"seed": seed}), 0))).image for seed in (1, 2))
    assert (first != second).any()


def test_a_larger_cohort_extends_a_smaller_one(root, tmp_path):
    write_phantoms(tmp_path / "more", TINY.model_copy(update={"patients": 6}))
    small, large = contents(root), contents(tmp_path / "more")
    assert {name: large[name] for name in small if name.endswith(".tif")} == {
        name: content for name, content in small.items() if name.endswith(".tif")
    }
    assert len(large) > len(small)


def test_names_and_files_are_those_of_the_published_cohort(root):
    for name in contents(root):
        assert name in {"data.csv", "README.md"} or re.fullmatch(r"(TCGA_(CS|DU|FG|HT)_[PQR][0-9A-Z]{3}_\d{8})/\1_\d+(_mask)?\.tif", name)
    index = read_kaggle_3m(root, IngestionOptions(reader="kaggle_3m"))
    assert not index.strays
    for case in index.cases[:5]:
        with Image.open(root / case.image) as image, Image.open(root / case.masks[0]) as mask:
            assert (image.format, image.mode, image.size, image.info["compression"]) == ("TIFF", "RGB", (64, 64), "raw")
            assert (mask.format, mask.mode, mask.size, mask.info["compression"]) == ("TIFF", "L", (64, 64), "raw")
            assert set(np.unique(mask)) <= {0, 255}


def test_the_readme_says_that_nobody_was_scanned(root):
    assert "synthetic" in (root / "README.md").read_text()


def test_the_table_has_a_row_a_patient(root):
    rows = (root / "data.csv").read_text().splitlines()[1:]
    assert {row.split(",")[0] for row in rows} == {folder.name.rsplit("_", 1)[0] for folder in root.iterdir() if folder.is_dir()}


def test_slices_are_numbered_from_one_without_gaps(root):
    index = read_kaggle_3m(root, IngestionOptions(reader="kaggle_3m"))
    sound = [case for case in index.cases if _decodes(root / case.image)]
    for patient in {case.patient for case in sound}:
        numbers = [case.slice for case in sound if case.patient == patient]
        assert numbers == list(range(1, len(numbers) + 1))


def test_one_defect_of_each_kind_is_planted(root):
    index = read_kaggle_3m(root, IngestionOptions(reader="kaggle_3m"))
    assert (len(index.orphan_images), len(index.orphan_masks)) == (1, 1)
    assert sum(not _decodes(root / case.image) for case in index.cases) == 1


def test_no_defect_is_planted_unless_asked_for(tmp_path):
    write_phantoms(tmp_path / "sound", PhantomOptions(patients=1, slices=3, size=32, defects=False))
    index = read_kaggle_3m(tmp_path / "sound", IngestionOptions(reader="kaggle_3m"))
    assert index.orphan_images == index.orphan_masks == ()
    assert all(_decodes(tmp_path / "sound" / case.image) for case in index.cases)


def test_the_smallest_cohort_can_be_written_with_its_defects(tmp_path):
    write_phantoms(tmp_path / "one", PhantomOptions(patients=1, slices=3, size=32))
    index = read_kaggle_3m(tmp_path / "one", IngestionOptions(reader="kaggle_3m"))
    assert (len(index.orphan_images), len(index.orphan_masks)) == (1, 1)


def test_what_exists_is_never_overwritten(root, tmp_path):
    before = contents(root)
    with pytest.raises(UserError, match="holds something already"):
        write_phantoms(root, TINY.model_copy(update={"seed": 1}))
    assert contents(root) == before
    assert [path.name for path in root.parent.iterdir()] == ["phantoms"]


def test_of_two_first_runs_at_once_the_later_takes_what_the_other_has_written(tmp_path, monkeypatch):
    root, options = tmp_path / "01_raw/tiny", PhantomOptions(patients=1, slices=3, size=32)

    def write_second(*arguments):
        write_phantoms(*arguments)
        write_phantoms(*arguments)

    monkeypatch.setattr(ensure, "write_phantoms", write_second)
    ensure.ensure_phantoms(root, options)
    assert (root / "README.md").exists()
    monkeypatch.setattr(ensure, "write_phantoms", lambda root, _: write_second(root, options.model_copy(update={"seed": 9})))
    with pytest.raises(UserError, match="was written otherwise than it would be now"):
        ensure.ensure_phantoms(root.with_name("other"), options)


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "phantoms").write_text("mine")
    with pytest.raises(UserError, match="phantoms: Not a directory"):
        write_phantoms(tmp_path / "phantoms", TINY)
    assert (tmp_path / "phantoms").read_text() == "mine"


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    whole = write._write_tiff

    def fill(path: Path, pixels: np.ndarray) -> None:
        if path.stem.endswith("_3"):
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(path, pixels)

    monkeypatch.setattr(write, "_write_tiff", fill)
    with pytest.raises(UserError, match=r"phantoms: no space is left on the disk"):
        write_phantoms(tmp_path / "phantoms", TINY)
    assert not any(tmp_path.iterdir())


def test_what_a_killed_process_left_is_removed_at_the_next_write(tmp_path):
    left = tmp_path / ".phantoms.ab_12xyz" / "phantoms" / "TCGA_CS_P001_19900101"
    left.mkdir(parents=True)
    (left / "half.tif").touch()
    mine = [tmp_path / ".phantoms.backup", tmp_path / ".phantoms.notes_01", tmp_path / ".other.ab_12xyz"]
    for folder in mine:
        (folder / "mine").mkdir(parents=True)
    write_phantoms(tmp_path / "phantoms", TINY)
    assert sorted(tmp_path.iterdir()) == sorted([*mine, tmp_path / "phantoms"])


def test_what_another_process_is_writing_stays(tmp_path):
    busy = tmp_path / ".phantoms.ab_12xyz"
    (busy / "phantoms").mkdir(parents=True)
    descriptor = os.open(busy, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    write_phantoms(tmp_path / "phantoms", TINY)
    os.close(descriptor)
    assert (busy / "phantoms").is_dir()


def test_the_generator_paints_what_its_number_stands_for():
    """Whoever changes the numbers on the right raises `GENERATOR`, or cohorts on disk would pass for new ones."""
    drawn = list(draw_slices(draw_patient(TINY, 0)))
    image, mask = (np.stack([getattr(one, part) for one in drawn]) for part in ("image", "mask"))
    assert (write.GENERATOR, draw_patient(TINY, 0).name, len(drawn), int(mask.sum())) == (1, "TCGA_HT_P007_20051004", 3, 159)
    np.testing.assert_allclose(image.mean(axis=(0, 1, 2)), [3.307, 3.655, 3.921], rtol=0.002)


def test_names_are_unique():
    names = {draw_patient(TINY, index).name.split("_")[2] for index in range(500)}
    assert len(names) == 500


def test_every_patient_has_one_tumour_in_neighbouring_slices(cohort):
    for _, _, masks, _ in cohort:
        shown = np.flatnonzero(masks.any(axis=(1, 2)))
        assert len(shown) >= 1
        np.testing.assert_array_equal(shown, np.arange(shown[0], shown[-1] + 1))


def test_about_two_slices_in_five_show_tumour(cohort):
    assert 0.35 < np.concatenate([masks.any(axis=(1, 2)) for _, _, masks, _ in cohort]).mean() < 0.45


def test_tumours_lie_in_the_brain(cohort):
    assert all(brains[masks].all() for _, _, masks, brains in cohort)


def test_tumours_vary_in_size_and_the_median_is_that_of_real_ones(cohort):
    areas = np.concatenate([masks.sum(axis=(1, 2)) for _, _, masks, _ in cohort])
    smallest, median, largest = np.percentile(areas[areas > 0], (5, 50, 95)) * (256 / MANY.size) ** 2
    assert 1_000 < median < 2_000
    assert largest > 6 * smallest


def test_on_most_patients_tumours_are_bright_on_flair_and_dark_on_t1(cohort):
    signs = []
    for _, images, masks, brains in cohort:
        around = brains & ~masks & masks.any(axis=(1, 2))[:, None, None]
        if (images[..., 0] != images[..., 1]).any():
            signs.append([np.median(images[masks][:, channel]) > np.median(images[around][:, channel]) for channel in (0, 1)])
    t1, flair = np.mean(signs, axis=0)
    assert t1 < 0.2
    assert flair > 0.8


def test_some_patients_miss_a_sequence_and_hold_flair_instead(cohort):
    missing = [any((images[..., channel] == images[..., 1]).all() for channel in (0, 2)) for _, images, _, _ in cohort]
    assert 0.02 < np.mean(missing) < 0.35


def test_scanners_differ_by_several_times_in_brightness(cohort):
    brightness = [np.percentile(images, 99) for _, images, _, _ in cohort]
    assert max(brightness) > 4 * min(brightness)


def test_the_last_slice_is_nearly_black(cohort):
    assert all(images[-1].max() < 0.25 * images.max() for _, images, _, _ in cohort)


def test_some_volumes_end_where_flair_does_not_reach(cohort):
    assert any(images[0, ..., 1].max() == 0 and images[0, ..., 0].max() > 0 for _, images, _, _ in cohort)


def test_thresholds_fail(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    measure = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "phantom_difficulty.py"))["measure"]
    found = measure(patients=24, seed=7, size=64)
    rules = ("best_fixed_raw", "best_fixed_normalised", "otsu_per_volume", "otsu_per_slice")
    assert all(0.05 < found[rule] < 0.6 for rule in rules), found


def _decodes(path: Path) -> bool:
    try:
        read_pixels(path)
    except (OSError, ValueError):
        return False
    return True
