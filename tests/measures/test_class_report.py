import pytest

from tumourflow.measures.class_report import summarise_classifier
from tumourflow.measures.covered import compare_covered


def test_what_calibration_and_annotations_change_stands_beside_the_splits(tabulate):
    """Sure and right of a, sure and wrong of b: half as sure after calibration, the Brier score falls."""
    scores = tabulate("ab", [[1.0, 0.0], [1.0, 0.0]]).assign(**{"calibrated.a": 0.5, "calibrated.b": 0.5})
    covered = scores.assign(**{"probability.a": [0.0, 0.0], "probability.b": [1.0, 1.0]})
    metrics = summarise_classifier(scores, "ab", 2.0, compare_covered(scores, covered, "ab"), covered=2)
    assert list(metrics) == ["train", "validation", "test", "calibrated", "temperature", "covered", "patients"]
    assert (metrics["test"]["accuracy"]["value"], metrics["test"]["brier"]["value"]) == (0.5, pytest.approx(0.5))
    assert set(metrics["calibrated"]["test"]) == {"brier", "ece"}
    assert metrics["calibrated"]["test"]["brier"]["value"] == pytest.approx(0.25)
    assert (metrics["temperature"], metrics["covered"]["changed"]) == (2.0, 2)
    assert metrics["patients"] == "No figures per patient: no patient has several images."


def test_where_nothing_was_covered_and_patients_have_figures_nothing_is_told_of_either(tabulate):
    scores = tabulate("aab", [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]], "ppq").assign(**{"calibrated.a": 0.5, "calibrated.b": 0.5})
    metrics = summarise_classifier(scores, "ab", 1.0, compare_covered(scores, scores.iloc[:0], "ab"), covered=0)
    assert list(metrics) == ["train", "validation", "test", "calibrated", "temperature"]
