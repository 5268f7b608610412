import pandas as pd
import pytest

from tumourflow.errors import UserError
from tumourflow.folds.checks import keep_fold, require_fold, require_split
from tumourflow.folds.names import find_finished


def test_a_split_is_the_fold_that_it_was_made_as_and_no_other():
    """Fold 1 of 3: scored as fold 1 of 2 or of 5, it would be pooled with patients that its network has seen."""
    splits = pd.DataFrame({"split": ["train", "test", "validation"], "fold": [0, 1, 2]})
    require_fold(splits, folds=3, fold=1)
    for folds, fold in ((3, 0), (2, 1), (5, 1)):
        with pytest.raises(UserError, match="the split at hand of 3 folds tests 1"):
            require_fold(splits, folds, fold)
    with pytest.raises(UserError, match="was made without folds"):
        require_fold(splits.assign(fold=-1), folds=3, fold=1)


def test_a_split_is_trained_on_as_what_it_was_made_for():
    """Published folds count themselves; a split without folds says no more than its protocol."""
    splits = pd.DataFrame({"split": ["train", "test", "validation"], "fold": [0, 1, 2]})
    require_split(splits, "official", "official", None, fold=1)
    require_split(splits.assign(fold=-1), "patient", "patient", None, fold=0)
    with pytest.raises(UserError, match="`fold` is 0, but the split at hand of 3 folds tests 1"):
        require_split(splits, "official", "official", None, fold=0)
    with pytest.raises(UserError, match="`folds` is 5 and `fold` is 1, but the split at hand of 3 folds tests 1"):
        require_split(splits, "patient", "patient", 5, fold=1)
    with pytest.raises(UserError, match="`protocol` is patient, but the split at hand was made under slice"):
        require_split(splits, "slice", "patient", 3, fold=1)


def test_a_cross_validation_is_finished_where_all_of_its_folds_are_there():
    assert find_finished(["f/2-0", "f/2-1", "f/3-0", "g/3-1", "g/3-2"], "f") == 2
    assert find_finished(["f/2-0", "f/3-0", "f/3-1"], "f") == find_finished([], "f") == 0


@pytest.mark.parametrize(("folds", "protocol", "leaky"), [(None, "patient", False), (3, "slice", False), (3, "patient", True)])
def test_what_is_no_fold_or_leaks_is_not_kept(folds, protocol, leaky):
    splits = pd.DataFrame({"split": ["train", "test", "validation"], "fold": [0, 1, 2]})
    assert keep_fold(splits, splits, "f", {"protocol": protocol, "leaky": leaky}, folds, 1) == []


def test_a_fold_is_kept_by_its_test_cases_alone():
    splits = pd.DataFrame({"split": ["train", "test", "validation"], "fold": [0, 1, 2]})
    scores = splits[["split"]].assign(dice=[0.9, 0.5, 0.7])
    [(name, kept)] = keep_fold(scores, splits, "f", {"protocol": "patient", "leaky": False}, 3, 1)
    assert (name, kept["dice"].tolist()) == ("f/3-1", [0.5])
