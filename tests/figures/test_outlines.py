import numpy as np
import pandas as pd

from tumourflow.figures.outlines import choose_slices, draw_outlines
from tumourflow.figures.palette import PREDICTION, TRUTH


def both_methods(scores: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([scores.assign(method="otsu"), scores.assign(method="k_means", fp=scores["fp"] + 1)], ignore_index=True)


def test_patients_are_shown_from_the_smallest_tumour_and_then_a_slice_without(scores):
    chosen = choose_slices(both_methods(scores))
    # The largest slices of b, c and a hold 3, 4 and 9 pixels; of the slices without tumour, d/1 has the median of false pixels.
    assert chosen["case_id"].tolist() == ["b/2"] * 2 + ["c/1"] * 2 + ["a/2"] * 2 + ["d/1"] * 2
    assert chosen["method"].tolist() == ["otsu", "k_means"] * 4


def test_a_slice_shows_the_truth_and_each_method_with_its_dice(scores):
    chosen = choose_slices(both_methods(scores))
    truth, found = np.zeros((6, 8), bool), np.ones((6, 8), bool)
    truth[0, 0] = True
    reads = []

    def read(method: str, case_id: str) -> np.ndarray:
        reads.append((method, case_id))
        return found

    figure = draw_outlines(chosen, dict.fromkeys(chosen["case_id"], (np.zeros((6, 8), np.uint8), truth)), read, lead_channel=0)
    assert reads == list(zip(chosen["method"], chosen["case_id"], strict=True))
    assert [axes.get_title() for axes in figure.axes[:3]] == ["truth", "otsu", "k means"]
    told = [text.get_text() for axes in figure.axes for text in axes.texts]
    # b/2: 2 * 2 / (4 + 3 + 1), and with one more false pixel 4 / 9.
    assert told[:3] == ["b\n2", "Dice 0.50", "Dice 0.44"]
    assert told[-2:] == ["5 false pixels", "6 false pixels"]
    first, second = (axes.images[0].get_array()[0, 0] for axes in figure.axes[:2])
    np.testing.assert_allclose(first, tuple(int(TRUTH[k : k + 2], 16) / 255 for k in (1, 3, 5)), atol=0.01)
    np.testing.assert_allclose(second, tuple(int(PREDICTION[k : k + 2], 16) / 255 for k in (1, 3, 5)), atol=0.01)
    assert "and one without" in figure.get_suptitle()


def test_no_slice_is_a_figure_that_says_so(scores):
    (axes,) = draw_outlines(choose_slices(both_methods(scores)[:0]), {}, lambda *_: np.zeros((1, 1), bool), 0).axes
    assert axes.texts[0].get_text().startswith("No slice has a mask")
