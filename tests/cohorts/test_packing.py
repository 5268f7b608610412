import gc
import tracemalloc
import weakref

import pytest

from tumourflow.cohorts.packing import PackedCases


def test_packed_cases_are_those_that_were_packed(cases):
    packed = PackedCases(iter(cases))
    assert len(packed) == 10
    assert list(packed.named) == [(case.case_id, (str(case.image),), (str(case.masks[0]),)) for case in cases]
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


def test_packed_cases_take_a_fraction_of_the_memory(make_case):
    # Python's own table of the names in paths grows by leaps, which would count wherever one falls: it knows these names already.
    known = [make_case(number) for number in range(5_000)]
    tracemalloc.start()
    cases = [make_case(number) for number in range(5_000)]
    unpacked = tracemalloc.get_traced_memory()[0]
    packed = PackedCases(cases)
    # Without the cases, whose paths Python may have taken apart meanwhile.
    del cases
    assert tracemalloc.get_traced_memory()[0] < unpacked / 3
    assert len(packed) == len(known)
    tracemalloc.stop()


def test_packed_cases_are_gone_as_soon_as_nobody_needs_them(cases):
    gc.collect()
    gc.disable()
    try:
        packed = PackedCases(cases)
        assert packed[0] == cases[0]
        gone = weakref.ref(packed.named)
        del packed
        assert gone() is None
    finally:
        gc.enable()
