import numpy as np
import pandas as pd

from tumourflow.figures.intruders import COLUMNS, choose_panels, draw_panels

REFUSAL = {"score": "distance", "threshold": 2.0}


def scores() -> pd.DataFrame:
    genuine = pd.DataFrame({"source": "genuine", "cohort": "busi", "kind": "", "distance": np.linspace(0.1, 1.9, 20)})
    intruders = pd.DataFrame({"source": "intruder", "cohort": "", "kind": ["noise", "text"], "distance": [9.0, 1.0]})
    table = pd.concat([genuine, intruders], ignore_index=True)
    names = [f"case {n}" for n in range(len(table))]
    return table.assign(split="test", case_id=names, **{"probability.brain": 0.25, "probability.breast": 0.75})


def test_pictures_go_from_the_least_to_the_most_strange():
    panels = choose_panels(scores(), REFUSAL)
    shown = panels[panels["row"] == "busi"]["case_id"].tolist()
    assert len(shown) == COLUMNS
    assert (shown[0], shown[-1]) == ("case 0", "case 19")
    assert list(dict.fromkeys(panels["row"])) == ["busi", "text", "noise"]


def test_the_class_is_said_only_of_what_is_not_refused():
    panels = choose_panels(scores(), REFUSAL).set_index("row")
    assert panels.loc["text", "said"] == "breast 0.75"
    assert panels.loc["noise", "said"] == "refused"
    assert panels.loc["noise", "refused"]


def test_a_row_for_each_kind_with_what_was_said_above_each_picture():
    figure = draw_panels(choose_panels(scores(), REFUSAL), lambda *_: np.full((4, 6), 100, np.uint8))
    titles = [axes.get_title() for axes in figure.axes]
    assert titles.count("refused") == 1
    assert titles.count("breast 0.75") == COLUMNS + 1


def test_pictures_of_sixteen_bits_are_as_bright_as_those_of_eight():
    figure = draw_panels(choose_panels(scores(), REFUSAL), lambda *_: np.tile(np.uint16([0, 1000, 2000]), (3, 1)))
    (picture,) = figure.axes[0].images
    assert picture.norm(picture.get_array())[0].tolist() == [0, 0.5, 1]


def test_nothing_to_judge_is_a_figure_that_says_so():
    empty = choose_panels(scores().assign(split="train"), REFUSAL)
    (axes,) = draw_panels(empty, lambda *_: np.zeros((2, 2), np.uint8)).axes
    assert axes.texts[0].get_text() == "No image is for testing."
