import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.measures.calibration import apply_temperature, calibrate, fit_temperature, reliability_bins
from tumourflow.measures.classification import summarise_classes


def draw_sharpened(temperature: float, images: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are true but for a factor, and labels drawn from the true probabilities."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(images, 3)) * 1.5
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.random((images, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    return logits * temperature, labels.clip(max=2)


@pytest.mark.parametrize("temperature", [0.5, 1, 2.5])
def test_the_temperature_that_was_applied_is_found(temperature) -> None:
    assert fit_temperature(*draw_sharpened(temperature)) == pytest.approx(temperature, rel=0.06)


def test_three_of_four_right_is_believed_to_three_quarters() -> None:
    # Whatever the certainty, the likelihood of 3 right and 1 wrong is largest at .75.
    for certainty in (0.6, 0.9, 0.9999):
        logarithms = np.log([[certainty, 1 - certainty]] * 4)
        fitted = apply_temperature(logarithms, fit_temperature(logarithms, np.array([0, 0, 0, 1])))
        assert fitted[0].tolist() == pytest.approx([0.75, 0.25], abs=1e-4)


def test_logits_and_log_probabilities_have_one_temperature() -> None:
    logits, labels = draw_sharpened(2, images=50)
    shifted = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert fit_temperature(shifted, labels) == pytest.approx(fit_temperature(logits, labels))


def test_nobody_and_only_right_answers_leave_the_temperature_at_1() -> None:
    assert fit_temperature(np.empty((0, 2)), np.empty(0, int)) == 1
    assert fit_temperature(np.log([[0.6, 0.4], [0.2, 0.8]]), np.array([0, 1])) == 1


def test_answers_worse_than_chance_are_believed_as_little_as_the_bound_allows() -> None:
    assert fit_temperature(np.log([[0.6, 0.4], [0.2, 0.8]]), np.array([1, 0])) == pytest.approx(10, rel=1e-3)


@given(st.integers(0, 10_000), st.floats(0.1, 10))
@settings(max_examples=40, deadline=None)
def test_no_temperature_changes_the_order_of_the_classes(seed, temperature) -> None:
    logits = np.random.default_rng(seed).normal(size=(5, 4)) * 3
    found = apply_temperature(logits, temperature)
    np.testing.assert_array_equal(found.argsort(axis=1), logits.argsort(axis=1))
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_huge_logits_do_not_overflow() -> None:
    assert apply_temperature(np.array([[1e5, -1e5]]), 0.1).tolist() == [[1, 0]]


def test_calibration_is_fitted_on_validation_and_applied_to_all(tabulate) -> None:
    logits, labels = draw_sharpened(3, images=600)
    probabilities = apply_temperature(logits, 1)
    table = tabulate("".join(map("abc".__getitem__, labels)), probabilities).assign(split=["validation", "test"] * 300)
    calibrated, temperature = calibrate(table, "abc")
    assert temperature == fit_temperature(np.log(probabilities[::2]), labels[::2])
    columns = [f"calibrated.{name}" for name in "abc"]
    np.testing.assert_allclose(calibrated[columns], apply_temperature(logits, temperature), rtol=1e-9)
    pd.testing.assert_frame_equal(calibrated.drop(columns=columns), table)
    pd.testing.assert_frame_equal(calibrate(calibrated, "abc")[0], calibrated)
    raw, after = (summarise_classes(calibrated, "abc", column)["test"] for column in ("probability", "calibrated"))
    assert after["ece"]["value"] < raw["ece"]["value"] / 2
    assert after["brier"]["value"] < raw["brier"]["value"]
    assert after["accuracy"] == raw["accuracy"]


def test_without_validation_nothing_is_changed(tabulate) -> None:
    table = tabulate("ab", [[0.9, 0.1], [0.8, 0.2]])
    calibrated, temperature = calibrate(table, "ab")
    assert temperature == 1
    np.testing.assert_allclose(calibrated[["calibrated.a", "calibrated.b"]], table[["probability.a", "probability.b"]])


def test_bins_hold_equally_many_images_and_say_how_often_they_are_right(tabulate) -> None:
    # Sure by .6 .7 | .8 .9, right, wrong | right, right.
    table = tabulate("aaba", [[0.6, 0.4], [0.3, 0.7], [0.2, 0.8], [0.9, 0.1]])
    bins = reliability_bins(table, "ab", bins=2)
    assert bins["confidence"].tolist() == pytest.approx([0.65, 0.85])
    assert bins["accuracy"].tolist() == [0.5, 1]
    assert bins["n"].tolist() == [2, 2]
    assert bins[["low", "high"]].to_numpy().tolist() == [[0, 1], [1, 1]]


def test_equally_sure_images_share_a_bin(tabulate) -> None:
    bins = reliability_bins(tabulate("aaab", [[0.7, 0.3]] * 4), "ab", bins=2)
    assert bins[["bin", "accuracy", "n"]].to_numpy().tolist() == [[0, 0.75, 4]]


def test_the_calibration_error_is_the_mean_over_the_bins(random_scores) -> None:
    scores = random_scores[10]
    classes = "abcd"[: scores.filter(like="probability").shape[1]]
    bins = reliability_bins(scores, classes)
    error = np.average((bins["accuracy"] - bins["confidence"]).abs(), weights=bins["n"])
    assert summarise_classes(scores, classes)["test"]["ece"]["value"] == pytest.approx(error)
    assert bins["n"].sum() == len(scores)
    assert bins["confidence"].is_monotonic_increasing


def test_nobody_fills_no_bin(tabulate) -> None:
    assert reliability_bins(tabulate("a", [[0.7, 0.3]]).head(0), "ab").empty
