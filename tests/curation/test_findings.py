from dataclasses import replace
from pathlib import Path

import pytest

from tumourflow.cohorts.case import Case
from tumourflow.curation.findings import RULES, leave_out, report_case
from tumourflow.options.curation import NECESSARY, OPTIONAL

CASE = Case("a", "a", "", 0, "", Path("a.png"), (Path("a_mask.png"),), lambda: None)


def test_each_rule_is_either_optional_or_necessary():
    assert {*OPTIONAL, *NECESSARY, "decision"} == set(RULES)
    assert not {*OPTIONAL} & {*NECESSARY}


def test_only_rules_that_exclude_are_necessary():
    assert {RULES[name].action for name in NECESSARY} == {"excluded"}


def test_an_excluded_case_is_reported_with_all_its_files():
    assert report_case(CASE, "size_mismatch", "x").files == (Path("a.png"), Path("a_mask.png"))
    assert report_case(replace(CASE, further=(Path("b.png"),)), "empty", "x").files == (Path("a.png"), Path("b.png"), Path("a_mask.png"))
    assert report_case(CASE, "marks", "x").files == (Path("a.png"),)
    assert report_case(CASE, "constant", "x", "kept").files == (Path("a.png"),)


def test_a_finding_without_a_rule_is_a_mistake():
    with pytest.raises(ValueError, match="Received: finding='ghost'"):
        report_case(CASE, "ghost", "x")


def test_what_is_switched_off_is_left_out():
    found = [report_case(CASE, name, "x") for name in ("marks", "alpha_trap")]
    assert [finding.finding for finding in leave_out(found, ("marks",))] == ["alpha_trap"]
