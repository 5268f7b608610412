import numpy as np
import pytest

from tumourflow.inference.gather import gather_volumes
from tumourflow.inference.inspect import Inspector
from tumourflow.inference.models import Chosen, ModelAtHand
from tumourflow.inference.place import open_input
from tumourflow.inference.reading import read_volumes
from tumourflow.inference.routing import Route
from tumourflow.inference.windows import find_router_window
from tumourflow.serving.segmenter import SegmentedSlice


class Segmenter:
    """Finds a tumour in the first row of every image whose first pixel is not 0."""

    def __init__(self, model, bundle):
        self.asked = []

    def segment_volumes(self, volumes):
        for volume in volumes:
            self.asked.append((len(volume.images), list(volume.slices)))
            yield [self.segment(image) for image in volume.images]

    def segment(self, image):
        mask = np.zeros(image.shape[:2], bool)
        mask[0] = image.flat[0] > 0
        return SegmentedSlice(mask.astype(np.float32) / 2, mask, 0.125 if mask.any() else np.nan)


class Classifier:
    """Sure of its first class."""

    classes = ("benign", "normal")

    def __init__(self, model, bundle):
        self.classes = tuple(bundle["classes"])

    def classify_volumes(self, volumes):
        for volume in volumes:
            yield np.tile(np.array([0.75, 0.25], np.float32), (len(volume.images), 1))


class Router:
    """Refuses what is dark, and takes the rest for a breast where it is grey."""

    def __init__(self, model, bundle):
        self.seen = []

    def route(self, images):
        return [Route("", "Too strange.") if image.max() < 9 else Route("brain" if image[0, 1] else "breast") for image in images]


@pytest.fixture
def inspector(monkeypatch):
    monkeypatch.setattr("tumourflow.inference.steps.Segmenter", Segmenter)
    monkeypatch.setattr("tumourflow.inference.steps.Classifier", Classifier)
    monkeypatch.setattr("tumourflow.inference.sorting.Router", Router)

    def make(*models, router=False, modality=None):
        loaded = []
        bundles = {
            "segmentation": lambda unit: {"preparation": {"unit": unit}},
            "typing": lambda _: {"classes": ["benign", "normal"]},
            "detection": lambda unit: {"preparation": {"unit": unit}, "classes": ["none", "tumour"]},
        }
        steps = {
            (step, kind): ModelAtHand(
                f"x-{NAMES.get(step, step)} v1", step, kind, bundles[step](unit), lambda name=step: loaded.append(name)
            )
            for step, kind, unit in models
        }
        routing = ModelAtHand("all-router v2", "router", "", {}, lambda: loaded.append("router")) if router else None
        made = Inspector(Chosen(routing, steps), modality)
        return made, loaded

    return make


NAMES = {"typing": "classification", "detection": "classification"}
FLAIR = ("segmentation", "brain-flair3", "patient")
US = ("segmentation", "breast-us", "slice")


def rows_of(inspected):
    return {row["source"]: row for each in inspected for row in each.rows}


def test_a_patient_is_segmented_together_and_measured(inspector, write_images, read_all):
    made, loaded = inspector(FLAIR)
    (found,) = made.inspect(read_all(write_images("anna/x_2.png", "anna/x_4.png")))
    assert made.steps._tools["x-segmentation v1"].asked == [(2, [2, 4])]
    assert loaded == ["segmentation"]
    row = found.rows[0]
    assert (row["status"], row["input_kind"], row["modality"], row["segmentation"]) == ("done", "brain-flair3", "brain", "done")
    assert (row["area"], row["probability"], row["uncertainty"], row["segmentation_model"]) == (16, 0.5, 0.125, "x-segmentation v1")
    assert (row["detection"], row["typing"], row.get("detection_model", "")) == ("no model", "no model", "")
    assert row["reason"].startswith("No router is registered: taken for brain")
    assert sorted(found.masks) == [0, 1]


def test_images_that_are_measured_by_themselves_stand_alone(inspector, write_images, read_all):
    made, _ = inspector(US)
    made.inspect(read_all(write_images("ward/1.png", "ward/2.png", grey=True)))
    assert made.steps._tools["x-segmentation v1"].asked == [(1, [1]), (1, [2])]


def test_a_damaged_slice_leaves_a_row_and_a_gap(inspector, write_images, read_all):
    folder = write_images("anna/1.png", "anna/2.png", "anna/3.png")
    (folder / "anna/2.png").write_bytes(b"no image")
    made, _ = inspector(FLAIR)
    rows = rows_of(made.inspect(read_all(folder)))
    assert made.steps._tools["x-segmentation v1"].asked == [(2, [1, 3])]
    assert (rows["anna/2.png"]["status"], rows["anna/2.png"]["segmentation"]) == ("unreadable", "none to do")
    assert str(folder) not in rows["anna/2.png"]["reason"]


def test_the_router_refuses_and_tells_kinds_apart(inspector, write_images, read_all):
    from PIL import Image

    folder = write_images("keep.txt")
    for name, value in (("brain", 200), ("breast", 0), ("dark", 1)):
        pixels = np.full((16, 16), 200 if value else 0, np.uint8) if value != 1 else np.ones((16, 16), np.uint8)
        pixels[8:] = 200 if value != 1 else 1
        Image.fromarray(pixels).save(folder / f"{name}.png")
    made, loaded = inspector(US, ("segmentation", "brain-t1ce", "slice"), router=True)
    rows = rows_of(made.inspect(read_all(folder)))
    assert {name: row["input_kind"] for name, row in rows.items()} == {
        "brain.png": "brain-t1ce",
        "breast.png": "breast-us",
        "dark.png": "",
    }
    assert (rows["dark.png"]["status"], rows["dark.png"]["reason"]) == ("refused", "Too strange.")
    assert rows["dark.png"]["router_model"] == "all-router v2"
    assert loaded[0] == "router"


