import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from tumourflow.imaging.geometry import Box
from tumourflow.imaging.preparation import Preparation, prepare_volume

PREPARATION = Preparation(size=32, crop="foreground", normalisation="zscore", context=1, lead_channel=1, channels=3)


def head(height: int, width: int, dtype=np.uint8, channels: int = 3) -> np.ndarray:
    rows, columns = np.indices((height, width))
    inside = ((rows - height / 2) / (0.4 * height)) ** 2 + ((columns - width / 2) / (0.4 * width)) ** 2 < 1
    grain = np.random.default_rng(0).integers(60, 120, (height, width, channels))
    return (inside[:, :, None] * grain).astype(dtype)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def test_dictionary_round_trip_through_json():
    assert Preparation.from_dict(json.loads(json.dumps(PREPARATION.to_dict()))) == PREPARATION


@settings(deadline=None, max_examples=40)
@given(
    height=st.integers(40, 120),
    width=st.integers(40, 120),
    size=st.sampled_from([32, 64, 128]),
    crop=st.sampled_from(["foreground", "none"]),
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
    back = preparation.restore(small.astype(np.float32), frame.box_of(image), mask.shape)

    assert small.shape == (size, size)
    assert back.shape == mask.shape
    # What differs lies within a pixel of the network from the border of the blob.
    to_border = np.maximum(distance_transform_edt(mask), distance_transform_edt(~mask))
    wrong = (back >= 0.5) != mask
    assert to_border[wrong].max(initial=0) <= frame.box_of(image)[2] / size + 1


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
    assert frame.boxes == {(20, 60): Box(top=-20, left=0, side=60)}
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

    assert set(frame.boxes) == {(60, 40), (50, 80)}
    assert all(PREPARATION.apply(image, frame).shape == (32, 32, 3) for image in volume)


def test_a_bright_speck_in_the_air_does_not_widen_the_box():
    image = head(100, 100)
    with_speck = image.copy()
    with_speck[1, 1] = 255

    assert PREPARATION.measure([with_speck]).boxes == PREPARATION.measure([image]).boxes


def test_tissue_that_few_slices_show_does_not_widen_the_box():
    slices = [head(100, 100) for _ in range(20)]
    with_nose = [image.copy() for image in slices]
    with_nose[0][:12, 45:55] = 90

    assert PREPARATION.measure(with_nose).boxes == PREPARATION.measure(slices).boxes


def test_inputs_are_not_modified():
    image, mask = head(40, 44), np.eye(40, 44, dtype=bool)
    copies = image.copy(), mask.copy()
    frame = PREPARATION.measure([image])
    PREPARATION.apply(image, frame)
    PREPARATION.apply_mask(mask, frame)

    assert np.array_equal(image, copies[0])
    assert np.array_equal(mask, copies[1])


def test_prepared_volume_has_the_columns_that_prediction_needs():
    mask = np.zeros((60, 40), bool)
    mask[25:35, 15:25] = True
    cases = pd.DataFrame({"case_id": ["p/1", "p/2"], "patient": "p", "slice": [1, 2], "split": "train"}, index=[7, 9])

    chunk = prepare_volume([head(60, 40), head(60, 40)], [mask, None], cases, PREPARATION)

    assert chunk.arrays["images"].shape == (2, 32, 32, 3)
    assert chunk.arrays["images"].dtype == np.float16
    assert chunk.arrays["masks"].dtype == np.uint8
    assert set(np.unique(chunk.arrays["masks"])) == {0, 1}
    assert chunk.index["tumour"].tolist() == [True, False]
    assert chunk.index["labelled"].tolist() == [True, False]
    assert chunk.index["case_id"].tolist() == ["p/1", "p/2"]
    assert list(chunk.index.columns) == [
        "case_id",
        "patient",
        "slice",
        "split",
        "tumour",
        "labelled",
        "top",
        "left",
        "side",
        "height",
        "width",
    ]
