"""Agreement with scikit-learn on 200 random tables, ties included, and on the resamples of them."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

from tumourflow.measures.class_curves import precision_recall_points, roc_curve_points
from tumourflow.measures.class_figures import measure_classes, name_measures
from tumourflow.measures.class_units import probability_columns, read_units
from tumourflow.measures.classification import confusion, summarise_classes
from tumourflow.measures.resampling import draw_weights


def judge(scores: pd.DataFrame, classes: str) -> dict[str, float]:
    """The measures as scikit-learn has them, NaN where a class or side is absent."""
    columns = scores[probability_columns(classes)].to_numpy()
    truth, predicted = scores["label"].to_numpy(), np.array(list(classes))[columns.argmax(axis=1)]
    precision, recall, f1, there = precision_recall_fscore_support(truth, predicted, labels=list(classes), zero_division=np.nan)
    every = bool(there.all())
    found = {
        "accuracy": accuracy_score(truth, predicted),
        "balanced_accuracy": balanced_accuracy_score(truth, predicted) if every else np.nan,
        "macro_f1": f1.mean() if every else np.nan,
        "brier": brier_score_loss(truth, columns, labels=list(classes), scale_by_half=True),
        "ece": calibration_error(columns, truth == predicted),
    }
    for number, name in enumerate(classes):
        own, probability = truth == name, columns[:, number]
        both = 0 < own.sum() < len(own)
        found |= {f"recall.{name}": recall[number], f"precision.{name}": precision[number]}
        found[f"average_precision.{name}"] = average_precision_score(own, probability) if both else np.nan
        if len(classes) > 2 or number == 1:
            found["auroc" if len(classes) == 2 else f"auroc.{name}"] = roc_auc_score(own, probability) if both else np.nan
    return found


def calibration_error(columns: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Image by image: the bin of each is told by how many are less sure."""
    confidence, gaps = columns.max(axis=1), np.zeros(bins)
    for sure, is_right in zip(confidence, right, strict=True):
        gaps[bins * int((confidence < sure).sum()) // len(confidence)] += is_right - sure
    return float(np.abs(gaps).sum() / len(confidence))


# scikit-learn warns of labels that are absent or alone.
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_figures_agree_with_scikit_learn(random_scores) -> None:
    assert len(random_scores) == 200
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for scores in random_scores:
            classes = name_classes(scores)
            units = read_units(scores, classes)
            ours = measure_classes(units, np.ones((1, units.drawn)), classes)
            theirs = judge(scores, classes)
            assert set(theirs) == set(name_measures(classes))
            assert {name: ours[name][0] for name in theirs} == pytest.approx(theirs, abs=1e-9, nan_ok=True)


def test_confusion_agrees_with_scikit_learn(random_scores) -> None:
    for scores in random_scores[:20]:
        classes = list(name_classes(scores))
        predicted = scores[probability_columns(classes)].idxmax(axis=1).str.removeprefix("probability.")
        np.testing.assert_array_equal(confusion(scores, classes), confusion_matrix(scores["label"], predicted, labels=classes))


def name_classes(scores: pd.DataFrame) -> str:
    return "abcd"[: scores.filter(like="probability").shape[1]]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("number", [2, 3])
def test_every_resample_is_the_table_with_its_groups_repeated(random_scores, number) -> None:
    scores = random_scores[number]
    classes = name_classes(scores)
    units = read_units(scores, classes)
    weights = next(draw_weights(units.drawn))[:10]
    ours = measure_classes(units, weights, classes)
    groups = sorted(set(scores["group"]))
    for place, row in enumerate(weights.astype(int)):
        repeated = pd.concat([scores[scores["group"] == group] for group, times in zip(groups, row, strict=True) for _ in range(times)])
        theirs = judge(repeated, classes)
        assert {name: ours[name][place] for name in theirs} == pytest.approx(theirs, abs=1e-9, nan_ok=True)


def test_areas_under_the_curves_that_are_drawn_are_those_that_are_reported() -> None:
    # Ten images of each class: rates and recalls are tenths, so that 101 points miss no step.
    rng = np.random.default_rng(3)
    probability = rng.random(20)
    table = pd.DataFrame({"case_id": range(20), "patient": range(20), "group": range(20), "split": "test", "label": list("ab") * 10})
    table = table.assign(**{"probability.a": 1 - probability, "probability.b": probability})
    roc, recall = roc_curve_points(table, "ab"), precision_recall_points(table, "ab")
    figures = summarise_classes(table, "ab")["test"]
    # Each of the ten false images stands at the end of a tenth.
    assert roc["true_positive_rate"][9:100:10].mean() == pytest.approx(figures["auroc"]["value"])
    of_b = recall[recall["class"] == "b"]
    assert of_b["precision"].mean() == pytest.approx(figures["average_precision.b"]["value"])
    assert (roc["low"] <= roc["high"]).all()
    assert roc.iloc[-1][["true_positive_rate", "low", "high"]].tolist() == [1, 1, 1]
