import pandas as pd

from tumourflow.measures.groups import join_groups, regroup

CASES = pd.DataFrame({"case_id": ["p/1", "p/2", "q/1"], "patient": ["p", "p", "q"], "group": ["p", "p", "p"]})


def test_scores_of_an_earlier_run_get_the_patients_and_groups_of_now():
    """As where a new `case_pattern` made one patient of what were two, and a copy joined it with another."""
    scores = pd.DataFrame({"case_id": ["q/1", "p/2", "p/1"], "patient": ["q", "two", "one"], "group": ["q", "two", "one"], "tp": [7, 2, 1]})
    assert regroup(scores, CASES).to_dict("list") == {
        "case_id": ["q/1", "p/2", "p/1"],
        "patient": ["q", "p", "p"],
        "group": ["p", "p", "p"],
        "tp": [7, 2, 1],
    }


def test_scores_of_a_case_that_is_gone_are_no_scores_of_this_cohort():
    assert regroup(pd.DataFrame({"case_id": ["p/1", "r/1"], "tp": [1, 2]}), CASES) is None


def test_groups_are_joined_through_as_many_tables_as_it_takes():
    """a with b, b with c, and c with d, each in a table of its own; what is `2` in one is nothing to what is `2` in another."""
    tables = [
        pd.DataFrame({"case_id": list(cases), "group": list(groups)}) for cases, groups in (("cde", "112"), ("bce", "112"), ("ab", "22"))
    ]
    assert join_groups(tables).sort_index().to_dict() == {"a": "a", "b": "a", "c": "a", "d": "a", "e": "e"}
