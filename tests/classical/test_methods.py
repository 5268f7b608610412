"""What all methods have in common."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.classical.field import Field
from tumourflow.classical.registry import METHODS, list_sights

SETTINGS = [(name, setting) for name, method in METHODS.items() for setting in method.settings()]
MIDDLING = [(name, list(method.settings())[len(list(method.settings())) // 2]) for name, method in METHODS.items()]


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())


def test_each_method_of_the_table_is_there():
    assert set(METHODS) == {
        *("fixed_threshold", "otsu", "multi_otsu", "adaptive_threshold", "region_growing", "k_means", "watershed", "active_contour"),
    }


def test_only_the_tolerance_of_the_growing_region_is_left_to_validation_patients():
    assert {name: method.validated for name, method in METHODS.items() if method.validated} == {"region_growing": "tolerance"}


@pytest.mark.parametrize("name", METHODS)
def test_a_grid_names_the_parameters_of_its_function(name):
    known = list(inspect.signature(METHODS[name].segment).parameters)[1:]
    assert set(METHODS[name].grid) <= set(known)
    required = [p.name for p in inspect.signature(METHODS[name].segment).parameters.values() if p.default is p.empty][1:]
    assert set(required) <= set(METHODS[name].grid)


@pytest.mark.parametrize("name", METHODS)
def test_some_setting_finds_a_tumour_that_is_twice_as_bright(name, field, tumour):
    best = max(dice(METHODS[name].segment(field, **setting), tumour) for setting in METHODS[name].settings())
    assert best > 0.8, best


@pytest.mark.parametrize(("name", "setting"), SETTINGS)
def test_nothing_is_found_where_there_is_nothing(name, setting):
    flat = np.zeros((16, 16), np.float32)
    for image, tissue in (
        (flat, np.zeros((16, 16), bool)),
        (flat, np.ones((16, 16), bool)),
        (flat + 3, np.ones((16, 16), bool)),
        (np.zeros((1, 1), np.float32), np.ones((1, 1), bool)),
        (flat, np.eye(16, dtype=bool) & (np.arange(16) == 5)),
    ):
        mask = METHODS[name].segment(Field(image, tissue), **setting)
        assert (mask.shape, mask.dtype, mask.any()) == (image.shape, np.bool_, np.False_)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(2, 24), levels=st.integers(1, 5), share=st.floats(0, 1))
@pytest.mark.parametrize(("name", "setting"), MIDDLING)
def test_a_mask_lies_within_the_tissue_and_is_the_same_again(name, setting, seed, side, levels, share):
    rng = np.random.default_rng(seed)
    image = rng.integers(-levels, levels + 1, (side, side)).astype(np.float32)
    tissue = rng.random((side, side)) < share
    field = Field(np.where(tissue, image, 0).astype(np.float32), tissue)
    before = field.image.copy()
    mask = METHODS[name].segment(field, **setting)
    assert not (mask & ~tissue).any()
    np.testing.assert_array_equal(field.image, before)
    np.testing.assert_array_equal(METHODS[name].segment(field, **setting), mask)


def test_every_sight_differs_and_keeps_its_polarity():
    sights = list_sights(-1)
    assert len(set(sights)) == len(sights)
    assert {sight.polarity for sight in sights} == {-1}
