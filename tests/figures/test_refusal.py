import pandas as pd

from tumourflow.figures.refusal import draw_scores

REFUSAL = {"score": "distance", "threshold": 2.0, "acceptance": 0.99}


def scores() -> pd.DataFrame:
    rows = [("genuine", "busi", "", 1.0), ("genuine", "busi", "", 3.0), ("upside_down", "busi", "", 4.0), ("intruder", "", "noise", 9.0)]
    return pd.DataFrame(rows, columns=["source", "cohort", "kind", "distance"]).assign(split="test")


def test_each_cohort_and_kind_has_a_line_with_the_share_refused():
    (axes,) = draw_scores(scores(), REFUSAL).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["busi (n = 2)", "busi, upside down (n = 1)", "noise (n = 1)"]
    assert [text.get_text() for text in axes.texts] == ["50% refused", "100% refused", "100% refused"]
    assert axes.lines[0].get_xdata() == [2.0, 2.0]


def test_nothing_to_judge_is_a_figure_that_says_so():
    (axes,) = draw_scores(scores().assign(split="train"), REFUSAL).axes
    assert axes.texts[0].get_text() == "No image is for testing."
