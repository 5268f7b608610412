"""Tiny tables whose figures are worked out in the comments."""

from dataclasses import dataclass
from math import nan

import numpy as np
import pytest

from tumourflow.measures.class_figures import measure_classes
from tumourflow.measures.class_units import read_units


@dataclass(frozen=True)
class Example:
    name: str
    labels: str
    probabilities: list[list[float]]
    figures: dict[str, float]


def two(*of_b: float) -> list[list[float]]:
    return [[1 - probability, probability] for probability in of_b]


EXAMPLES = [
    # Both right and certain.
    Example(
        "perfect",
        "ab",
        two(0, 1),
        {"accuracy": 1, "balanced_accuracy": 1, "macro_f1": 1, "recall.a": 1, "precision.b": 1, "auroc": 1, "average_precision.a": 1}
        | {"average_precision.b": 1, "brier": 0, "ece": 0},
    ),
    # Both wrong and certain: distances 1 and 1; F1 is 0 / 1, for nothing is right.
    Example(
        "all wrong",
        "ab",
        two(1, 0),
        # b is second of two: 1 / 2.
        {"accuracy": 0, "balanced_accuracy": 0, "macro_f1": 0, "auroc": 0, "average_precision.b": 0.5, "brier": 1, "ece": 1},
    ),
    # Three a, one b, all called a. Recall 1 and 0; precision of b undefined; F1 of a 2*3 / (3 + 4), of b 0 / (1 + 0).
    # b is set before the two a with .1, equal with none, behind none: of .1 .1 .2 | .3 it is first.
    # Squared distances .01 .01 .04 .49, mean .55 / 4.
    Example(
        "rare class missed",
        "aaab",
        two(0.1, 0.1, 0.2, 0.3),
        {"accuracy": 0.75, "balanced_accuracy": 0.5, "macro_f1": 3 / 7, "recall.a": 1, "recall.b": 0, "precision.a": 0.75}
        | {"precision.b": nan, "auroc": 1, "average_precision.b": 1, "brier": 0.1375},
    ),
    # All equal: the first class is said, the areas are those of chance: half of each pair, and precision 2/4 where everything is reached.
    # Confidence .5, right in half: no error of calibration.
    Example(
        "all tied",
        "aabb",
        two(0.5, 0.5, 0.5, 0.5),
        {"accuracy": 0.5, "recall.a": 1, "recall.b": 0, "auroc": 0.5, "average_precision.a": 0.5, "average_precision.b": 0.5}
        | {"brier": 0.25, "ece": 0},
    ),
    # By probability of b: b .9, then a and b .6, then a .4. Of four pairs 3 are right, one tied: 3.5 / 4.
    # Average precision of b: the first is reached at 1/1, the second together with an a at 2/3.
    Example("one tie", "abab", two(0.6, 0.9, 0.4, 0.6), {"auroc": 0.875, "average_precision.b": (1 + 2 / 3) / 2}),
    # b first and third: precision 1/1 and 2/3. a is second and fourth of b, so first and third of a: .2 a, .4 b, .6 a, .8 b.
    Example("interleaved", "baba", two(0.8, 0.6, 0.4, 0.2), {"auroc": 0.75, "average_precision.b": 5 / 6, "average_precision.a": 5 / 6}),
    # Only a: nothing to be ranked, no recall of b, no mean over classes.
    Example(
        "one class only",
        "aa",
        two(0.2, 0.9),
        {"accuracy": 0.5, "balanced_accuracy": nan, "macro_f1": nan, "recall.a": 0.5, "recall.b": nan, "precision.a": 1, "precision.b": 0}
        | {"auroc": nan, "average_precision.a": nan, "average_precision.b": nan, "f1.b": nan, "brier": (0.04 + 0.81) / 2},
    ),
    # Sure by .8 and .6 (each its own bin), right and wrong: (|1 - .8| + |0 - .6|) / 2.
    Example("each its own bin", "ab", two(0.2, 0.4), {"ece": 0.4}),
    # Both sure by .75, so in one bin: |1/2 - .75|.
    Example("one bin", "ab", two(0.25, 0.25), {"ece": 0.25}),
    # Three classes: a right, b called c, c right. F1: a 1, b 0, c 2*1 / (1 + 2). Halves of squared distances:
    # (.09 + .04 + .01) / 2 = .07, (.01 + .49 + .36) / 2 = .43, (.01 + .01 + .04) / 2 = .03.
    # One against rest: a .7 over .1 .1, first; b .3 over .2 .1, first; c .8 over .6 .1, first.
    Example(
        "three classes",
        "abc",
        [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.1, 0.1, 0.8]],
        {"accuracy": 2 / 3, "balanced_accuracy": 2 / 3, "macro_f1": (1 + 0 + 2 / 3) / 3, "precision.b": nan, "precision.c": 0.5}
        | {"brier": (0.07 + 0.43 + 0.03) / 3, "auroc.a": 1, "auroc.b": 1, "auroc.c": 1},
    ),
    # Three classes of which c is absent: means over classes are not defined, a against rest is.
    Example(
        "absent class",
        "ab",
        [[0.2, 0.2, 0.6], [0.1, 0.8, 0.1]],
        {"accuracy": 0.5, "balanced_accuracy": nan, "recall.a": 0, "recall.c": nan, "precision.c": 0, "auroc.a": 1, "auroc.c": nan},
    ),
    # One image: right by .9.
    Example("one image", "a", two(0.1), {"accuracy": 1, "recall.a": 1, "auroc": nan, "brier": 0.01, "ece": 0.1}),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_figures_equal_those_worked_out_by_hand(example: Example, tabulate) -> None:
    classes = "abc"[: len(example.probabilities[0])]
    units = read_units(tabulate(example.labels, example.probabilities), classes)
    found = measure_classes(units, np.ones((1, units.drawn)), classes)
    assert {name: float(found[name][0]) for name in example.figures} == pytest.approx(example.figures, abs=1e-12, nan_ok=True)


def test_a_group_that_is_drawn_twice_counts_twice(tabulate) -> None:
    # p is right, q wrong twice: 1/3 of the images; with p twice 2/4; without q 1.
    units = read_units(tabulate("abb", two(0.1, 0.2, 0.3), "pqq"), "ab")
    weights = np.array([[1.0, 1.0], [2.0, 1.0], [2.0, 0.0]])
    found = measure_classes(units, weights, "ab")
    assert found["accuracy"].tolist() == pytest.approx([1 / 3, 0.5, 1])
    assert found["recall.b"].tolist() == pytest.approx([0, 0, nan], nan_ok=True)
    # Halves of squared distances .01, .64, .49.
    assert found["brier"].tolist() == pytest.approx([1.14 / 3, 1.15 / 4, 0.01])
    # Sure by .7 (wrong), .8 (wrong), .9 (right), apart; the copies of the last share a bin.
    assert found["ece"].tolist() == pytest.approx([(0.7 + 0.8 + 0.1) / 3, (0.7 + 0.8 + 0.2) / 4, 0.1])
