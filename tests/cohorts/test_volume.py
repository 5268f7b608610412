import struct
from collections.abc import Callable

import nibabel
import numpy as np
import pytest

from tumourflow.cohorts.volume import Volume, load_mask_slice, load_volume_slice
from tumourflow.options import IngestionOptions

AFFINE = np.diag([-1, -1, 1, 1])  # stored as it is shown: columns, rows and slices


@pytest.fixture
def save(tmp_path) -> Callable[..., Volume]:
    """Write a volume of one row, `(columns, slices)` or `(columns, slices, channels)` values, as they are stored."""

    def write(values, slope: float = 1, **options) -> Volume:
        stored = np.expand_dims(np.asarray(values), 1)
        nibabel.save(nibabel.Nifti1Image(stored, AFFINE), tmp_path / "a.nii")
        with (tmp_path / "a.nii").open("r+b") as file:
            file.seek(112)
            file.write(struct.pack("<ff", slope, 0))
        return Volume((tmp_path / "a.nii",), 2, "", IngestionOptions(reader="nifti", **options))

    return write


def fixed(low: float, high: float) -> dict[str, str | float]:
    return {"window": "fixed", "window_low": low, "window_high": high}


@pytest.mark.parametrize(
    ("stored", "slope", "window", "shown"),
    [
        (np.array([0, 160, 4080], np.uint16), 1, (0, 4080), [0, 10, 255]),  # more bits than are kept
        (np.array([0, 50, 100], np.uint8), 2, (0, 255), [0, 100, 200]),  # a meaning of their own
        (np.array([-100, 0, 27], np.int8), 1, (-100, 155), [0, 100, 127]),  # negative ones
        (np.array([0, 50, 100], np.uint8), 1, (0, 100), [0, 50, 100]),  # none of these: they stay as they are
    ],
)
def test_values_go_through_the_window_unless_they_mean_brightness_and_fit(save, stored, slope, window, shown):
    assert load_volume_slice(save(stored[:, None], slope, **fixed(*window)), 0).tolist() == [shown]


def test_the_ends_of_a_volume_are_found_beside_what_is_no_number(save):
    """80 stands beside an infinite value and -20 beside NaN; of a window of 100 the values of the third slice are 25, 75 and 50 %."""
    values = np.array([[80, 0, np.inf], [np.nan, -20, 0], [5, 55, 30]], np.float32).T
    assert load_volume_slice(save(values, window="minmax"), 2).tolist() == [[64, 191, 128]]


@pytest.mark.parametrize(("stored", "labels"), [([0, 3, 7], [0, 1, 2]), ([0, 2, 5], [0, 0.6, 1.5])])
def test_labels_within_half_a_step_of_whole_numbers_are_these(save, stored, labels):
    """In steps of .3, 1 is stored as .9 and 2 as 2.1; .6 and 1.5 are no label that was rounded so."""
    drawn = save(np.array(stored, np.uint8)[:, None], 0.3, lesion_values=(1,))
    np.testing.assert_allclose(load_mask_slice(drawn, 0), [labels])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 1, 3), np.uint8), "one channel. Received: 3"),
        (np.array([[0, np.nan]], np.float32).T, "values that are no numbers"),
    ],
)
def test_what_is_no_segmentation_is_refused(save, values, message):
    with pytest.raises(ValueError, match=message):
        load_mask_slice(save(values), 0)
