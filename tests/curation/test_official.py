import pytest

from tumourflow.curation.official import split_officially
from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions

OPTIONS = SplittingOptions(validation=0.2)


@pytest.fixture
def cases(make_cases):
    """Twelve patients in three published folds; p00 and p01, of one family, stand in different ones."""
    table = make_cases({f"p{n:02}": [n, 0] for n in range(12)})
    table["official_fold"] = table["patient"].str[1:].astype(int) % 3
    table.loc[table["patient"] == "p01", ["family", "group"]] = "p00"
    return table


def test_the_published_fold_is_the_test_set_and_nothing_else_is(cases):
    for fold in range(3):
        splits = split_officially(cases, OPTIONS, 0, fold)
        assert ((splits["split"] == "test") == (cases["official_fold"] == fold)).all()
        assert splits["fold"].tolist() == cases["official_fold"].tolist()


def test_validation_is_drawn_from_the_others_without_tearing_a_group(cases):
    for seed in range(20):
        splits = split_officially(cases, OPTIONS, seed, 2)
        rest = splits[splits["split"] != "test"]
        assert rest.loc[rest["split"] == "validation", "patient"].nunique() in (1, 2, 3)
        assert rest.loc[rest["patient"].isin(["p00", "p01"]), "split"].nunique() == 1
        assert (rest.groupby("patient")["split"].nunique() == 1).all()


def test_the_order_of_the_rows_has_no_say(cases):
    turned = split_officially(cases[::-1], OPTIONS, 3, 1)[::-1]
    assert turned.equals(split_officially(cases, OPTIONS, 3, 1))


def test_the_draw_of_a_seed_is_that_of_every_machine(cases):
    splits = split_officially(cases, OPTIONS, 0, 0).drop_duplicates("patient")
    assert "".join(splits["split"].str[1]) == "erreareraerr"


def test_a_cohort_without_published_folds_is_a_sentence(make_cases):
    with pytest.raises(UserError, match="published without folds: choose `protocol` patient"):
        split_officially(make_cases({"a": [1], "b": [1]}), OPTIONS, 0, 0)


def test_cases_in_none_of_the_folds_are_a_sentence(cases):
    cases.loc[3, "official_fold"] = -1
    with pytest.raises(UserError, match="1 cases are in none of the published folds, the first is p01/2"):
        split_officially(cases, OPTIONS, 0, 0)


def test_a_fold_that_was_not_published_is_a_sentence(cases):
    with pytest.raises(UserError, match="`fold` is 5, but the published folds of this cohort are 0, 1, 2"):
        split_officially(cases, OPTIONS, 0, 5)


def test_where_all_cases_are_in_one_published_fold_it_is_said_that_nobody_could_train(cases):
    with pytest.raises(UserError, match="all cases are in published fold 0, so that nobody is left to train on: choose `protocol` patient"):
        split_officially(cases.assign(official_fold=0), OPTIONS, 0, 0)
