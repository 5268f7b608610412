import numpy as np
import pandas as pd

from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.volumes import patient_rows, restore_rows, segment_volumes


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
    masks = dict(segment_volumes(probability, index, preparation, PostProcessing()))
    assert list(masks) == index["case_id"].tolist()
    assert [masks[f"a/{number}"].sum() for number in (1, 2, 3)] == [25, 25, 0]


def test_the_speck_stays_without_components(probability, index, preparation) -> None:
    masks = dict(segment_volumes(probability, index, preparation, PostProcessing(components=0)))
    assert masks["d/3"].sum() == 1
    assert masks["d/3"].dtype == bool


def test_slices_of_different_size_return_to_their_own_grid(probability, index, preparation) -> None:
    mixed = index.assign(height=[20, 30, 20] * 4, width=[24, 24, 40] * 4)
    shapes = [mask.shape for _, mask in segment_volumes(probability, mixed, preparation, PostProcessing())]
    assert shapes[:3] == [(20, 24), (30, 24), (20, 40)]


def test_only_one_patient_is_read_at_a_time(probability, index, preparation) -> None:
    class Counted:
        read = 0

        def __getitem__(self, rows):
            self.read += len(range(*rows.indices(12)))
            return probability[rows]

    counted = Counted()
    next(segment_volumes(counted, index, preparation, PostProcessing()))
    assert counted.read == 3
