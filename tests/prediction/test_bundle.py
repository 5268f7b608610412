import pandas as pd
import pytest

from tumourflow.cohorts.shown import DEFAULT_WINDOW, note_window
from tumourflow.prediction.bundle import describe_origin, fingerprint_data


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


def test_models_of_every_kind_know_the_window_of_their_images_where_it_was_noted(cases, splits) -> None:
    report = {"protocol": "patient", "leaky": False}
    splits = splits.assign(patient="a")
    noted = describe_origin(cases.assign(**note_window(DEFAULT_WINDOW)), splits, report)
    assert noted["window"] == {"window": "percentile", "window_low": 0.5, "window_high": 99.5, "bits": 8}
    assert noted | {"window": None} == describe_origin(cases, splits, report)


def test_models_of_every_kind_know_the_sequences_of_their_images(cases, splits) -> None:
    report, splits = {"protocol": "patient", "leaky": False}, splits.assign(patient="a")
    assert describe_origin(cases.assign(sequences="t1+flair+t1ce"), splits, report)["sequences"] == ["t1", "flair", "t1ce"]
    assert describe_origin(cases, splits, report)["sequences"] == []
