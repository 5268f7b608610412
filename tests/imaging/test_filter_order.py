import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tumourflow.imaging.filter_order import apply_filters, filter_in_order
from tumourflow.imaging.geometry import Extent

NAMES = ["median", "bilateral", "nonlocal_means", "total_variation", "clahe"]
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)


@settings(deadline=None, max_examples=60)
@given(
    image=hnp.arrays(st.sampled_from([np.uint8, np.uint16]), hnp.array_shapes(min_dims=2, max_dims=3, max_side=12)),
    filters=st.lists(st.sampled_from(NAMES), max_size=2),
)
def test_shape_and_dtype_stay_and_inputs_are_not_modified(image: np.ndarray, filters):
    before = image.copy()

    filtered = apply_filters(image, filters)

    assert filtered.shape == image.shape
    assert filtered.dtype == image.dtype
    assert np.array_equal(image, before)


def test_no_filters_give_the_image_itself():
    assert apply_filters(NOISE, ()) is NOISE


@pytest.mark.parametrize("name", NAMES)
def test_channels_are_filtered_apart(name):
    image = np.stack([NOISE, NOISE.T // 2], axis=-1)

    filtered = apply_filters(image, [name])

    assert all(np.array_equal(filtered[..., channel], apply_filters(image[..., channel], [name])) for channel in range(2))


@settings(deadline=None, max_examples=40)
@given(steps=st.lists(st.sampled_from(NAMES), max_size=3), place=st.integers(0, 3), seed=st.integers(0, 9))
def test_steps_after_the_crop_change_nothing_beyond_it(steps, place, seed):
    image = np.random.default_rng(seed).integers(0, 256, (20, 24), np.uint8)
    seen, crop = Extent(top=3, bottom=17, left=5, right=21), min(place, len(steps))
    before = image.copy()

    filtered = filter_in_order(image, [*steps[:crop], "crop", *steps[crop:]], seen)

    whole = apply_filters(image, steps[:crop])
    inside = np.zeros(image.shape, bool)
    inside[3:17, 5:21] = True
    assert np.array_equal(filtered[~inside], whole[~inside])
    assert np.array_equal(filtered[3:17, 5:21], apply_filters(whole[3:17, 5:21], steps[crop:]))
    assert np.array_equal(image, before)


def test_without_the_crop_all_filters_see_the_whole_image():
    assert np.array_equal(filter_in_order(NOISE, ["median", "clahe"], Extent(0, 9, 0, 9)), apply_filters(NOISE, ["median", "clahe"]))
