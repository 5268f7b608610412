from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tumourflow.figures.classified import Looked, choose_classified, draw_classified, show_activation

CLASSES = ["a", "b"]


@pytest.fixture
def scores() -> pd.DataFrame:
    """Ten right images, sure by .55 to 1, four wrong ones, and one of which nobody knows the class."""
    right, wrong = np.linspace(0.55, 1, 10), np.array([0.6, 0.9, 0.7, 0.8])
    of_b = np.concatenate([right, wrong, [0.99]])
    table = pd.DataFrame({"case_id": [f"p/{number}" for number in range(15)], "label": ["b"] * 10 + ["a"] * 4 + [""]})
    return table.assign(**{"probability.a": 1 - of_b, "probability.b": of_b})


@pytest.fixture
def reads() -> list[str]:
    return []


@pytest.fixture
def read(reads: list[str]) -> Callable[[str], Looked]:
    def look(case_id: str) -> Looked:
        reads.append(case_id)
        return Looked(np.full((6, 8), 0.5, np.float32), np.eye(2, dtype=np.float32))

    return look


def test_the_surest_of_the_wrong_and_some_of_all_the_right_are_chosen(scores) -> None:
    chosen = choose_classified(scores, CLASSES, shown=3)
    # Of ten places the first, the middle (4.5, rounded to even) and the last.
    assert chosen["case_id"].tolist() == ["p/9", "p/5", "p/0", "p/11", "p/13", "p/12"]
    assert chosen["right"].tolist() == [True] * 3 + [False] * 3
    assert chosen["probability"].round(2).tolist() == [1, 0.8, 0.55, 0.9, 0.8, 0.7]


def test_there_may_be_none_right_or_none_wrong(scores) -> None:
    assert choose_classified(scores.iloc[:10], CLASSES)["right"].all()
    assert not choose_classified(scores.iloc[10:], CLASSES)["right"].any()
    assert choose_classified(scores.iloc[14:], CLASSES).empty


def test_images_stand_beside_their_maps_with_what_was_said(scores, read, reads) -> None:
    figure = draw_classified(choose_classified(scores, CLASSES, shown=4), (10, 4), "test", read)
    assert reads[:2] == ["p/9", "p/6"]
    assert len(reads) == 8
    # Four and four, three in a row.
    assert len(figure.axes) == 4 * 6
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles[0] == "p/9\ntrue: b\npredicted: b 1.00"
    assert titles[12] == "p/11\ntrue: a\npredicted: b 0.90"
    shown = [bool(axes.images) for axes in figure.axes]
    assert shown == ([True] * 6 + [True] * 2 + [False] * 4) * 2
    assert figure.axes[0].images[0].get_array().shape == (6, 8)
    assert figure.axes[1].images[0].get_array().shape == (6, 8, 3)
    assert "right (blue, n = 10) and wrong (orange, n = 4)" in figure.get_suptitle()


def test_right_and_wrong_differ_in_colour(scores, read) -> None:
    figure = draw_classified(choose_classified(scores, CLASSES, shown=1), (10, 4), "test", read)
    colours = [axes.spines["top"].get_edgecolor() for axes in (figure.axes[0], figure.axes[6])]
    assert colours[0] != colours[1]
    assert {axes._left_title.get_color() for axes in figure.axes} == {"black"}


def test_what_counted_for_nothing_stays_grey() -> None:
    activation = np.zeros((4, 4), np.float32)
    activation[3, 3] = 2
    picture = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    shown = show_activation(Looked(picture, activation))
    np.testing.assert_allclose(shown[0, 0], picture[0, 0], atol=1e-6)
    assert np.ptp(shown[7, 7]) > 0.3
    assert shown.min() >= 0
    assert shown.max() <= 1


def test_no_images_are_a_figure_that_says_so(scores, read, reads) -> None:
    (axes,) = draw_classified(choose_classified(scores.head(0), CLASSES), (0, 0), "validation", read).axes
    assert axes.texts[0].get_text() == "The validation split has no labelled image."
    assert reads == []