@pytest.mark.parametrize(
    ("answers", "kinds"),
    [
        (["breast", "breast", "brain"], ["breast-us", "breast-us", "brain-flair3"]),
        (["brain", "breast", "brain"], ["brain-flair3"] * 3),
        (["brain", "", "brain"], ["brain-flair3"] * 3),
        (["", "brain", ""], [""] * 3),
        (["breast", "", "breast"], ["breast-us", "", "breast-us"]),
    ],
)
def test_a_folder_is_one_volume_where_most_of_it_is_measured_together(inspector, write_images, read_all, monkeypatch, answers, kinds):
    monkeypatch.setattr(Router, "route", lambda *_: [Route(answer, "" if answer else "Too strange.") for answer in answers])
    made, _ = inspector(FLAIR, US, router=True)
    rows = rows_of(made.inspect(read_all(write_images("a/1.png", "a/2.png", "a/3.png"))))
    assert [row["input_kind"] for row in rows.values()] == kinds


def test_router_and_steps_see_images_each_through_the_window_that_they_were_trained_with(inspector, write_scans, monkeypatch):
    seen = {"router": [], "segmentation": []}
    route, segment = Router.route, Segmenter.segment
    monkeypatch.setattr(Router, "route", lambda self, images: seen["router"].extend(images) or route(self, images))
    monkeypatch.setattr(Segmenter, "segment", lambda self, image: seen["segmentation"].append(image) or segment(self, image))
    made, _ = inspector(("segmentation", "brain-t1ce", "slice"), router=True)
    chosen = made.sorter.chosen
    chosen.router.bundle["window"] = {"window": "fixed", "window_low": 0, "window_high": 100, "bits": 8}
    chosen.find("segmentation", "brain-t1ce").bundle["window"] = {"window": "minmax", "window_low": 0, "window_high": 1, "bits": 16}
    volumes = gather_volumes(open_input(str(write_scans()))).volumes
    rows = rows_of(made.inspect(list(read_volumes(volumes, "synchronous", find_router_window(chosen)))))
    assert [row["segmentation"] for row in rows.values()] == ["done"] * 4
    assert [np.unique(image).tolist() for image in seen["router"]] == [[0, 128, 255]] * 4
    assert [np.unique(image).tolist() for image in seen["segmentation"]] == [[0, 16384, 32768, 65535]] * 4


def test_modality_overrides_the_router(inspector, write_images, read_all):
    made, loaded = inspector(US, router=True, modality="breast")
    rows = rows_of(made.inspect(read_all(write_images("a.png", grey=True))))
    assert (rows["a.png"]["input_kind"], rows["a.png"]["router_model"], rows["a.png"]["reason"]) == ("breast-us", "", "")
    assert loaded == ["segmentation"]


def test_types_of_a_breast_may_be_normal_and_those_of_a_brain_need_a_tumour(inspector, write_images, read_all):
    from PIL import Image

    folder = write_images("full.png", grey=True)
    Image.fromarray(np.pad(np.full((8, 8), 99, np.uint8), 4)).save(folder / "empty.png")
    for kind, expected in (("breast-us", "done"), ("brain-t1ce", "none to do")):
        made, _ = inspector(("segmentation", kind, "slice"), ("typing", kind, "slice"), modality=kind)
        rows = rows_of(made.inspect(read_all(folder)))
        assert (rows["full.png"]["type"], rows["full.png"]["type_probability"]) == ("benign", 0.75)
        assert rows["empty.png"]["area"] == 0
        assert rows["empty.png"]["typing"] == expected
        assert ("type" in rows["empty.png"]) == (expected == "done")


def test_detection_gives_the_probability_of_what_is_not_nothing(inspector, write_images, read_all):
    made, _ = inspector(("detection", "brain-flair3", "patient"), modality="brain")
    row = rows_of(made.inspect(read_all(write_images("a.png"))))["a.png"]
    assert (row["tumour_probability"], row["detection"], row["segmentation"]) == (0.25, "done", "no model")


def test_images_of_no_known_kind_are_refused(inspector, write_images, read_all):
    made, loaded = inspector(FLAIR)
    row = rows_of(made.inspect(read_all(write_images("a.png", grey=True))))["a.png"]
    assert (row["status"], row["segmentation"]) == ("refused", "none to do")
    assert "no model takes images of these channels (grey)" in row["reason"]
    assert loaded == []


def test_images_that_a_classifier_of_types_measures_together_are_classified_together(inspector, write_images, read_all, monkeypatch):
    asked = []
    classify = Classifier.classify_volumes

    def watch(self, volumes):
        seen = list(volumes)
        asked.extend(len(volume.images) for volume in seen)
        return classify(self, seen)

    monkeypatch.setattr(Classifier, "classify_volumes", watch)
    for unit, expected in (("patient", [2]), ("slice", [1, 1])):
        asked.clear()
        made, _ = inspector(("typing", "brain-t1ce", "slice"), modality="brain-t1ce")
        made.steps.chosen.find("typing", "brain-t1ce").bundle["preparation"] = {"unit": unit}
        made.inspect(read_all(write_images("anna/1.png", "anna/2.png", grey=True)))
        assert asked == expected
