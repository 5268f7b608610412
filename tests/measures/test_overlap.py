import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.measures import overlap

counts = st.integers(0, 50)
MEASURES = (overlap.dice, overlap.iou, overlap.dice_with_empties, overlap.tumour_dice, overlap.tumour_iou, overlap.area_error)


@given(st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=6))
def test_a_column_gives_what_its_rows_give(rows) -> None:
    table = pd.DataFrame(rows, columns=["tp", "fp", "fn"])
    for measure in (*MEASURES, overlap.left_empty):
        one_by_one = [float(measure(*row)) for row in rows]
        np.testing.assert_array_equal(measure(table["tp"], table["fp"], table["fn"]), one_by_one)


@given(counts, counts, counts)
def test_dice_and_iou_say_the_same_in_two_ways(tp, fp, fn) -> None:
    both = float(overlap.iou(tp, fp, fn))
    np.testing.assert_allclose(overlap.dice(tp, fp, fn), 2 * both / (1 + both))


@given(counts, counts, counts)
def test_dice_does_not_care_which_mask_is_the_truth(tp, fp, fn) -> None:
    np.testing.assert_array_equal(overlap.dice(tp, fp, fn), overlap.dice(tp, fn, fp))


@given(counts, counts, counts)
def test_every_slice_is_either_judged_by_hits_or_by_staying_empty(tp, fp, fn) -> None:
    assert np.isnan(overlap.hit(tp, fn)) != np.isnan(overlap.left_empty(tp, fp, fn))


def test_counts_are_not_changed() -> None:
    tp = np.array([1, 0])
    overlap.dice(tp, tp, tp)
    assert tp.tolist() == [1, 0]
