import pandas as pd
import pytest

from tumourflow.prediction.bundle import fingerprint_data


@pytest.fixture
def cases() -> pd.DataFrame:
    return pd.DataFrame({"case_id": ["a/1", "a/2"], "image": ["01", "02"], "mask": ["11", ""]})


@pytest.fixture
def splits() -> pd.DataFrame:
    return pd.DataFrame({"case_id": ["a/1", "a/2"], "split": ["train", "train"]})


def test_the_order_of_rows_leaves_no_mark(cases, splits) -> None:
    assert fingerprint_data(cases, splits) == fingerprint_data(cases[::-1], splits[::-1])


def test_another_pixel_another_mask_or_another_split_shows(cases, splits) -> None:
    prints = {
        fingerprint_data(cases, splits),
        fingerprint_data(cases.assign(image=["01", "03"]), splits),
        fingerprint_data(cases.assign(mask=["11", "12"]), splits),
        fingerprint_data(cases, splits.assign(split=["train", "test"])),
    }
    assert len(prints) == 4
