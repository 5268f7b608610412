from collections import Counter
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def step_profile(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import step_profile

    return step_profile


def test_an_operation_s_own_time_is_without_those_within_it(step_profile):
    # `outer` lasts from 0 to 10; within it `inner` from 2 to 5, and within that `core` from 3 to 4; `after` begins where `outer` ends.
    events = [(3, 1, "core"), (0, 10, "outer"), (10, 2, "after"), (2, 3, "inner")]
    spent = Counter()
    for name, duration in step_profile.own_times(events):
        spent[name] += duration
    assert spent == {"outer": 7, "inner": 2, "core": 1, "after": 2}


def test_every_operation_belongs_to_one_kind(step_profile):
    given = Counter({"_MklNativeConv2DBackpropFilter": 4.0, "_MklNativeConv2D": 2.0, "_MklNativeConv2DBackpropInput": 1.0, "Sigmoid": 0.5})
    kinds = step_profile.sum_kinds(given)
    assert kinds["gradients of kernels"] == 4
    assert kinds["other convolutions"] == 3
    assert kinds["other operations"] == 0.5
    assert sum(kinds.values()) == 7.5
