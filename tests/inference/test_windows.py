import numpy as np
import pytest

from tumourflow.cohorts.shown import DEFAULT_WINDOW, note_window
from tumourflow.errors import UserError
from tumourflow.inference.gather import gather_volumes
from tumourflow.inference.models import Chosen
from tumourflow.inference.place import open_input
from tumourflow.inference.reading import read_volumes
from tumourflow.inference.windows import find_kind_window, find_router_window, tell_windows
from tumourflow.options import IngestionOptions

FLAIR, T1CE = "brain-flair3", "brain-t1ce"
MINMAX = IngestionOptions(reader="nifti", window="minmax")
FIXED = IngestionOptions(reader="nifti", window="fixed", window_low=0, window_high=100)


@pytest.fixture
def choose(at_hand):
    def make(*models, router=None):
        held = {(step, kind): at_hand(f"x-{step} v1", kind, step, window=note_window(window)) for step, kind, window in models}
        return Chosen(at_hand("all-router v2", "", "router", window=note_window(router)) if router else None, held)

    return make


def test_a_kind_is_seen_through_the_window_of_its_segmenter(choose):
    chosen = choose(("typing", T1CE, FIXED), ("segmentation", T1CE, MINMAX), ("detection", FLAIR, FIXED), router=MINMAX)
    assert find_kind_window(chosen, T1CE) == MINMAX
    assert find_kind_window(chosen, FLAIR) == FIXED
    assert find_kind_window(chosen, "breast-us") == find_router_window(chosen) == MINMAX


def test_models_that_note_no_window_take_the_default(at_hand):
    chosen = Chosen(at_hand("all-router v1", "", "router"), {("segmentation", FLAIR): at_hand("a-segmentation v1", window=None)})
    assert find_router_window(chosen) == find_kind_window(chosen, FLAIR) == find_router_window(Chosen(None, {})) == DEFAULT_WINDOW


def test_a_model_that_is_shown_another_window_than_it_takes_is_told(choose):
    assert tell_windows(choose(("detection", T1CE, FIXED), ("segmentation", T1CE, FIXED), ("segmentation", FLAIR, MINMAX))) == []
    (told,) = tell_windows(choose(("detection", T1CE, FIXED), ("segmentation", T1CE, MINMAX)))
    assert told == (
        "x-detection v1 takes images through the window fixed 0 to 100, 8 bits, but is shown them through minmax, 8 bits,"
        " as x-segmentation v1: ingest alike and train again."
    )


@pytest.fixture
def read(write_scans):
    """Read all forms through a window, the values 0, 50, 100, 200 in each."""

    def make(window):
        volumes = gather_volumes(open_input(str(write_scans()))).volumes
        return {reading.volume.form: reading for reading in read_volumes(volumes, "synchronous", window)}

    return make


@pytest.mark.parametrize("form", ["picture", "mat", "nifti", "dicom"])
def test_every_form_is_read_and_read_again_through_the_window(read, form):
    first = read(FIXED)[form]
    assert np.unique(first.images[0]).tolist() == [0, 128, 255]
    assert np.unique(first.show([0], MINMAX)[0]).tolist() == np.unique(read(MINMAX)[form].images[0]).tolist() == [0, 64, 128, 255]


def test_what_has_no_window_or_the_same_is_not_read_again(read, write_images, read_all):
    reading = read(FIXED)["picture"]
    (reading.volume.root / reading.volume.files[0]).unlink()
    assert reading.show([0], FIXED)[0] is reading.images[0]
    with pytest.raises(UserError, match="`input` changed meanwhile"):
        reading.show([0], MINMAX)
    (whole,) = read_all(write_images("other/a.png"))
    assert whole.show([0], MINMAX)[0] is whole.images[0]
