import numpy as np
import pytest

from tumourflow.cohorts.shown import DEFAULT_WINDOW
from tumourflow.inference.kinds import as_stored, find_kind, fit_channels, guess_modality, router_view, see_colours

GREY = np.arange(64, dtype=np.uint8).reshape(8, 8)
STORED_AS_COLOURS = np.dstack([GREY] * 3)
SEQUENCES = np.dstack([GREY, GREY + 100, GREY])
BLACK = np.zeros((8, 8, 3), np.uint8)


@pytest.mark.parametrize(
    ("volume", "colours"),
    [
        ([GREY], "grey"),
        ([STORED_AS_COLOURS], "grey stored as colours"),
        ([SEQUENCES], "colours"),
        ([BLACK, SEQUENCES, BLACK], "colours"),
        ([BLACK], "grey stored as colours"),
        ([STORED_AS_COLOURS, STORED_AS_COLOURS, SEQUENCES], "grey stored as colours"),
        ([SEQUENCES.astype(np.uint16) * 257], "colours"),
        ([SEQUENCES.astype(np.uint16) * 16], "colours"),  # of twelve bits
        ([np.dstack([GREY] * 4)], None),
    ],
)
def test_colours_are_seen(volume, colours):
    assert see_colours(volume) == colours


def test_a_small_coloured_annotation_makes_no_sequences():
    annotated = np.dstack([np.full((64, 64), 90, np.uint8)] * 3)
    annotated[:4, :4, 0] = 255
    assert see_colours([annotated]) == "grey stored as colours"


@pytest.mark.parametrize(
    ("modality", "colours", "registered", "kind"),
    [
        ("brain", "colours", [], "brain-flair3"),
        ("brain", "grey", ["brain-flair3"], "brain-t1ce"),
        ("brain", "grey stored as colours", ["brain-t1ce"], "brain-t1ce"),
        ("brain", "grey stored as colours", ["brain-flair3"], "brain-flair3"),
        ("brain", "grey stored as colours", ["brain-flair3", "brain-t1ce"], "brain-flair3"),
        ("brain-t1ce", "grey stored as colours", ["brain-flair3", "brain-t1ce"], "brain-t1ce"),
        ("breast", "colours", [], "breast-us"),
        ("brain-flair3", "grey", [], ""),
        ("brain", None, [], ""),
    ],
)
def test_a_kind_is_a_modality_and_channels(modality, colours, registered, kind):
    found = find_kind(modality, colours, registered)
    assert found.kind == kind
    assert kind or found.reason


@pytest.mark.parametrize(
    ("colours", "registered", "modality", "said"),
    [
        ("colours", ["brain-flair3"], "brain", "only brain-flair3"),
        ("colours", ["brain-flair3", "breast-us"], "brain", "only brain-flair3"),
        ("grey", ["brain-flair3", "breast-us"], "breast", "only breast-us"),
        ("grey", ["brain-t1ce", "breast-us"], "", "brain-t1ce and breast-us fit"),
        ("grey stored as colours", ["brain-flair3", "breast-us"], "", "modality="),
        ("grey", ["brain-flair3"], "", "no model takes"),
        ("colours", ["breast-us"], "", "no model takes"),
        (None, ["brain-flair3"], "", "no model takes"),
    ],
)
def test_without_a_router_channels_decide_where_they_can(colours, registered, modality, said):
    found, reason = guess_modality(colours, registered)
    assert found == modality
    assert said in reason


def test_channels_are_those_of_the_kind():
    assert fit_channels(STORED_AS_COLOURS, "brain-t1ce").tolist() == GREY.tolist()
    assert fit_channels(SEQUENCES, "brain-flair3") is SEQUENCES


def test_the_router_sees_flair_or_grey_values():
    assert router_view(SEQUENCES, "colours").tolist() == (GREY + 100).tolist()
    assert router_view(STORED_AS_COLOURS, "grey stored as colours").tolist() == GREY.tolist()


def test_numbers_come_through_a_window_and_what_is_none_is_refused():
    shown = as_stored(np.linspace(-1, 1, 100, dtype=np.float32).reshape(10, 10), DEFAULT_WINDOW)
    assert (shown.dtype, shown.min(), shown.max()) == (np.uint8, 0, 255)
    with pytest.raises(ValueError, match="no numbers"):
        as_stored(np.full((2, 2), np.nan), DEFAULT_WINDOW)
