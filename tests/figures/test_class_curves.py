import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from tumourflow.figures.class_curves import draw_class_curves
from tumourflow.figures.palette import SERIES

NUMBER = {"value": 0.9, "low": 0.8, "high": 0.95, "n": 40, "unit": "image"}


def _line(name: str, columns: tuple[str, str]) -> pd.DataFrame:
    across = np.array([0, 0.5, 1])
    return pd.DataFrame({"class": name, columns[0]: across, columns[1]: [0.2, 0.6, 1.0], "low": [0.1, 0.5, 1.0], "high": [0.4, 0.8, 1.0]})


@pytest.fixture
def roc() -> pd.DataFrame:
    return pd.concat([_line(name, ("false_positive_rate", "true_positive_rate")) for name in ("glioma", "pituitary")])


@pytest.fixture
def recalls() -> pd.DataFrame:
    return pd.concat([_line(name, ("recall", "precision")) for name in ("glioma", "pituitary")])


@pytest.fixture
def figures() -> dict[str, dict]:
    names = ["accuracy", *(f"{kind}.{name}" for kind in ("auroc", "average_precision", "recall") for name in ("glioma", "pituitary"))]
    return {name: dict(NUMBER) for name in names} | {"recall.glioma": NUMBER | {"n": 10}, "auroc.pituitary": NUMBER | {"low": None}}


def test_each_class_is_a_line_with_its_band_and_its_area(roc, recalls, figures) -> None:
    figure = draw_class_curves(roc, recalls, figures, ["glioma", "pituitary"], "test")
    left, right = figure.axes
    assert figure.get_suptitle() == "ROC and precision-recall, test images (n = 40)"
    assert [text.get_text() for text in left.get_legend().get_texts()] == [
        "glioma (n = 10): AUROC 0.900 [0.800, 0.950]",
        "pituitary (n = 40): AUROC 0.900",
    ]
    assert right.get_legend().get_texts()[0].get_text() == "glioma (n = 10): average precision 0.900 [0.800, 0.950]"
    assert left.lines[0].get_ydata().tolist() == [0.2, 0.6, 1]
    assert (left.get_xlabel(), left.get_ylabel()) == ("false positive rate", "true positive rate")
    assert (right.get_xlabel(), right.get_ylabel()) == ("recall", "precision")
    assert len(left.collections) == 2
    heights = left.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (0.1, 1)


def test_a_class_whose_folder_begins_with_an_underscore_stands_in_the_legends(roc, recalls, figures) -> None:
    tables = [table.replace({"class": {"glioma": "_glioma"}}) for table in (roc, recalls)]
    named = {name.replace("glioma", "_glioma"): figure for name, figure in figures.items()}
    figure = draw_class_curves(*tables, named, ["_glioma", "pituitary"], "test")
    for panel in figure.axes:
        assert panel.get_legend().get_texts()[0].get_text().strip().startswith("_glioma (n = 10)")


def test_steps_are_taken_where_they_happen(roc, recalls, figures) -> None:
    left, right = draw_class_curves(roc, recalls, figures, ["glioma", "pituitary"], "test").axes
    assert {line.get_drawstyle() for line in left.lines[:2]} == {"steps-post"}
    assert {line.get_drawstyle() for line in right.lines[:2]} == {"steps-pre"}


def test_guessing_is_drawn_for_comparison(roc, recalls, figures) -> None:
    left, right = draw_class_curves(roc, recalls, figures, ["glioma", "pituitary"], "test").axes
    assert list(left.lines[2].get_ydata()) == [0, 1]
    assert [line.get_ydata()[0] for line in right.lines[2:]] == [10 / 40, 1]


def test_a_class_keeps_its_colour_where_another_is_not_drawn(roc, recalls, figures) -> None:
    figures["auroc"] = NUMBER
    left, right = draw_class_curves(roc[roc["class"] == "pituitary"], recalls, figures, ["glioma", "pituitary"], "test").axes
    assert left.lines[0].get_color() == right.lines[1].get_color() == SERIES[1]
    assert to_hex(left.collections[0].get_facecolor()[0]).upper() == SERIES[1]


def test_a_long_name_stands_on_a_line_of_its_own(roc, recalls, figures) -> None:
    long = "meningioma of the skull base, atypical"
    renamed = [table.assign(**{"class": table["class"].replace("glioma", long)}) for table in (roc, recalls)]
    figures |= {f"{kind}.{long}": figures[f"{kind}.glioma"] for kind in ("auroc", "average_precision", "recall")}
    left, _ = draw_class_curves(*renamed, figures, [long, "pituitary"], "test").axes
    assert left.get_legend().get_texts()[0].get_text() == f"{long} (n = 10):\nAUROC 0.900 [0.800, 0.950]"


def test_fewer_than_two_classes_are_a_figure_that_says_so(roc, recalls, figures) -> None:
    (axes,) = draw_class_curves(roc.head(0), recalls.head(0), figures, ["glioma", "pituitary"], "validation").axes
    assert "images of fewer than two classes" in axes.texts[0].get_text()
