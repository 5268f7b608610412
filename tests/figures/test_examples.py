import pandas as pd

from tumourflow.figures.examples import choose_rows

INDEX = pd.DataFrame(
    {
        "patient": ["a"] * 3 + ["b"] * 2 + ["c"] * 5 + ["d"],
        "tumour": [False] * 3 + [True] * 2 + [False, True, True, True, False] + [False],
    }
)


def test_middle_tumour_slice_of_patients_with_tumour_comes_first():
    assert choose_rows(INDEX, 2) == [4, 7]


def test_patients_without_tumour_fill_the_rest_with_their_middle_slice():
    assert choose_rows(INDEX, 3) == [1, 4, 7]
    assert choose_rows(INDEX, 99) == [1, 4, 7, 10]


def test_positions_do_not_depend_on_the_labels_of_the_rows():
    assert choose_rows(INDEX.set_index(INDEX.index + 50), 2) == [4, 7]
