"""Margin, ring and place: what a region is like where it ends, and what it lies in."""

import numpy as np
import pytest

from tumourflow.radiomics.margin import measure_margin
from tumourflow.radiomics.place import measure_place
from tumourflow.radiomics.region import Region, cut_region
from tumourflow.radiomics.ring import measure_ring

SIDE = 100
"""A ring of 2 pixels."""


def square() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[40:60, 40:60] = True
    return mask


def region(image: np.ndarray, mask: np.ndarray | None = None, body: np.ndarray | None = None) -> Region:
    mask = square() if mask is None else mask
    return cut_region(image.astype(np.float32), mask, np.ones((SIDE, SIDE), bool) if body is None else body)


def test_distances_are_half_a_pixel_on_either_side_of_the_border():
    distance = region(square()).distance
    assert distance[10, 4:9].tolist() == [-1.5, -0.5, 0.5, 1.5, 2.5]


def test_a_bright_region_rises_on_the_way_in_and_a_dark_one_falls():
    bright, dark = measure_margin(region(square())), measure_margin(region(1.0 - square()))
    assert bright["slope"] > 0.2
    assert bright["rising_share"] == 1
    assert bright["contrast"] == 1
    assert dark["slope"] == pytest.approx(-bright["slope"], rel=1e-3)
    assert (dark["rising_share"], dark["contrast"]) == (0, -1)
    assert dark["gradient_magnitude"] == pytest.approx(bright["gradient_magnitude"], rel=1e-3)


def test_a_ramp_is_as_steep_as_it_is_and_rises_on_one_side_only():
    found = measure_margin(region(np.broadcast_to(np.arange(SIDE) * 0.1, (SIDE, SIDE))))
    assert found["slope"] == pytest.approx(0, abs=1e-3)
    assert found["gradient_magnitude"] == pytest.approx(0.1, rel=0.02)
    assert 0.4 < found["rising_share"] < 0.6


def test_a_blurred_margin_is_less_steep_than_a_sharp_one():
    from scipy.ndimage import gaussian_filter

    sharp, blurred = square().astype(float), gaussian_filter(square().astype(float), 4)
    assert measure_margin(region(blurred))["slope"] < measure_margin(region(sharp))["slope"] / 2


def test_a_flat_image_has_a_margin_without_sharpness():
    found = measure_margin(region(np.ones((SIDE, SIDE))))
    assert (found["slope"], found["contrast"]) == (pytest.approx(0, abs=1e-7), 0)


def test_ring_and_contrast_reach_two_pixels_to_either_side():
    """A band of rows 40 to 59. Outwards 10 and 30, then 99; inwards 50 and 70, then 0."""
    mask = np.zeros((SIDE, SIDE), bool)
    mask[40:60] = True
    rows = np.full(SIDE, 99.0)
    rows[40:60] = 0
    for outwards, value in ((1, 10), (2, 30), (0, 50), (-1, 70)):
        rows[[40 - outwards, 59 + outwards]] = value
    image = np.broadcast_to(rows[:, None], (SIDE, SIDE))

    ring = measure_ring(region(image, mask))
    assert (ring["mean"], ring["standard_deviation"], ring["percentile_10"], ring["percentile_90"]) == (20, 10, 10, 30)
    assert measure_margin(region(image, mask))["contrast"] == 60 - 20


def test_the_ring_does_not_see_the_region_nor_what_lies_beyond_it():
    near = np.zeros((SIDE, SIDE), bool)
    near[38:62, 38:62] = True
    image = np.where(square(), 6.0, np.where(near, 3.0, 100.0))
    found = measure_ring(region(image))
    assert (found["mean"], found["standard_deviation"], found["tumour_to_ring_ratio"], found["outside_share"]) == (3, 0, 2, 0)


def test_the_share_of_the_ring_outside_the_body():
    """The body ends at the region's left border: that side, a quarter of the ring but for its corners, lies outside."""
    body = np.zeros((SIDE, SIDE), bool)
    body[:, 40:] = True
    found = measure_ring(region(np.ones((SIDE, SIDE)), body=body))
    assert found["outside_share"] == pytest.approx(0.25, abs=0.02)
    alone = measure_ring(region(np.ones((SIDE, SIDE)), body=square()))
    assert alone["outside_share"] == 1
    assert np.isnan(alone["mean"])


@pytest.mark.parametrize("mask", [np.zeros((SIDE, SIDE), bool), np.ones((SIDE, SIDE), bool)], ids=["empty", "whole image"])
def test_without_a_border_there_is_neither_margin_nor_ring(mask):
    found = region(np.ones((SIDE, SIDE)), mask)
    assert all(np.isnan(number) for number in (measure_margin(found) | measure_ring(found)).values())


def test_place_is_told_in_shares_of_the_body():
    body = np.zeros((SIDE, SIDE), bool)
    body[10:90, 20:80] = True
    mask = np.zeros((SIDE, SIDE), bool)
    mask[10:30, 50:80] = True
    found = measure_place(mask, body)
    # Centres: 19.5 and 64.5 against 49.5 and 49.5; halves 40 and 30.
    assert (found["row"], found["column"], found["lateral_offset"]) == (pytest.approx(-0.75), pytest.approx(0.5), pytest.approx(0.5))
    assert found["share_of_body"] == pytest.approx(20 * 30 / (80 * 60))
    assert found["least_depth"] == pytest.approx(1 / 30)
    assert found["body_aspect"] == pytest.approx(80 / 60)
    mirrored = measure_place(mask[:, ::-1], body)
    assert mirrored["column"] == pytest.approx(-0.5)
    assert mirrored["lateral_offset"] == pytest.approx(0.5)


def test_the_middle_is_deep_and_the_edge_is_not():
    body = np.ones((SIDE, SIDE), bool)
    edge = np.zeros((SIDE, SIDE), bool)
    edge[:4] = True
    assert measure_place(edge, body)["edge_share"] == 1
    assert measure_place(square(), body)["edge_share"] == 0
    assert measure_place(square(), body)["depth"] > 0.8


def test_without_region_or_body_there_is_no_place():
    nothing, body = np.zeros((SIDE, SIDE), bool), np.ones((SIDE, SIDE), bool)
    assert all(np.isnan(number) for number in measure_place(square(), nothing).values())
    found = measure_place(nothing, body)
    assert (found["share_of_body"], found["body_aspect"]) == (0, 1)
    assert np.isnan(found["depth"])
