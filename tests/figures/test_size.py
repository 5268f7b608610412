import pandas as pd

from tumourflow.figures.palette import SERIES
from tumourflow.figures.size import draw_dice_by_size


def _points(axes: object) -> dict[str, list[list[float]]]:
    return {group.get_label(): group.get_offsets().tolist() for group in axes.collections}


def test_a_patient_is_a_point_of_its_split(scores: pd.DataFrame) -> None:
    figure = draw_dice_by_size(scores)
    by_split = figure.axes[0]
    assert _points(by_split) == {"train (n = 1)": [[3, 6 / 7]], "test (n = 3)": [[9, 1], [5, 0.5], [4, 0]]}
    assert by_split.get_xscale() == "log"
    assert figure.get_suptitle() == "Volume Dice against tumour size, one point a patient with tumour (n = 4)"


def test_held_out_patients_are_shown_by_site(scores: pd.DataFrame) -> None:
    by_site = draw_dice_by_size(scores).axes[1]
    assert _points(by_site) == {"S1 (n = 2)": [[9, 1], [5, 0.5]], "S2 (n = 1)": [[4, 0]]}
    assert by_site.get_title() == "validation and test patients by site (n = 3)"


def test_a_single_site_needs_no_second_panel(scores: pd.DataFrame) -> None:
    assert len(draw_dice_by_size(scores.assign(site="S1")).axes) == 1


def test_an_unknown_site_is_called_so(scores: pd.DataFrame) -> None:
    nameless = scores.assign(site=scores["site"].where(scores["site"] == "S1", ""))
    assert set(_points(draw_dice_by_size(nameless).axes[1])) == {"S1 (n = 2)", "unknown (n = 1)"}


def test_more_sites_than_colours_lose_no_patient(scores: pd.DataFrame) -> None:
    patient = scores[scores["patient"] == "c"]
    many = pd.concat([patient.assign(patient=f"p{k}", site=f"S{k}") for k in range(len(SERIES) + 3)])
    points = _points(draw_dice_by_size(many).axes[1])
    assert len(points) == len(SERIES)
    assert "other sites (n = 4)" in points


def test_no_tumour_is_a_figure_that_says_so(scores: pd.DataFrame) -> None:
    (axes,) = draw_dice_by_size(scores[scores["patient"] == "d"]).axes
    assert axes.texts[0].get_text() == "No patient has a tumour."
