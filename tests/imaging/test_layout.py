import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.imaging.layout import InputLayout, neighbour_rows, stack_context


def test_own_channels_come_first_then_the_lead_channel_of_the_neighbours():
    images = np.arange(3 * 2, dtype=np.float16).reshape(3, 1, 1, 2)
    index = pd.DataFrame({"patient": ["a", "a", "a"]})

    stacked = stack_context(images, np.array([1, 2]), neighbour_rows(index, 1), InputLayout(2, 1, 1))

    # Slice 1 has the channels 2 and 3; the lead channel (1) of slices 0 and 2 is 1 and 5. Slice 2 is the last and repeats itself.
    assert stacked.reshape(2, 4).tolist() == [[2, 3, 1, 5], [4, 5, 3, 5]]
    assert stacked.dtype == np.float32


def test_two_neighbours_a_side_are_repeated_from_the_nearest_slice():
    index = pd.DataFrame({"patient": ["a", "a", "b", "b", "b"]})

    assert neighbour_rows(index, 2).tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 4], [2, 2, 4, 4], [2, 3, 4, 4]]


@given(sizes=st.lists(st.integers(1, 6), max_size=5), context=st.integers(0, 3))
def test_neighbours_never_leave_the_patient(sizes: list[int], context: int):
    patients = np.repeat(np.arange(len(sizes)), sizes)

    rows = neighbour_rows(pd.DataFrame({"patient": patients}), context)

    assert rows.shape == (sum(sizes), 2 * context)
    assert (patients[rows] == patients[:, None]).all()


def test_scattered_rows_of_a_patient_are_refused():
    with pytest.raises(ValueError, match="side by side"):
        neighbour_rows(pd.DataFrame({"patient": ["a", "b", "a"]}), 1)


def test_no_context_means_the_images_as_they_are():
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)

    stacked = stack_context(images, np.arange(2), np.empty((2, 0), np.int64), InputLayout(3, 0, 0))

    assert np.array_equal(stacked, images)


@pytest.mark.parametrize(("lead", "context"), [(3, 0), (-1, 0), (0, -1)])
def test_impossible_layouts_are_refused(lead: int, context: int):
    with pytest.raises(ValueError, match="must be"):
        InputLayout(3, lead, context)


def test_images_of_another_layout_are_refused():
    with pytest.raises(ValueError, match="must fit the layout"):
        stack_context(np.zeros((1, 2, 2, 3)), np.array([0]), np.zeros((1, 2), np.int64), InputLayout(4, 0, 1))


def test_derived_channels_are_no_sequences_and_cannot_lead():
    layout = InputLayout(channels=4, lead_channel=1, context=1, derived=1)

    assert (layout.sequences, layout.depth) == (3, 6)
    with pytest.raises(ValueError, match="one of the 3 channels"):
        InputLayout(channels=4, lead_channel=3, context=0, derived=1)
