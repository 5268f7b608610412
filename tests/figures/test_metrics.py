from typing import Any

from tumourflow.figures.metrics import draw_metrics
from tumourflow.figures.palette import SPLIT_COLOURS


def _entry(value: float | None, low: float | None = None, high: float | None = None, n: int = 0) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": n, "unit": "patient"}


METRICS = {
    "test": {
        "volume_dice": _entry(0.7, 0.5, 0.8, 12),
        "slice_hd95": {**_entry(12.34, 9, 15, 1), "measured_in": "mm"},
        "brand_new": _entry(0.5, 0.5, 0.5, 3),
    },
    "train": {"volume_dice": _entry(0.9, 0.8, 0.95, 30), "slice_hd95": _entry(None)},
}


def _texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_points_and_intervals_stand_where_the_numbers_say() -> None:
    points = draw_metrics(METRICS).axes[0]
    values = {line.get_label(): list(line.get_xdata()) for line in points.lines if line.get_marker() == "o"}
    assert values == {"train": [0.9], "test": [0.7, 0.5]}
    segments = [[end[0] for end in segment] for lines in points.collections for segment in lines.get_segments()]
    assert segments == [[0.8, 0.95], [0.5, 0.8], [0.5, 0.5]]
    colours = {line.get_label(): line.get_color() for line in points.lines if line.get_marker() == "o"}
    assert colours == {split: SPLIT_COLOURS[split] for split in ("train", "test")}


def test_every_measure_is_a_row_under_its_own_name_with_unbounded_ones_last() -> None:
    points = draw_metrics(METRICS).axes[0]
    assert [label.get_text() for label in points.get_yticklabels()] == ["volume_dice", "brand_new", "slice_hd95 (mm)"]


def test_numbers_are_written_split_by_split() -> None:
    figure = draw_metrics(METRICS)
    assert [axes.get_title() for axes in figure.axes[1:]] == ["● train", "● test"]
    assert _texts(figure.axes[1]) == ["0.900 [0.800, 0.950]   n = 30 patients", "not measured (n = 0)", "not measured (n = 0)"]
    assert _texts(figure.axes[2]) == [
        "0.700 [0.500, 0.800]   n = 12 patients",
        "0.500 [0.500, 0.500]   n = 3 patients",
        "12.3 [9.0, 15.0]   n = 1 patient",
    ]


def test_the_title_names_the_splits_with_n() -> None:
    assert draw_metrics(METRICS).get_suptitle() == "Measures with 95 % intervals (patients with tumour: train n = 30, test n = 12)"


def test_a_classifier_is_counted_in_images() -> None:
    figures = {"train": {"accuracy": _entry(0.9, 0.8, 1, 1200), "auroc": _entry(0.95, 0.9, 1, 1200)}}
    assert draw_metrics(figures).get_suptitle() == "Measures with 95 % intervals (images: train n = 1,200)"


def test_a_split_in_which_nothing_could_be_measured_is_drawn() -> None:
    figure = draw_metrics({"train": METRICS["train"], "test": {"volume_dice": _entry(None)}})
    assert _texts(figure.axes[2]) == ["not measured (n = 0)", "not measured (n = 0)"]


def test_no_metrics_are_a_figure_that_says_so() -> None:
    (axes,) = draw_metrics({"test": {}}).axes
    assert _texts(axes) == ["Nothing was measured: no split has a case with a mask."]
