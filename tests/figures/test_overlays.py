from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from tumourflow.figures.overlays import FALSE_ALARMS_SHOWN, Panels, choose_patients, draw_false_alarms, draw_patients, panel_reader
from tumourflow.figures.palette import PREDICTION, TRUTH

Reader = Callable[[str], Panels]


@pytest.fixture
def reads() -> list[str]:
    """Cases in the order in which they were read."""
    return []


@pytest.fixture
def read(reads: list[str]) -> Reader:
    """Truth is the upper left pixel, the prediction the lower right one."""

    def read_panels(case_id: str) -> Panels:
        reads.append(case_id)
        truth, prediction = np.zeros((6, 8), bool), np.zeros((6, 8), bool)
        truth[0, 0] = prediction[5, 7] = True
        return Panels(np.full((6, 8), 0.5, np.float32), truth, prediction)

    return read_panels


def _of(scores: pd.DataFrame, *patients: str) -> pd.DataFrame:
    return scores[scores["patient"].isin(patients)]


def _labels(figure: object) -> list[list[str]]:
    return [axes.texts[0].get_text().split("\n") for axes in figure.axes if axes.texts]


def test_best_median_and_worst_are_read_by_their_largest_slice(scores: pd.DataFrame, read: Reader, reads: list[str]) -> None:
    figure = draw_patients(scores[scores["split"] == "test"], "test", read)
    assert reads == ["a/2", "b/2", "c/1"]
    assert _labels(figure) == [
        ["best", "a", "volume Dice 1.00", "slice 2: Dice 1.00"],
        ["median", "b", "volume Dice 0.50", "slice 2: Dice 0.50"],
        ["worst", "c", "volume Dice 0.00", "slice 1: Dice 0.00"],
    ]
    assert figure.get_suptitle() == "Best, median and worst of the test patients with tumour (n = 3), by volume Dice"


def test_the_largest_slice_is_largest_in_the_truth_not_in_the_prediction(scores: pd.DataFrame) -> None:
    table = _of(scores, "b").assign(fp=[500, 0])
    assert [example.case_id for example in choose_patients(table)] == ["b/2"]


@pytest.mark.parametrize(
    ("patients", "chosen"),
    [("d", []), ("ad", [("only", "a/2")]), ("ac", [("best", "a/2"), ("worst", "c/1")]), ("abce", None)],
)
def test_few_patients_are_named_for_what_they_are(scores: pd.DataFrame, patients: str, chosen: list[tuple[str, str]] | None) -> None:
    # Of four patients with Dice 1, 6/7, .5 and 0 the worse of the middle two is b.
    expected = chosen if chosen is not None else [("best", "a/2"), ("median", "b/2"), ("worst", "c/1")]
    examples = choose_patients(_of(scores, *patients))
    assert [(example.label.split("\n")[0], example.case_id) for example in examples] == expected


def test_patients_of_equal_dice_are_ordered_by_name(scores: pd.DataFrame) -> None:
    table = _of(scores, "a", "b", "c").assign(fp=0, fn=0, tp=1)
    assert [example.case_id[0] for example in choose_patients(table.iloc[::-1])] == ["a", "b", "c"]


def test_a_split_without_tumour_is_told_so(scores: pd.DataFrame, read: Reader, reads: list[str]) -> None:
    figure = draw_patients(_of(scores, "d"), "validation", read)
    assert reads == []
    assert _labels(figure) == [["No validation patient has a tumour, so none is best, median or worst."]]


def test_a_row_shows_image_truth_prediction_and_both_on_the_image(scores: pd.DataFrame, read: Reader) -> None:
    figure = draw_patients(_of(scores, "a"), "test", read)
    assert [axes.get_title() for axes in figure.axes] == ["image", "truth", "prediction", "truth on image", "prediction on image"]
    image, truth, prediction, with_truth, with_prediction = (axes.images[0].get_array() for axes in figure.axes)
    assert (image == 0.5).all()
    np.testing.assert_allclose(truth[0, 0], to_rgb(TRUTH))
    np.testing.assert_allclose(prediction[5, 7], to_rgb(PREDICTION))
    assert truth.sum() == pytest.approx(sum(to_rgb(TRUTH)), abs=1e-6)
    np.testing.assert_allclose(with_truth[0, 0], to_rgb(TRUTH))
    np.testing.assert_allclose(with_truth[-1, -1], 0.5)
    np.testing.assert_allclose(with_prediction[-1, -1], to_rgb(PREDICTION))
    np.testing.assert_allclose(with_prediction[0, 0], 0.5)


def test_false_alarms_are_shown_largest_first_and_counted(scores: pd.DataFrame, read: Reader, reads: list[str]) -> None:
    figure = draw_false_alarms(scores[scores["split"] == "test"], "test", read)
    assert reads == ["d/10", "d/1"]
    assert _labels(figure) == [["d", "slice 10", "7 false pixels"], ["d", "slice 1", "5 false pixels"]]
    assert figure.get_suptitle() == "False alarms on tumour-free slices of the test split: 2 of n = 4"


def test_of_many_false_alarms_the_largest_are_shown(scores: pd.DataFrame, read: Reader, reads: list[str]) -> None:
    many = pd.concat([_of(scores, "d")] * 3, ignore_index=True)
    figure = draw_false_alarms(many, "test", read)
    assert reads == ["d/10", "d/10", "d/10", "d/1"]
    assert len(reads) == FALSE_ALARMS_SHOWN
    assert figure.get_suptitle().endswith("6 of n = 9, the largest 4 shown")


@pytest.mark.parametrize(
    ("case_ids", "sentence"),
    [
        (["a/1", "a/2"], "Nothing was predicted on any of the 1 tumour-free slices."),
        (["a/2"], "The test split has no tumour-free slice."),
    ],
)
def test_no_false_alarm_is_a_figure_that_says_so(scores: pd.DataFrame, read: Reader, case_ids: list[str], sentence: str) -> None:
    figure = draw_false_alarms(scores[scores["case_id"].isin(case_ids)], "test", read)
    assert _labels(figure) == [[sentence]]


class Folder:
    def __init__(self, **content: np.ndarray) -> None:
        self.content = content

    def read(self, key: str) -> np.ndarray:
        return self.content[key]

    def read_mask(self, key: str) -> np.ndarray:
        return self.content[key] > 0


def test_a_case_is_read_by_its_keys_and_shown_in_its_lead_channel() -> None:
    colour = np.zeros((2, 2, 3), np.uint8)
    colour[0, 0, 1] = 255
    images = Folder(image=colour, drawn=np.array([[255, 0], [0, 0]], np.uint8))
    cases = pd.DataFrame({"case_id": ["p/1", "p/2"], "image": "image", "mask": ["drawn", ""]})
    read = panel_reader(cases, images, Folder(**{"p/1": np.eye(2, dtype=bool), "p/2": np.eye(2, dtype=bool)}), lead_channel=1)
    assert read("p/1").picture.tolist() == [[1, 0], [0, 0]]
    assert read("p/1").truth.tolist() == [[True, False], [False, False]]
    assert read("p/1").prediction.tolist() == [[True, False], [False, True]]
    assert not read("p/2").truth.any()


def test_a_picture_of_its_own_is_called_no_slice(scores: pd.DataFrame, read: Reader) -> None:
    singles = scores[scores["split"] == "test"].drop_duplicates("patient", keep="last")
    assert _labels(draw_patients(singles, "test", read))[0] == ["best", "a", "Dice 1.00"]
    assert _labels(draw_false_alarms(singles, "test", read)) == [["d", "7 false pixels"]]
