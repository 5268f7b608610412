import errno

import numpy as np
import pytest

from tumourflow.cohorts.shown import DEFAULT_WINDOW
from tumourflow.inference.findings import DONE
from tumourflow.inference.gather import gather_volumes
from tumourflow.inference.place import open_input
from tumourflow.inference.reading import Inspected
from tumourflow.inference.results import AT_ONCE, describe_engine, inspect_new, list_rows, name_volumes, take_fingerprints


class Memory(dict):
    """Keeps results as the store does, in memory."""

    def find(self, fingerprints):
        return {name for name, fingerprint in fingerprints.items() if name in self and self[name][0] == fingerprint}

    def read(self, name):
        return self[name][1]

    def write(self, results):
        self.update({name: (fingerprint, result) for name, fingerprint, result in results})


class Inspector:
    """Finds a tumour in the first pixel of everything, and notes how much it was shown."""

    def __init__(self, fails_at=99):
        self.shown, self.fails_at = [], fails_at

    def __call__(self, readings):
        if len(self.shown) == self.fails_at:
            raise KeyboardInterrupt
        self.shown.append(sum(len(reading.images) for reading in readings))
        return [self.find(reading) for reading in readings]

    def find(self, reading):
        masks = {place: np.eye(*image.shape[:2], dtype=bool) for place, image in reading.images.items()}
        states = dict.fromkeys(reading.unreadable, "unreadable")
        rows = [
            {"source": each.source, "patient": reading.volume.patient, "status": states.get(place, DONE)}
            for place, each in enumerate(reading.volume.slices)
        ]
        return Inspected(reading.volume, rows, masks)


def test_the_libraries_that_compute_are_told_with_their_versions(monkeypatch):
    import keras

    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    told = dict(describe_engine())
    assert (told["keras"], told["backend"]) == (keras.__version__, "tensorflow")
    assert {"scipy", "scikit-learn", "tensorflow"} < told.keys()


@pytest.fixture
def run():
    def inspect(folder, memory, inspector, common=""):
        gathered = gather_volumes(open_input(str(folder)))
        volumes = name_volumes(gathered)
        found = inspect_new(volumes, take_fingerprints(volumes, common), memory, inspector, "synchronous", DEFAULT_WINDOW)
        return gathered, [name for _, result in found for name in result.masks]

    return inspect


def test_a_second_call_inspects_only_what_is_new(write_images, run):
    memory, first, second = Memory(), Inspector(), Inspector()
    _, masks = run(write_images("a/1.png", "a/2.png", "b.png"), memory, first)
    assert sorted(masks) == ["a/1.png_mask.png", "a/2.png_mask.png", "b.png_mask.png"]
    gathered, masks = run(write_images("c.png"), memory, second)
    assert (first.shown, second.shown) == ([3], [1])
    assert sorted(masks) == ["a/1.png_mask.png", "a/2.png_mask.png", "b.png_mask.png", "c.png_mask.png"]
    assert [(row["source"], row["slice"]) for row in list_rows(gathered, memory)] == [
        ("a/1.png", 0),
        ("a/2.png", 1),
        ("b.png", 0),
        ("c.png", 0),
    ]


def test_nothing_is_inspected_where_nothing_is_new(write_images, run):
    memory, folder = Memory(), write_images("a.png")
    run(folder, memory, Inspector())
    run(folder, memory, Inspector(fails_at=0))


def test_what_could_not_be_read_is_tried_again(write_images, run, monkeypatch):
    memory, folder, second = Memory(), write_images("a/1.png", "a/2.png", "b.png"), Inspector()

    def read(path):
        if path.name == "1.png":
            raise OSError(errno.EIO, "Input/output error")
        return np.zeros((4, 4), np.uint8)

    with monkeypatch.context() as patch:
        patch.setattr("tumourflow.inference.gather.read_pixels", read)
        run(folder, memory, Inspector())
    gathered, _ = run(folder, memory, second)
    assert second.shown == [2]
    assert [row["status"] for row in list_rows(gathered, memory)] == [DONE, DONE, DONE]
    run(folder, memory, Inspector(fails_at=0))


def test_other_models_inspect_all_again(write_images, run):
    memory, folder, second = Memory(), write_images("a.png", "b.png"), Inspector()
    run(folder, memory, Inspector(), "one")
    run(folder, memory, second, "other")
    assert second.shown == [2]


def test_what_an_interrupted_run_has_done_is_taken_over(write_images, run):
    folder = write_images(*(f"{number}.png" for number in range(AT_ONCE + 3)), size=2)
    memory, second = Memory(), Inspector()
    with pytest.raises(KeyboardInterrupt):
        run(folder, memory, Inspector(fails_at=1))
    run(folder, memory, second)
    assert second.shown == [3]


def test_images_come_a_few_at_a_time(write_images, run):
    inspector = Inspector()
    run(write_images(*(f"{number}.png" for number in range(2 * AT_ONCE)), size=2), Memory(), inspector)
    assert inspector.shown == [AT_ONCE, AT_ONCE]


def test_files_that_are_no_images_have_their_rows(write_images, run):
    memory = Memory()
    gathered, _ = run(write_images("a/1.png", "a/1_mask.png", "notes.txt"), memory, Inspector())
    told = {row["source"]: row["status"] for row in list_rows(gathered, memory)}
    assert told == {"a/1.png": "done", "a/1_mask.png": "refused", "notes.txt": "unreadable"}
