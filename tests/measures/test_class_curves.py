import pytest

from tumourflow.measures.class_curves import precision_recall_points, roc_curve_points


def two(*of_b: float) -> list[list[float]]:
    return [[1 - probability, probability] for probability in of_b]


def test_a_curve_tells_what_is_reached_at_a_rate(tabulate) -> None:
    # By probability of b: b, a, b, a. Half of b is found before any a, all of it once half of a is taken along.
    roc = roc_curve_points(tabulate("baba", two(0.9, 0.7, 0.5, 0.3)), "ab").set_index("false_positive_rate")["true_positive_rate"]
    assert roc.index.tolist() == pytest.approx([place / 100 for place in range(101)])
    assert [roc.iloc[place] for place in (0, 49, 50, 100)] == [0.5, 0.5, 1, 1]
    curve = precision_recall_points(tabulate("baba", two(0.9, 0.7, 0.5, 0.3)), "ab")
    precision = curve[curve["class"] == "b"].set_index("recall")["precision"]
    assert [precision.iloc[place] for place in (0, 49, 50, 99)] == pytest.approx([1, 1, 2 / 3, 2 / 3])


def test_equal_probabilities_are_reached_together(tabulate) -> None:
    roc = roc_curve_points(tabulate("abab", two(0.5, 0.5, 0.5, 0.5)), "ab")
    assert set(roc["true_positive_rate"][:100]) == {0}
    assert roc["true_positive_rate"].iloc[-1] == 1
    assert set(precision_recall_points(tabulate("abab", two(0.5, 0.5, 0.5, 0.5)), "ab")["precision"]) == {0.5}


def test_of_two_classes_one_roc_curve_is_shown_and_of_three_each(tabulate) -> None:
    table = tabulate("abc", [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6]])
    assert roc_curve_points(table, "abc")["class"].unique().tolist() == ["a", "b", "c"]
    assert roc_curve_points(tabulate("ab", two(0.2, 0.8)), "ab")["class"].unique().tolist() == ["b"]
    assert precision_recall_points(tabulate("ab", two(0.2, 0.8)), "ab")["class"].unique().tolist() == ["a", "b"]


def test_a_band_holds_its_curve_and_is_of_groups(tabulate) -> None:
    probabilities = two(0.9, 0.8, 0.3, 0.2, 0.4, 0.6, 0.1, 0.7)
    roc = roc_curve_points(tabulate("bbbbaaaa", probabilities), "ab")
    assert (roc["low"] <= roc["true_positive_rate"]).all()
    assert (roc["true_positive_rate"] <= roc["high"]).all()
    assert (roc["low"] < roc["high"]).any()
    joined = roc_curve_points(tabulate("bbbbaaaa", probabilities, "pppppppp"), "ab")
    assert (joined["low"] == joined["high"]).all()


def test_resamples_without_a_class_are_left_out(tabulate) -> None:
    # Of two patients a quarter of the resamples is of the first alone, a quarter of the second.
    roc = roc_curve_points(tabulate("ab", two(0.2, 0.8)), "ab")
    assert roc[["true_positive_rate", "low", "high"]].to_numpy().min() == 1


def test_one_class_alone_has_no_curve(tabulate) -> None:
    assert roc_curve_points(tabulate("aa", two(0.2, 0.8)), "ab").empty
    assert list(precision_recall_points(tabulate("aa", two(0.2, 0.8)), "ab").columns) == ["class", "recall", "precision", "low", "high"]
    three = tabulate("ab", [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2]])
    assert roc_curve_points(three, "abc")["class"].unique().tolist() == ["a", "b"]
