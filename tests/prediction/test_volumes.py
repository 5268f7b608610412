import dataclasses
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.volumes import patient_rows, read_pictures, restore_rows, segment_volumes


def no_image(case_id):
    """Without the field no image is read."""
    raise AssertionError(case_id)


def test_no_rows_are_no_patients() -> None:
    assert list(patient_rows(pd.DataFrame({"patient": []}))) == []


def test_a_single_patient_is_one_group() -> None:
    assert [rows.tolist() for rows in patient_rows(pd.DataFrame({"patient": ["a", "a"]}))] == [[0, 1]]


def test_probabilities_return_to_their_place_in_the_image(probability, index, preparation) -> None:
    native = restore_rows(probability[:1], index.iloc[:1], preparation)[0]
    assert native.shape == (20, 24)
    # Rows 4 to 8 of a box that starts at row 2, columns 4 to 8 of one that starts at column 4.
    wanted = np.zeros((20, 24), bool)
    wanted[6:11, 8:13] = True
    np.testing.assert_array_equal(native > 0.5, wanted)


def test_masks_come_in_order_and_without_the_speck(probability, index, preparation) -> None:
    masks = dict(segment_volumes(probability, index, preparation, PostProcessing(), no_image))
    assert list(masks) == index["case_id"].tolist()
    assert [masks[f"a/{number}"].sum() for number in (1, 2, 3)] == [25, 25, 0]


def test_the_speck_stays_without_components(probability, index, preparation) -> None:
    masks = dict(segment_volumes(probability, index, preparation, PostProcessing(components=0), no_image))
    assert masks["d/3"].sum() == 1
    assert masks["d/3"].dtype == bool


def test_slices_of_different_size_return_to_their_own_grid(probability, index, preparation) -> None:
    mixed = index.assign(height=[20, 30, 20] * 4, width=[24, 24, 40] * 4)
    shapes = [mask.shape for _, mask in segment_volumes(probability, mixed, preparation, PostProcessing(), no_image)]
    assert shapes[:3] == [(20, 24), (30, 24), (20, 40)]


def test_only_one_patient_is_read_at_a_time(probability, index, preparation) -> None:
    class Counted:
        read = 0

        def __getitem__(self, rows):
            self.read += len(range(*rows.indices(12)))
            return probability[rows]

    counted = Counted()
    next(segment_volumes(counted, index, preparation, PostProcessing(), no_image))
    assert counted.read == 3


@pytest.mark.parametrize(("unit", "brightest"), [("patient", [0.5, 1.0]), ("slice", [1.0, 1.0])])
def test_pictures_are_the_lead_channel_scaled_over_what_is_measured_together(index, preparation, unit, brightest) -> None:
    def read_image(case_id):
        image = np.zeros((2, 4, 3), np.uint16)
        image[0, :, 1] = 300 * int(case_id[-1])
        image[..., 0] = 9999
        return image

    pictures = read_pictures(index.iloc[:2], replace(preparation, unit=unit), read_image)
    assert [picture.dtype for picture in pictures] == [np.float32] * 2
    assert [picture.max() for picture in pictures] == brightest
    assert [picture.min() for picture in pictures] == [0, 0]


def test_grey_and_black_images_have_pictures_too(index, preparation) -> None:
    grey = replace(preparation, channels=1, lead_channel=0)
    pictures = read_pictures(index.iloc[:1], grey, lambda _: np.zeros((2, 4), np.uint8))
    assert pictures[0].tolist() == [[0.0] * 4] * 2


def test_masks_follow_the_image_where_the_field_is_used(probability, index, preparation) -> None:
    """Beside the 5 x 5 tumour of .9 lies a column that the network left at .45 and that is as bright as the tumour."""
    patient = probability.copy()
    patient[[0, 3], 4:9, 9] = 0.45

    def read_image(case_id):
        image = np.zeros((20, 24, 3), np.uint8)
        image[6:11, 8 : 14 if case_id == "a/1" else 13, 1] = 200
        return image

    masks = dict(segment_volumes(patient, index, preparation, PostProcessing(0.5, 0, 0, crf=True), read_image))
    assert (masks["a/1"].sum(), masks["b/1"].sum()) == (30, 25)


def test_images_without_order_keep_what_is_small_beside_those_of_their_patient(probability, index, preparation) -> None:
    """The speck is all that its own image has."""
    alone = dataclasses.replace(preparation, unit="slice")
    masks = dict(segment_volumes(probability, index, alone, PostProcessing(), no_image))
    assert [masks[f"a/{number}"].sum() for number in (1, 2, 3)] == [25, 25, 1]
