import pytest

from tumourflow.errors import UserError
from tumourflow.options import PreparationOptions, parse_parameters


def test_filters_keep_their_order_and_may_be_joined_by_plus():
    assert PreparationOptions(filters="median+clahe").filters == ("median", "clahe")
    assert PreparationOptions(filters="clahe").filters == ("clahe",)
    assert PreparationOptions().filters == ()


def test_an_unknown_filter_is_named_with_what_is_allowed():
    values = {"raw_root": "scans", "ingestion": {"reader": "paired"}, "preparation": {"filters": "median+blur"}}

    with pytest.raises(UserError, match=r"`preparation.filters.1` is 'blur', allowed is: 'median', 'bilateral'"):
        parse_parameters(values)


def test_filters_are_divided_once():
    assert PreparationOptions(filters="median+crop+clahe").filters == ("median", "crop", "clahe")
    values = {"raw_root": "scans", "ingestion": {"reader": "paired"}, "preparation": {"filters": "crop+median+crop"}}

    with pytest.raises(UserError, match=r"`preparation.filters` names `crop` twice"):
        parse_parameters(values)
