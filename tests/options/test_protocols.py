import pytest

from tumourflow.errors import UserError
from tumourflow.options import find_contradiction, parse_parameters

MINIMAL = {"raw_root": "scans", "ingestion": {"reader": "paired"}}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"protocol": "slice", "split_file": "a.csv"}, "`protocol` is slice (slices are drawn at random), but `split_file` (a.csv) is set"),
        ({"protocol": "official", "split_file": "a.csv"}, "`protocol` is official (the published folds decide), but `split_file` (a.csv)"),
        ({"protocol": "official", "folds": 5}, "`protocol` is official (the published folds decide), but `folds` (5) is set as well"),
        ({"protocol": "all", "folds": 5}, "`protocol` is all (every patient trains), but `folds` (5) is set as well: remove one of them."),
        ({"protocol": "all", "split_file": "a.csv"}, "`protocol` is all (every patient trains), but `split_file` (a.csv) is set as well"),
        ({"folds": 5, "split_file": "a.csv"}, "`split_file` (a.csv) and `folds` (5) are both set: a split is either imposed or drawn"),
        ({"training": {"average_folds": True}}, "`training.average_folds` is true, but `protocol` is patient: the networks of all folds"),
    ],
)
def test_parameters_that_contradict_one_another_are_one_sentence_before_anything_is_read(values, sentence):
    with pytest.raises(UserError) as caught:
        parse_parameters(MINIMAL | values)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"protocol": "slice", "folds": 5, "fold": 4},
        {"protocol": "official", "fold": 4},
        {"split_file": "a.csv"},
        {"protocol": "all", "training": {"average_folds": True}},
    ],
)
def test_what_agrees_passes(values):
    given = parse_parameters(MINIMAL | values)
    assert find_contradiction(given.protocol, given.split_file, given.folds, given.training.average_folds) is None
