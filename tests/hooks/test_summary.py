import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from tumourflow.hooks import summary
from tumourflow.measures.classification import summarise_classes


def metrics(test_n):
    measure = {"value": 0.812, "low": 0.7, "high": 0.9, "n": test_n}
    return {"test": {"volume_dice": measure}, "validation": {"volume_dice": {**measure, "value": 0.5, "n": 4}}}


@pytest.mark.parametrize(
    ("test_n", "line"),
    [
        (8, "test 0.812 [0.700, 0.900], 8 patients"),
        (1, "test 0.812 [0.700, 0.900], 1 patient"),
        (0, "validation 0.500 [0.700, 0.900], 4 patients"),
    ],
)
def test_headline_is_of_the_test_patients_where_there_are_any(test_n, line):
    (told,) = summary._headline(metrics(test_n))
    assert " ".join(told.split()) == f"volume Dice, {line}"


def test_a_leaky_result_says_so_before_its_figure():
    lines = summary._headline({**metrics(8), "leaky": True, "protocol": "slice"})
    assert [line.split()[0] for line in lines] == ["LEAKY", "volume"]
    assert "slice protocol" in lines[0]


def test_where_all_trained_the_headline_is_of_the_cross_validation_or_says_that_it_is_missing():
    (told,) = summary._headline({"protocol": "all", "cross_validated": metrics(30)["test"]})
    assert " ".join(told.split()) == "volume Dice, cross_validated 0.812 [0.700, 0.900], 30 patients"
    (told,) = summary._headline({"protocol": "all", "note": "No cross-validated figures yet"})
    assert " ".join(told.split()) == "result No cross-validated figures yet"


def test_headline_is_left_out_where_nothing_was_measured():
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    assert summary._headline({"test": {"volume_dice": nothing}, "validation": {"volume_dice": nothing}}) == []


def test_commands_can_be_typed_where_they_are_read(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/project/.venv/bin/python")
    assert summary._command("kedro", Path("/project")) == ".venv/bin/kedro"
    assert summary._command("kedro", Path("/elsewhere")) == "kedro"


def test_a_server_is_named_without_its_password(monkeypatch):
    monkeypatch.setattr(mlflow, "get_tracking_uri", lambda: "https://anna:secret@tracking.example/path")
    assert summary._comparison(Path("/project")) == "https://tracking.example/path"


def test_headline_of_a_classifier_is_its_auroc_or_with_several_classes_its_balanced_accuracy():
    figure = {"value": 0.91, "low": 0.8, "high": 0.97, "n": 60, "unit": "image"}
    (told,) = summary._headline({"test": {"auroc": figure, "balanced_accuracy": figure}})
    assert " ".join(told.split()) == "AUROC, test 0.910 [0.800, 0.970], 60 images"
    (told,) = summary._headline({"test": {"auroc.a": figure, "balanced_accuracy": figure}})
    assert " ".join(told.split()) == "balanced accuracy, test 0.910 [0.800, 0.970], 60 images"


def test_a_headline_without_interval_is_told_without():
    """Of twelve classes with one image each no resample holds all."""
    names = list("abcdefghijkl")
    chances = dict(zip((f"probability.{name}" for name in names), np.eye(len(names)), strict=True))
    rows = {"case_id": names, "patient": names, "group": names, "site": "", "split": "test", "label": names}
    (told,) = summary._headline(summarise_classes(pd.DataFrame(rows | chances), names))
    assert " ".join(told.split()) == "balanced accuracy, test 1.000, 12 images"
