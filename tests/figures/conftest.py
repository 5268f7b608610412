import pandas as pd
import pytest

ROWS = [
    # case_id, patient, site, slice, split, tp, fp, fn
    ("a/1", "a", "S1", 1, "test", 0, 0, 0),
    ("a/2", "a", "S1", 2, "test", 9, 0, 0),  # a: 18 / 18 = 1
    ("b/1", "b", "S1", 1, "test", 1, 1, 1),
    ("b/2", "b", "S1", 2, "test", 2, 3, 1),  # b: 6 / 12 = .5
    ("c/1", "c", "S2", 1, "test", 0, 2, 4),  # c: 0
    ("d/1", "d", "S2", 1, "test", 0, 5, 0),
    ("d/2", "d", "S2", 2, "test", 0, 0, 0),
    ("d/10", "d", "S2", 10, "test", 0, 7, 0),  # d: no tumour
    ("e/1", "e", "S1", 1, "train", 3, 1, 0),  # e: 6 / 7
]
NATIVE = 6 * 8


@pytest.fixture
def scores() -> pd.DataFrame:
    """Three test patients with tumour (Dice 1, .5 and 0), one without and two false alarms, one training patient."""
    table = pd.DataFrame(ROWS, columns=["case_id", "patient", "site", "slice", "split", "tp", "fp", "fn"])
    return table.assign(tn=NATIVE - table["tp"] - table["fp"] - table["fn"])
