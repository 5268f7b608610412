import json

import pandas as pd
import pytest

from tumourflow.measures.covered import compare_covered, describe_covered

CLASSES = ["a", "b"]


def scores(chances: list[float], split: str = "test") -> pd.DataFrame:
    """Images of a, b, a, b with these probabilities of a."""
    names = [str(number) for number in range(len(chances))]
    table = pd.DataFrame({"case_id": names, "patient": names, "group": names, "site": "", "split": split, "label": ["a", "b"] * 2})
    return table.assign(**{"probability.a": chances, "probability.b": [1 - chance for chance in chances]})


def test_the_difference_is_that_of_covered_minus_as_it_is() -> None:
    """All four right as they are; covered, both of b are taken for a: accuracy and recall of b fall."""
    as_is, covered = scores([0.9, 0.2, 0.8, 0.1]), scores([0.9, 0.7, 0.8, 0.6])
    rows = compare_covered(as_is, covered, CLASSES).set_index("measure")
    assert rows.loc["accuracy", ["as_is", "covered", "difference"]].tolist() == [1.0, 0.5, -0.5]
    assert rows.loc["recall.b", ["as_is", "covered", "difference"]].tolist() == [1.0, 0.0, -1.0]
    assert rows.loc["accuracy", "low"] <= -0.5 <= rows.loc["accuracy", "high"]
    told = describe_covered(rows.reset_index(), changed=2)
    assert (told["split"], told["changed"], told["accuracy"]["difference"], told["accuracy"]["n"]) == ("test", 2, -0.5, 4)
    json.dumps(told, allow_nan=False)


def test_what_is_told_of_few_and_by_what_was_predicted_is_that_of_the_covered_images() -> None:
    """Covered, nobody is taken for b any more: its precision is of no image, and that of a is of all four."""
    as_is, covered = scores([0.9, 0.2, 0.8, 0.1]), scores([0.9, 0.7, 0.8, 0.6])
    told = describe_covered(compare_covered(as_is, covered, CLASSES), changed=2)
    assert (told["precision.a"]["value"], told["precision.a"]["n"], told["precision.b"]["n"]) == (0.5, 4, 0)
    assert told["accuracy"]["small_n"] is True


def test_where_nothing_was_covered_nothing_is_told() -> None:
    as_is = scores([0.9, 0.2, 0.8, 0.1])
    differences = compare_covered(as_is, as_is.iloc[:0], CLASSES)
    assert differences.empty
    assert describe_covered(differences, 0) == {}


def test_images_with_nothing_to_cover_change_nothing() -> None:
    as_is = scores([0.9, 0.2, 0.8, 0.1])
    assert compare_covered(as_is, as_is, CLASSES)["difference"].dropna().abs().max() == pytest.approx(0)
