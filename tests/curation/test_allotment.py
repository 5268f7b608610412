import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.curation.allotment import allot, deal, share_tumours


@given(
    sizes=st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 9), min_size=1, max_size=9),
    parts=st.lists(st.integers(0, 20), min_size=1, max_size=4).filter(any),
)
def test_rows_and_columns_add_up_and_every_share_is_rounded_up_or_down(sizes, parts):
    whole = sum(sizes.values())
    cuts = [whole * sum(parts[: place + 1]) // sum(parts) for place in range(len(parts))]
    counts = {str(place): cut - before for place, (before, cut) in enumerate(zip([0, *cuts], cuts, strict=False))}
    table = allot(sizes, counts)
    assert {label: sum(row.values()) for label, row in table.items()} == sizes
    assert {name: sum(row[name] for row in table.values()) for name in counts} == counts
    for label, size in sizes.items():
        assert all(abs(table[label][name] - size * count / max(whole, 1)) < 1 for name, count in counts.items())


def test_classes_that_were_served_first_move_on_for_those_that_come_last():
    # Both `a` and `b` prefer test, as the larger share; `c` finds it full and sends `a` to the place that is free.
    assert allot({"a": 1, "b": 1, "c": 1}, {"train": 1, "test": 2}) == {
        "a": {"train": 1, "test": 0},
        "b": {"train": 0, "test": 1},
        "c": {"train": 0, "test": 1},
    }


def test_along_the_order_no_split_falls_behind():
    names = deal([str(place) for place in range(10)], {"train": 6, "validation": 2, "test": 2})
    dealt = list(names.values())
    for end in range(1, 11):
        assert abs(dealt[:end].count("train") - 0.6 * end) <= 1


def test_the_only_unit_with_tumour_stays_where_it_is():
    names = {"a": "train", "b": "train", "c": "test"}
    assert share_tumours(names, dict.fromkeys("abc", ""), "a", np.random.default_rng(0)) == names
