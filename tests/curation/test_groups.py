import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.curation.groups import group_patients


def table(rows):
    return pd.DataFrame(rows, columns=["patient", "image"]).assign(blank=False)


def test_a_chain_of_copies_is_one_group():
    assert group_patients(table([("a", "1"), ("b", "1"), ("b", "2"), ("c", "2"), ("d", "3")])) == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_blank_and_unread_images_join_nobody():
    assert group_patients(table([("a", "1"), ("b", "1")]).assign(blank=True)) == {"a": "a", "b": "b"}
    assert group_patients(table([("a", ""), ("b", "")])) == {"a": "a", "b": "b"}


def test_where_nothing_may_join_everybody_is_alone():
    assert group_patients(table([("a", "1"), ("b", "1")]), copies=False) == {"a": "a", "b": "b"}


def test_an_image_that_is_kept_apart_joins_nobody():
    cases = table([("a", "1"), ("b", "1"), ("c", "1")]).assign(apart=[False, True, False])
    assert group_patients(cases) == {"a": "a", "b": "b", "c": "a"}


def test_an_image_a_family_and_a_pair_of_one_name_have_nothing_in_common():
    cases = table([("a", "0"), ("b", "0"), ("c", "1"), ("d", "2"), ("e", "3"), ("f", "4")])
    cases = cases.assign(family=["a", "b", "0", "0", "e", "f"], case_id=list("abcdef"))
    pairs = pd.DataFrame({"first": ["e"], "second": ["f"]})
    assert group_patients(cases, pairs) == {"a": "a", "b": "a", "c": "c", "d": "c", "e": "e", "f": "e"}


def test_pairs_are_told_apart_whatever_their_index():
    cases = table([("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]).assign(case_id=list("abcd"))
    pairs = pd.DataFrame({"first": ["a", "c"], "second": ["b", "d"]}, index=[0, 0])
    assert group_patients(cases, pairs) == {"a": "a", "b": "a", "c": "c", "d": "c"}


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("123")), min_size=1))
def test_patients_with_an_image_in_common_are_always_together(rows):
    groups = group_patients(table(rows))
    for patient, image in rows:
        assert all(groups[patient] == groups[other] for other, same in rows if same == image)


def test_families_and_pairs_join_patients_and_copies_need_not():
    cases = table([("a", "1"), ("b", "2"), ("c", "2"), ("d", "3")]).assign(family=["f", "f", "c", "d"], case_id=["1", "2", "3", "4"])
    assert group_patients(cases, copies=False) == {"a": "a", "b": "a", "c": "c", "d": "d"}
    pairs = pd.DataFrame({"first": ["3"], "second": ["4"]})
    assert group_patients(cases, pairs, copies=False) == {"a": "a", "b": "a", "c": "c", "d": "c"}
    assert set(group_patients(cases, pairs).values()) == {"a"}
