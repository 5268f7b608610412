import pytest

from tumourflow.cohorts.by_name import CasesByName, FilesByName
from tumourflow.cohorts.packing import PackedCases


def test_cases_are_found_by_name_the_first_of_several(cases, make_case):
    named = CasesByName(PackedCases([*cases, make_case(3)]))
    assert list(named) == [case.case_id for case in cases]
    assert len(named) == 10
    assert named["anna/3"] == cases[3]
    assert "anna/11" not in named


@pytest.mark.parametrize("pack", [tuple, PackedCases])
def test_names_of_one_hash_are_told_apart(cases, make_case, pack, monkeypatch):
    monkeypatch.setattr("tumourflow.cohorts.by_name._hash", len)
    named = CasesByName(pack([*cases, make_case(3)]))
    assert list(named) == [case.case_id for case in cases]
    assert len(named) == 10
    assert [named[case.case_id] for case in cases] == cases
    with pytest.raises(KeyError, match="anna/x"):
        named["anna/x"]


@pytest.mark.parametrize("pack", [tuple, PackedCases])
def test_files_are_found_by_name_and_no_case_is_unpacked_for_it(cases, make_case, pack, monkeypatch):
    named = FilesByName(pack([*cases, make_case(3)]))
    if pack is PackedCases:
        monkeypatch.delattr(named._cases, "_cases")  # what would be unpacked
    assert list(named) == [case.case_id for case in cases]
    for case in cases:
        found = named[case.case_id]
        assert (found.case_id, found.image, found.masks) == (case.case_id, case.image, case.masks)
