import pandas as pd
import pytest

from tumourflow.curation.sides import find_leaks


@pytest.fixture
def table(make_cases) -> pd.DataFrame:
    """Two slices each of three patients, each on a side of its own."""
    cases = make_cases({"a": [1, 2], "b": [3, 4], "c": [5, 6]})
    return cases.assign(split=["train", "train", "validation", "validation", "test", "test"])


def test_patients_apart_are_no_leak(table):
    assert find_leaks(table) == []


@pytest.mark.parametrize(
    ("kind", "row", "column", "value", "pair"),
    [
        ("patient", 1, "split", "test", ("a", "a/1", "train", "a/2", "test")),
        ("family", [2, 3], "family", "a", ("a", "a/1", "train", "b/1", "validation")),
        ("group", [4, 5], "group", "b", ("b", "b/1", "validation", "c/1", "test")),
        ("pixel", 5, "image", "a-2", ("a-2", "a/2", "train", "c/2", "test")),
    ],
)
def test_each_kind_is_found_alone_and_names_two_cases(table, kind, row, column, value, pair):
    table.loc[row, column] = value
    (leak,) = find_leaks(table)
    assert (leak.kind, leak.count, [tuple(each) for each in leak.pairs]) == (kind, 1, [pair])


def test_a_group_that_is_one_family_is_counted_as_family_alone(table):
    table.loc[[2, 3], ["family", "group"]] = "a"
    assert [leak.kind for leak in find_leaks(table)] == ["family"]
    table.loc[[4, 5], "group"] = "a"
    assert [leak.kind for leak in find_leaks(table)] == ["family", "group"]


def test_of_a_group_two_patients_are_named_in_whatever_order_its_rows_come(table):
    table.loc[1, "split"] = "test"
    table.loc[[2, 3], "group"] = "a"
    for rows in (table, table[::-1]):
        assert find_leaks(rows)[1].pairs == [("a", "a/1", "train", "b/1", "validation")]


def test_blank_images_tell_nothing(table):
    table.loc[[0, 2, 4], ["image", "blank"]] = ["black", True]
    assert find_leaks(table) == []


def test_copies_that_a_person_keeps_apart_are_no_leak(table):
    table.loc[[0, 2, 4], "image"] = "copy"
    assert [leak.kind for leak in find_leaks(table.assign(apart=table["case_id"] == "a/1"))] == ["pixel"], "the two others"
    assert find_leaks(table.assign(apart=table["case_id"].isin(["a/1", "b/1"]))) == []


def test_training_and_validation_are_two_sides(table):
    table.loc[1, "split"] = "validation"
    assert [leak.kind for leak in find_leaks(table)] == ["patient"]


def test_of_many_leaks_all_are_counted_and_named(make_cases):
    cases = make_cases({f"p{n:02}": [1, 1] for n in range(50)})
    (leak,) = find_leaks(cases.assign(split=["train", "test"] * 50))
    assert (leak.count, len(leak.pairs)) == (50, 50)
    assert leak.pairs[49].name == "p49"
