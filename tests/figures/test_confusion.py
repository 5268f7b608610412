import pandas as pd

from tumourflow.figures.confusion import draw_confusion


def _count(*rows: list[int]) -> pd.DataFrame:
    names = ["benign", "malignant", "normal"][: len(rows)]
    return pd.DataFrame(rows, index=names, columns=names)


def test_counts_and_shares_of_the_true_class_stand_side_by_side() -> None:
    figure = draw_confusion(_count([1500, 500], [1, 3]), "test")
    images, shares = figure.axes
    assert [text.get_text() for text in images.texts] == ["1,500", "500", "1", "3"]
    assert [text.get_text() for text in shares.texts] == ["75 %", "25 %", "25 %", "75 %"]
    assert images.images[0].get_array().tolist() == [[0.75, 0.25], [0.25, 0.75]]
    assert figure.get_suptitle() == "True and predicted class, test images (n = 2,004)"
    assert [label.get_text() for label in images.get_yticklabels()] == ["benign\nn = 2,000", "malignant\nn = 4"]
    assert [label.get_text() for label in shares.get_xticklabels()] == ["benign", "malignant"]
    assert (images.get_xlabel(), images.get_ylabel()) == ("predicted", "true")


def test_an_absent_class_has_no_shares() -> None:
    _, shares = draw_confusion(_count([3, 0, 1], [0, 0, 0], [0, 0, 2]), "validation").axes
    assert [text.get_text() for text in shares.texts][3:6] == ["-", "-", "-"]


def test_letters_are_seen_on_dark_and_on_light_cells() -> None:
    images, _ = draw_confusion(_count([9, 1], [5, 5]), "test").axes
    assert [text.get_color() for text in images.texts] == ["white", "black", "black", "black"]


def test_no_images_are_a_figure_that_says_so() -> None:
    (axes,) = draw_confusion(_count([0, 0], [0, 0]), "validation").axes
    assert axes.texts[0].get_text() == "The validation split has no labelled image."
