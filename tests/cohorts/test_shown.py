import pandas as pd
import pytest

from tumourflow.cohorts.shown import DEFAULT_WINDOW, note_window, read_window, recall_window
from tumourflow.options import IngestionOptions

FIXED = IngestionOptions(reader="dicom", window="fixed", window_low=-100, window_high=200, bits=16)


def tabulate(shown):
    return pd.DataFrame({"case_id": ["a", "b"]}).assign(**note_window(shown))


@pytest.mark.parametrize("shown", [FIXED, IngestionOptions(reader="figshare", window="minmax"), DEFAULT_WINDOW])
def test_a_window_that_was_noted_is_the_one_that_is_recalled(shown, tmp_path):
    tabulate(shown).to_parquet(tmp_path / "cases.parquet")
    noted = read_window(pd.read_parquet(tmp_path / "cases.parquet"))
    assert noted == {name: getattr(shown, name) for name in ("window", "window_low", "window_high", "bits")}
    recalled = recall_window(noted)
    assert (recalled.window, recalled.window_low, recalled.window_high, recalled.bits) == tuple(noted.values())


@pytest.mark.parametrize("cases", [tabulate(None), tabulate(FIXED).drop(columns="bits"), tabulate(FIXED)[:0]])
def test_where_no_window_was_applied_or_noted_none_is_read(cases):
    assert read_window(cases) is None
    assert recall_window(read_window(cases)) == DEFAULT_WINDOW
