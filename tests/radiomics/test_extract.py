import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.radiomics.extract import FAMILIES, extract_features, list_features, name_in_words


def head(gain: int = 1) -> np.ndarray:
    """A bright disc with some texture on black."""
    rows, columns = np.indices((96, 96)) - 48
    noise = np.random.default_rng(0).integers(0, 40, (96, 96))
    return ((rows**2 + columns**2 < 40**2) * (100 + noise) * gain).astype(np.uint16)


def tumour() -> np.ndarray:
    mask = np.zeros((96, 96), bool)
    mask[30:50, 50:66] = True
    return mask


def test_every_family_has_its_features_and_their_names_are_their_own():
    found = extract_features(head(), tumour())
    assert {name.partition("_")[0] for name in found} == set(FAMILIES)
    assert all(isinstance(number, float) and np.isfinite(number) for number in found.values())
    assert list_features(["case_id", *found, "label"]) == list(found)
    assert len({name_in_words(name) for name in found}) == len(found)


def test_the_gain_of_the_scanner_does_not_matter():
    found = extract_features(head(), tumour())
    assert extract_features(head(gain=7), tumour()) == pytest.approx(found, rel=1e-4, abs=1e-5)


def test_neither_input_is_changed():
    image, mask = head(), tumour()
    before = image.copy(), mask.copy()
    extract_features(image, mask)
    assert np.array_equal(image, before[0])
    assert np.array_equal(mask, before[1])


def test_without_a_mask_the_body_is_measured():
    found = extract_features(head(), None)
    assert found["place_share_of_body"] == 1
    assert found["shape_roundness"] == pytest.approx(1, abs=0.06)
    assert found["intensity_mean"] == pytest.approx(1)


def test_an_empty_mask_gives_a_row_that_says_so():
    found = extract_features(head(), np.zeros((96, 96), bool))
    known = {name for name, number in found.items() if np.isfinite(number)}
    assert known == {"shape_area", "shape_components", "place_share_of_body", "place_body_aspect", "place_body_extent"}
    assert list(found) == list(extract_features(head(), tumour()))


def test_one_pixel_gives_a_row():
    mask = np.zeros((96, 96), bool)
    mask[40, 40] = True
    found = extract_features(head(), mask)
    assert found["shape_area"] == 1
    assert np.isfinite(found["intensity_mean"])
    assert np.isfinite(found["ring_mean"])
    assert np.isnan(found["glcm_contrast"])
    assert np.isnan(found["shape_elongation"])


@pytest.mark.parametrize("image", [np.zeros((40, 50), np.uint8), np.full((40, 50), 255, np.uint8), np.ones((1, 1), np.uint8)])
@pytest.mark.parametrize("region", ["none", "empty", "whole"])
def test_black_constant_and_tiny_images_give_a_row(image, region):
    mask = {"none": None, "empty": np.zeros(image.shape, bool), "whole": np.ones(image.shape, bool)}[region]
    assert len(extract_features(image, mask)) == len(extract_features(head(), tumour()))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 40), st.integers(3, 40), st.floats(0, 1))
def test_any_image_and_mask_give_the_same_names_without_a_warning(seed, height, width, share):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width)).astype(np.uint8)
    found = extract_features(image, rng.random((height, width)) < share, (0.5, 0.7))
    assert len(found) == len(extract_features(head(), tumour()))
    assert not any(np.isinf(number) for number in found.values())
