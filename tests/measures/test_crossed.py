import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tumourflow.measures.crossed import bootstrap_crossed


def test_the_value_is_the_share_of_hits():
    hits, counts = np.array([[4.0, 2.0], [0.0, 1.0]]), np.array([4.0, 2.0])
    assert bootstrap_crossed(hits, counts).value == pytest.approx(7 / 12)


def test_patients_who_differ_widen_the_interval_though_labelings_agree():
    hits = np.repeat([[0.0], [10.0]] * 5, 20, axis=1)
    found = bootstrap_crossed(hits, np.full(10, 10.0))
    assert found.low < 0.3
    assert found.high > 0.7


def test_labelings_that_differ_widen_the_interval_though_patients_agree():
    hits = np.repeat([[0.0, 10.0] * 5], 50, axis=0)
    found = bootstrap_crossed(hits, np.full(50, 10.0))
    assert found.low < 0.3
    assert found.high > 0.7


def test_the_interval_counts_patients_not_images():
    """Ten times as many images of the same patients make nothing surer."""
    hits = np.random.default_rng(0).integers(0, 5, (12, 8)).astype(float)
    few, many = bootstrap_crossed(hits, np.full(12, 4.0)), bootstrap_crossed(10 * hits, np.full(12, 40.0))
    assert few == pytest.approx(many)


def test_more_patients_than_fit_at_once_give_the_same_kind_of_answer(monkeypatch):
    hits = np.random.default_rng(1).integers(0, 2, (30, 10)).astype(float)
    whole = bootstrap_crossed(hits, np.ones(30))
    monkeypatch.setattr("tumourflow.measures.crossed._WEIGHTS_AT_ONCE", 30 * 64)
    parts = bootstrap_crossed(hits, np.ones(30))
    assert parts.value == whole.value
    assert parts == pytest.approx(whole, abs=0.02)


def test_no_patient_gives_no_number():
    assert np.isnan(bootstrap_crossed(np.zeros((0, 3)), np.zeros(0))).all()


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**31))
@example(3, 5, 9627)  # rounding once gave 1.0000000000000002
def test_the_interval_holds_between_nothing_and_everything(patients, labelings, seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 9, patients).astype(float)
    hits = rng.integers(0, counts[:, None] + 1, (patients, labelings)).astype(float)
    found = bootstrap_crossed(hits, counts)
    assert 0 <= found.low <= found.high <= 1
    assert 0 <= found.value <= 1
