from dataclasses import replace

import pandas as pd
import pytest

from tumourflow.curation.case_facts import describe_cases, name_cases, tabulate_facts
from tumourflow.curation.integrity import inspect_case
from tumourflow.errors import UserError


def test_two_cases_of_one_name_are_a_sentence(write_case, make_index, tissue, square):
    cases = [replace(write_case(name, tissue, square), case_id="same") for name in "ab"]
    with pytest.raises(UserError, match=r"Two images would be the case `same`: `a.png` and `b.png`"):
        name_cases(make_index(*cases))


def test_facts_stand_beside_their_case_in_whatever_order_they_come(write_case, make_index, tissue, square):
    index = make_index(write_case("a", tissue, square), write_case("b", b"", square), write_case("c", tissue[:4], square[:4]))
    inspections = tabulate_facts(map(inspect_case, index.cases))
    facts = describe_cases(index, name_cases(index), inspections, ())
    assert facts[["case_id", "height", "masks", "ordered"]].to_numpy().tolist() == [
        ["a/a", 8, 1, False],
        ["b/b", 0, 1, False],
        ["c/c", 4, 1, False],
    ]
    assert facts["empty"].tolist() == ["", "0 bytes: b.png", ""]
    turned = describe_cases(index, name_cases(index), inspections[::-1], ())
    pd.testing.assert_frame_equal(turned, facts)


def test_a_column_that_nobody_asks_for_is_left_out():
    assert list(tabulate_facts([{"case_id": "a", "thumbnail": b"1"}], without={"thumbnail"})) == ["case_id"]
