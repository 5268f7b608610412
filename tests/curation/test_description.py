import math

import pandas as pd
import pytest

from tumourflow.curation.description import count_channels, describe_cases, have_order, scale_spread
from tumourflow.errors import UserError


@pytest.fixture
def cases() -> pd.DataFrame:
    rows = [("a", 1, "m", 100, 200, 0), ("a", 2, "m", 100, 200, 314), ("b", 1, "m", 50, 50, 314), ("b", 2, "", 50, 50, 0)]
    table = pd.DataFrame(rows, columns=["patient", "slice", "mask", "height", "width", "tumour_pixels"])
    return table.assign(channels=3)


def test_tumours_are_measured_as_discs_in_pixels_and_of_the_longer_side(cases: pd.DataFrame) -> None:
    told = describe_cases(cases)
    assert (told["patients"], told["slices"], told["labelled"]) == (2, 4, 3)
    assert told["tumour_share"] == pytest.approx(2 / 3, abs=1e-4)
    diameter = math.sqrt(4 * 314 / math.pi)
    assert told["tumour_diameter"]["median"] == pytest.approx(diameter, abs=1e-4)
    assert told["tumour_diameter_of_side"]["median"] == pytest.approx((diameter / 200 + diameter / 50) / 2, abs=1e-4)
    assert told["height"]["median"] == 75


def test_without_tumours_or_masks_their_spreads_are_null(cases: pd.DataFrame) -> None:
    told = describe_cases(cases.assign(tumour_pixels=0, mask=""))
    assert told["tumour_diameter"] is told["tumour_diameter_of_side"] is told["tumour_share"] is None
    assert scale_spread(told["tumour_diameter"], 2) is None


def test_slices_that_all_have_the_number_0_have_no_order(cases: pd.DataFrame) -> None:
    assert have_order(cases)
    assert not have_order(cases.assign(slice=0))


def test_a_lead_channel_that_no_image_has_is_the_users_mistake(cases: pd.DataFrame) -> None:
    assert count_channels(cases, 2) == 3
    with pytest.raises(UserError, match=r"`ingestion.lead_channel` is 3, but the images have 3 channel"):
        count_channels(cases, 3)
