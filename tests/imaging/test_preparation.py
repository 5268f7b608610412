import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from tumourflow.imaging.crop import View
from tumourflow.imaging.filter_order import apply_filters
from tumourflow.imaging.frame import VolumeFrame
from tumourflow.imaging.geometry import Box, Extent
from tumourflow.imaging.layout import InputLayout
from tumourflow.imaging.preparation import Preparation

PREPARATION = Preparation(size=32, crop="foreground", normalisation="zscore", context=1, lead_channel=1, channels=3)


def head(height: int, width: int, dtype=np.uint8, channels: int = 3) -> np.ndarray:
    rows, columns = np.indices((height, width))
    inside = ((rows - height / 2) / (0.4 * height)) ** 2 + ((columns - width / 2) / (0.4 * width)) ** 2 < 1
    grain = np.random.default_rng(0).integers(60, 120, (height, width, channels))
    return (inside[:, :, None] * grain).astype(dtype)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * (one & other).sum() / (one.sum() + other.sum())


@pytest.mark.parametrize("preparation", [PREPARATION, replace(PREPARATION, filters=("median", "clahe"), edges="canny", unit="slice")])
def test_dictionary_round_trip_through_json(preparation: Preparation):
    assert Preparation.from_dict(json.loads(json.dumps(preparation.to_dict()))) == preparation


def test_dictionaries_saved_before_filters_and_edges_are_read():
    saved = {"size": 32, "crop": "foreground", "normalisation": "zscore", "context": 1, "lead_channel": 1, "channels": 3}

    assert Preparation.from_dict(saved) == PREPARATION


@settings(deadline=None, max_examples=40)
@given(
    height=st.integers(40, 120),
    width=st.integers(40, 120),
    size=st.sampled_from([32, 64, 128]),
    crop=st.sampled_from(["foreground", "contour", "none"]),
    radius=st.floats(0.12, 0.2),
    down=st.floats(0.45, 0.55),
    right=st.floats(0.45, 0.55),
)
def test_masks_come_back_to_native_pixels(height, width, size, crop, radius, down, right):
    preparation = replace(PREPARATION, size=size, crop=crop)
    image = head(height, width)
    rows, columns = np.indices((height, width))
    mask = np.hypot(rows - down * height, columns - right * width) < radius * min(height, width)
    frame = preparation.measure([image])

    small = preparation.apply_mask(mask, frame)
    back = preparation.restore(small.astype(np.float32), frame.view_of(image).box, mask.shape)

    assert small.shape == (size, size)
    assert back.shape == mask.shape
    # What differs lies within a pixel of the network from the border of the blob.
    to_border = np.maximum(distance_transform_edt(mask), distance_transform_edt(~mask))
    wrong = (back >= 0.5) != mask
    assert to_border[wrong].max(initial=0) <= frame.view_of(image).box.side / size + 1


def test_nothing_is_restored_outside_the_box():
    back = PREPARATION.restore(np.ones((32, 32), np.float32), (10, -5, 20), (50, 40))

    assert back.shape == (50, 40)
    assert (back[10:30, :15] == 1).all()
    assert back.sum() == 20 * 15


def test_image_and_mask_stay_aligned():
    image = head(90, 70)
    square = np.zeros((90, 70), bool)
    square[40:52, 30:42] = True
    image[square] = 255
    frame = PREPARATION.measure([image])

    seen = PREPARATION.apply(image, frame)[:, :, 1]

    bright = (seen - np.median(seen)) / (seen.max() - np.median(seen)) > 0.5
    assert dice(bright, PREPARATION.apply_mask(square, frame)) > 0.95


def test_beyond_the_edge_stands_what_black_becomes():
    image = np.full((20, 60, 1), 100, np.uint8)
    image[:, ::2] = 140
    preparation = Preparation(size=32, crop="none", normalisation="zscore", context=0, lead_channel=0, channels=1)
    frame = preparation.measure([image])

    # Mean 120, deviation 20: black is -6, clipped to -4. The picture is 60 x 60 with 20 black rows above and below.
    assert frame.views == {(20, 60): View(Box(top=-20, left=0, side=60), Extent(0, 20, 0, 60))}
    assert (preparation.apply(image, frame)[:10] == -4).all()


@pytest.mark.parametrize("normalisation", ["zscore", "percentile"])
@pytest.mark.parametrize("value", [0, 1, 77])
def test_black_and_constant_images_are_finite(value: int, normalisation):
    preparation = replace(PREPARATION, normalisation=normalisation)
    image = np.full((40, 50, 3), value, np.uint8)

    prepared = preparation.apply(image, preparation.measure([image, image]))

    assert prepared.shape == (32, 32, 3)
    assert np.isfinite(prepared).all()


def test_grey_and_16_bit_images_are_prepared():
    image = head(48, 48, np.uint16, channels=1)[:, :, 0] * 300
    preparation = replace(PREPARATION, channels=1, lead_channel=0)

    prepared = preparation.apply(image, preparation.measure([image]))

    assert prepared.shape == (32, 32, 1)
    assert prepared.std() > 0.5


