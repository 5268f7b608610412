import tracemalloc
from functools import partial
from pathlib import Path

import pytest

from tumourflow.cohorts.case import Case
from tumourflow.cohorts.packing import CasesByName, FilesByName, PackedCases


def make_case(number: int) -> Case:
    image, mask = Path(f"anna/{number}.png"), Path(f"anna/{number}_mask.png")
    return Case(f"anna/{number}", "anna", "", number, "", image, (mask,), load_image=partial(int, number))


@pytest.fixture
def cases(monkeypatch):
    monkeypatch.setattr("tumourflow.cohorts.packing._AT_ONCE", 4)
    monkeypatch.setattr("tumourflow.cohorts.packing._OPEN", 1)
    return [make_case(number) for number in range(10)]


def test_packed_cases_are_those_that_were_packed(cases):
    packed = PackedCases(iter(cases))
    assert len(packed) == 10
    assert list(packed.named) == [(case.case_id, str(case.image), str(case.masks[0])) for case in cases]
    assert list(packed) == cases
    assert [packed[position] for position in (9, 0, 5, 4, -1)] == [cases[position] for position in (9, 0, 5, 4, -1)]
    assert packed[3:8:2] == tuple(cases[3:8:2])
    assert [case.load_image() for case in packed] == list(range(10))


def test_there_is_no_case_beyond_the_last(cases):
    packed = PackedCases(cases)
    for position in (10, -11):
        with pytest.raises(IndexError, match="There are 10 cases"):
            packed[position]
    assert not PackedCases([])


def test_packed_cases_can_be_gone_through_twice_at_the_same_time(cases):
    packed = PackedCases(cases)
    assert [(first.slice, packed[0].slice, second.slice) for first, second in zip(packed, packed, strict=True)] == [
        (number, 0, number) for number in range(10)
    ]


def test_packed_cases_take_a_fraction_of_the_memory():
    tracemalloc.start()
    cases = [make_case(number) for number in range(5_000)]
    unpacked = tracemalloc.get_traced_memory()[0]
    packed = PackedCases(cases)
    assert tracemalloc.get_traced_memory()[0] - unpacked < unpacked / 3
    assert len(packed) == 5_000
    tracemalloc.stop()


def test_cases_are_found_by_name_the_first_of_several(cases):
    named = CasesByName(PackedCases([*cases, make_case(3)]))
    assert list(named) == [case.case_id for case in cases]
    assert len(named) == 10
    assert named["anna/3"] == cases[3]
    assert "anna/11" not in named


@pytest.mark.parametrize("pack", [tuple, PackedCases])
def test_names_of_one_hash_are_told_apart(cases, pack, monkeypatch):
    monkeypatch.setattr("tumourflow.cohorts.packing._hash", len)
    named = CasesByName(pack([*cases, make_case(3)]))
    assert list(named) == [case.case_id for case in cases]
    assert len(named) == 10
    assert [named[case.case_id] for case in cases] == cases
    with pytest.raises(KeyError, match="anna/x"):
        named["anna/x"]


@pytest.mark.parametrize("pack", [tuple, PackedCases])
def test_files_are_found_by_name_and_no_case_is_unpacked_for_it(cases, pack, monkeypatch):
    named = FilesByName(pack([*cases, make_case(3)]))
    if pack is PackedCases:
        monkeypatch.delattr(named._cases, "_cases")
    assert list(named) == [case.case_id for case in cases]
    for case in cases:
        found = named[case.case_id]
        assert (found.case_id, found.image, found.masks) == (case.case_id, case.image, case.masks)
