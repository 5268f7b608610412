import pytest

from tumourflow.errors import UserError
from tumourflow.folds.names import name_fold
from tumourflow.folds.pooled_classes import pool_class_folds


class Tables(dict):
    """Stands in for the store of tables."""

    read = dict.__getitem__


@pytest.fixture
def tables(tabulate) -> Tables:
    """Two folds: a patient with three images told right, and one whose only image is told wrong."""
    told = (tabulate("aaa", [[0.9, 0.1]] * 3, "ppp"), tabulate("b", [[0.8, 0.2]], "q"))
    return Tables({name_fold("f", 2, fold): rows for fold, rows in enumerate(told)})


@pytest.mark.parametrize("folds", [2, None])
def test_figures_are_of_the_images_of_all_folds_together(tables, folds):
    pooled = pool_class_folds(tables, "f", folds, "ab")
    accuracy = pooled["cross_validated"]["accuracy"]
    assert (pooled["folds"], accuracy["value"], accuracy["n"]) == (2, 0.75, 4)


def test_while_a_fold_is_missing_there_are_no_figures(tables):
    del tables[name_fold("f", 2, 0)]
    (note,) = pool_class_folds(tables, "f", None, "ab").values()
    assert "(1 of 2 folds are there, 0 missing): kedro run --pipeline=classification --params=folds=2,fold=NUMBER" in note
    (note,) = pool_class_folds(tables, "other", None, "ab").values()
    assert "yet: kedro run --pipeline=classification --params=folds=5,fold=NUMBER" in note


def test_folds_that_were_dealt_out_in_two_ways_are_not_pooled(tables):
    tables[name_fold("f", 2, 1)] = tables[name_fold("f", 2, 0)]
    with pytest.raises(UserError, match="p/0 is tested in two of the folds"):
        pool_class_folds(tables, "f", 2, "ab")
