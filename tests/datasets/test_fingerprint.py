import numpy as np
import pandas as pd
import pytest

from tumourflow.datasets.fingerprint import take_fingerprint

TABLE = pd.DataFrame({"case_id": ["a", "b"], "mean": [1.0, np.nan], "blank": [False, True]})


def test_equal_inputs_have_one_fingerprint():
    assert take_fingerprint([TABLE, 0.98, "x"]) == take_fingerprint([TABLE.copy(), 0.98, "x"])


@pytest.mark.parametrize(
    "other",
    [
        TABLE.assign(mean=[1.0, 2.0]),
        TABLE.assign(mean=[1.0 + 1e-15, np.nan]),
        TABLE.assign(blank=[0, 1]),
        TABLE.rename(columns={"mean": "median"}),
        TABLE[["mean", "case_id", "blank"]],
        TABLE.iloc[::-1].reset_index(drop=True),
        TABLE.head(1),
        "no table",
    ],
    ids=["value", "last digit", "dtype", "name", "order of columns", "order of rows", "fewer rows", "other kind"],
)
def test_every_difference_counts(other):
    assert take_fingerprint([other, 0.98]) != take_fingerprint([TABLE, 0.98])


def test_values_do_not_run_into_one_another():
    assert take_fingerprint([1, 23]) != take_fingerprint([12, 3])


def test_other_code_has_another_fingerprint(monkeypatch):
    before = take_fingerprint([1])
    monkeypatch.setattr("tumourflow.datasets.fingerprint._describe_code", lambda: b"other")
    assert take_fingerprint([1]) != before