def test_an_image_of_other_channels_than_the_cohort_is_refused():
    with pytest.raises(ValueError, match="must have 3 channels"):
        PREPARATION.measure([head(48, 48, channels=1)])


def test_an_end_slice_stays_darker_than_the_others():
    bright = head(60, 60)
    dark = (bright // 2).astype(np.uint8)
    frame = PREPARATION.measure([bright, bright, dark])

    assert PREPARATION.apply(dark, frame).max() < PREPARATION.apply(bright, frame).max() - 1


def test_slices_of_one_patient_may_differ_in_size():
    volume = [head(60, 40), head(50, 80), head(60, 40)]
    frame = PREPARATION.measure(volume)

    assert set(frame.views) == {(60, 40), (50, 80)}
    assert all(PREPARATION.apply(image, frame).shape == (32, 32, 3) for image in volume)


def test_a_bright_speck_in_the_air_does_not_widen_the_box():
    image = head(100, 100)
    with_speck = image.copy()
    with_speck[1, 1] = 255

    assert PREPARATION.measure([with_speck]).views == PREPARATION.measure([image]).views


def test_tissue_that_few_slices_show_does_not_widen_the_box():
    slices = [head(100, 100) for _ in range(20)]
    with_nose = [image.copy() for image in slices]
    with_nose[0][:12, 45:55] = 90

    assert PREPARATION.measure(with_nose).views == PREPARATION.measure(slices).views


def test_inputs_are_not_modified():
    image, mask = head(40, 44), np.eye(40, 44, dtype=bool)
    copies = image.copy(), mask.copy()
    frame = PREPARATION.measure([image])
    PREPARATION.apply(image, frame)
    PREPARATION.apply_mask(mask, frame)

    assert np.array_equal(image, copies[0])
    assert np.array_equal(mask, copies[1])


def test_writing_beside_a_head_is_neither_seen_nor_measured():
    image = np.zeros((100, 160, 1), np.uint8)
    image[:, :100] = head(100, 100, channels=1)
    with_text = image.copy()
    with_text[10:90:4, 120:150] = 255
    preparation = replace(PREPARATION, crop="contour", channels=1, lead_channel=0)

    clean, written = (preparation.apply(each, preparation.measure([each])) for each in (image, with_text))

    np.testing.assert_allclose(written, clean, atol=1e-3)


def test_a_painted_border_beside_a_fan_is_not_measured():
    image = np.zeros((60, 100), np.uint8)
    image[20:50] = np.random.default_rng(0).integers(20, 200, (30, 100))
    bordered = image.copy()
    bordered[:12] = 90  # even, and within the range of the echoes
    preparation = replace(PREPARATION, crop="fan", channels=1, lead_channel=0)

    assert preparation.measure([bordered]) == preparation.measure([image])


def test_a_pixel_is_tumour_from_half_of_its_area():
    """Two by two pixels become one: of the four of the network two are covered by half, one by a quarter, one whole."""
    mask = np.array([[1, 1, 1, 0], [0, 0, 1, 0], [1, 0, 1, 1], [0, 0, 1, 1]], bool)
    preparation = replace(PREPARATION, size=2, crop="none", channels=1, lead_channel=0)
    frame = preparation.measure([np.full((4, 4), 100, np.uint8)])

    assert preparation.apply_mask(mask, frame).tolist() == [[True, True], [False, True]]


def test_mask_follows_the_rectangle_that_is_seen():
    image = np.zeros((60, 100), np.uint8)
    image[20:40] = np.random.default_rng(0).integers(20, 200, (20, 100))
    preparation = replace(PREPARATION, crop="fan", channels=1, lead_channel=0)
    frame = preparation.measure([image])

    # The box is 100 pixels high for 20 rows of echoes: what lies above and below them is black, and no tumour either.
    assert frame.view_of(image).box.side == 100
    assert preparation.apply_mask(np.ones((60, 100), bool), frame).mean() == pytest.approx(0.2, abs=0.05)


def test_filters_are_applied_in_their_order_before_grey_values_are_measured():
    image = head(64, 64)
    preparation = replace(PREPARATION, filters=("median", "clahe"))
    by_hand = apply_filters(apply_filters(image, ["median"]), ["clahe"])
    frame = preparation.measure([image])

    assert frame.scales == PREPARATION.measure([by_hand]).scales
    assert frame.views == PREPARATION.measure([image]).views
    assert np.array_equal(preparation.apply(image, frame), PREPARATION.apply(by_hand, VolumeFrame(frame.scales, frame.views)))
    assert not np.array_equal(preparation.apply(image, frame), replace(preparation, filters=("clahe", "median")).apply(image, frame))


def test_filters_after_the_crop_see_only_what_is_looked_at():
    image = np.zeros((90, 120, 3), np.uint8)
    image[10:70, 20:80] = head(60, 60)
    image[75:, 90:] = 255
    image[0, 0] = 200
    preparation = replace(PREPARATION, crop="contour", filters=("median", "crop", "clahe"))
    frame = preparation.measure([image])
    top, bottom, left, right = frame.view_of(image).seen
    by_hand = apply_filters(image, ["median"])
    by_hand[top:bottom, left:right] = apply_filters(by_hand[top:bottom, left:right], ["clahe"])

    without = replace(PREPARATION, crop="contour")
    assert right < 90
    assert np.array_equal(preparation.apply(image, frame), without.apply(by_hand, VolumeFrame(frame.scales, frame.views)))
    anywhere = replace(preparation, filters=("median", "clahe"))
    assert not np.array_equal(preparation.apply(image, frame), anywhere.apply(image, anywhere.measure([image])))


@pytest.mark.parametrize(("depth", "factor"), [(np.uint8, 1), (np.uint16, 257)])
@pytest.mark.parametrize("filters", [("clahe",), ("crop", "clahe")])
def test_a_dark_slice_stays_dark_when_contrast_is_raised(filters, depth, factor: int):
    """It is not stretched to the range of the slices beside it, be the pixels of 8 bits or of 16."""
    tissue = head(64, 64, channels=1)
    grain = np.random.default_rng(0).integers(0, 6, tissue.shape)
    preparation = replace(PREPARATION, size=64, crop="none", channels=1, lead_channel=0, filters=filters)

    (bright, dark), _ = preparation.prepare([(plane.astype(np.int64) * factor).astype(depth) for plane in (tissue, grain)])

    # 0 is the mean of the tissue.
    assert dark.max() < 0 < bright.max()


@pytest.mark.parametrize("filters", [("clahe",), ("crop", "clahe")])
def test_a_broken_pixel_does_not_cost_the_others_their_grey_levels(filters):
    sound = head(64, 64, channels=1).astype(np.uint16) * np.uint16(4)
    broken = sound.copy()
    broken[1, 1] = 65535
    preparation = replace(PREPARATION, size=64, crop="none", channels=1, lead_channel=0, filters=filters)

    (expected,), (found,) = (preparation.prepare([image])[0] for image in (sound, broken))

    inside = np.s_[16:48, 16:48]
    assert np.corrcoef(found[inside].ravel(), expected[inside].ravel())[0, 1] > 0.97


@pytest.mark.parametrize("options", [{}, {"filters": ("median", "crop", "clahe"), "edges": "sobel"}, {"unit": "slice", "crop": "contour"}])
def test_preparing_together_equals_measuring_and_applying(options):
    preparation = replace(PREPARATION, **options)
    volume = [head(60, 40), (head(60, 40) // 2).astype(np.uint8), head(50, 70)]

    images, frames = preparation.prepare(volume)

    for image, prepared, frame in zip(volume, images, frames, strict=True):
        expected = preparation.measure([image] if preparation.unit == "slice" else volume)
        assert frame == expected
        assert np.array_equal(prepared, preparation.apply(image, expected))


def test_slices_without_order_have_a_box_and_a_scale_of_their_own():
    """A patient's slices may show a head from the side and from above."""
    side, above = np.zeros((100, 100, 1), np.uint8), np.zeros((100, 100, 1), np.uint8)
    side[10:90, 5:95], above[40:80, 30:60] = head(80, 90, channels=1), head(40, 30, channels=1) // 4
    preparation = replace(PREPARATION, channels=1, lead_channel=0, unit="slice")

    _, frames = preparation.prepare([side, above])

    assert [frame.view_of(side).box.side for frame in frames] == [79, 39]
    assert frames[1].scales[0].centre == pytest.approx(frames[0].scales[0].centre / 4, rel=0.05)


@pytest.mark.parametrize("edges", ["canny", "sobel"])
def test_edges_are_one_more_channel_and_leave_the_others_alone(edges):
    preparation, image = replace(PREPARATION, edges=edges), head(60, 40)

    (prepared,), (frame,) = preparation.prepare([image])

    assert preparation.layout == InputLayout(channels=4, lead_channel=1, context=1, derived=1)
    assert prepared.shape == (32, 32, 4)
    assert np.array_equal(prepared[:, :, :3], PREPARATION.apply(image, frame))
    assert prepared[:, :, 3].min() >= 0
    assert prepared[:, :, 3].max() > 0


@pytest.mark.parametrize("edges", ["canny", "sobel"])
def test_the_end_of_the_image_is_no_edge(edges):
    image = np.full((20, 60, 1), 100, np.uint8)
    preparation = replace(PREPARATION, size=64, crop="none", channels=1, lead_channel=0, edges=edges, normalisation="percentile")

    (prepared,), _ = preparation.prepare([image])

    assert prepared[0, 0, 0] < prepared[32, 32, 0]
    assert (prepared[:, :, 1] == 0).all()
