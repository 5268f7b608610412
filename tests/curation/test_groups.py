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
