import pytest

from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions, parse_parameters


def parse(**window):
    return parse_parameters({"raw_root": "x", "ingestion": {"reader": "dicom", **window}}).ingestion


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        ({"window": "fixed"}, r"`ingestion.window` is fixed: give the grey values `ingestion.window_low` and `ingestion.window_high`\."),
        ({"window": "fixed", "window_high": 200}, "give the grey values"),
        ({"window": "fixed", "window_low": 500, "window_high": 100}, "`ingestion.window_low` is 500, which has to be less than .* 100"),
        ({"window_low": 99, "window_high": 1}, "percentages: 0 <= low < high <= 100"),
        ({"window_high": 150}, "`ingestion.window_high` 150, allowed are percentages"),
        ({"window_low": -1}, "`ingestion.window_low` is -1 and"),
    ],
)
def test_a_window_that_shows_nothing_is_a_sentence(window, sentence):
    with pytest.raises(UserError, match=sentence):
        parse(**window)


def test_windows_that_show_something_pass():
    assert parse(window="fixed", window_low=-100, window_high=200).window_high == 200
    assert parse(window_low=0, window_high=100).window_low == 0
    assert parse(window="minmax").window == "minmax"
    assert IngestionOptions.model_validate(parse(window="fixed", window_low=0, window_high=9).model_dump()).window_high == 9
