import numpy as np
import pandas as pd
import pytest

from tumourflow.imaging.preparation import Preparation
from tumourflow.prediction.confidence import fit_confidence, measure_confidence

SIZE = 32
PREPARATION = Preparation(SIZE, "none", "zscore", context=0, lead_channel=0, channels=1)


def fit(said: float, true: float, split: str = "validation"):
    """A network says `said` everywhere, and a share `true` of the pixels is tumour."""
    index = pd.DataFrame({"case_id": ["a/1", "a/2"], "patient": "a", "split": split, "top": 0, "left": 0, "side": SIZE})
    index = index.assign(height=SIZE, width=SIZE)
    truth = np.arange(SIZE * SIZE).reshape(SIZE, SIZE) < round(true * SIZE * SIZE)
    probability = np.full((2, SIZE, SIZE), said, np.float16)
    return fit_confidence(probability, index, PREPARATION, 0.4, lambda case_id: truth if case_id == "a/1" else None)


@pytest.mark.parametrize(("said", "true"), [(0.9, 0.5), (0.6, 0.95), (0.8, 0.8)])
def test_confidence_is_the_share_that_was_tumour(said, true):
    fitted = fit(said, true)
    mask = np.ones((4, 4), bool)
    assert measure_confidence(np.full((4, 4), said, np.float32), mask, fitted) == pytest.approx(true, abs=0.01)
    assert fitted["pixels"] == SIZE * SIZE
    assert fitted["is_tumour"] == pytest.approx(true, abs=0.01)


def test_a_higher_probability_is_never_less_sure():
    fitted = fit(0.7, 0.4)
    mask = np.ones((1, 1), bool)
    confidences = [measure_confidence(np.full((1, 1), said, np.float32), mask, fitted) for said in (0.4, 0.6, 0.8, 1.0)]
    assert confidences == sorted(confidences)


def test_even_where_all_is_right_nothing_is_certain():
    assert measure_confidence(np.ones((1, 1), np.float32), np.ones((1, 1), bool), fit(0.99, 1.0)) < 1


@pytest.mark.parametrize(("said", "split"), [(0.3, "validation"), (0.9, "train")])
def test_without_validation_pixels_there_is_no_confidence(said, split):
    fitted = fit(said, 0.5, split)
    assert fitted is None
    assert np.isnan(measure_confidence(np.ones((1, 1), np.float32), np.ones((1, 1), bool), fitted))


def test_an_empty_mask_has_no_confidence():
    assert np.isnan(measure_confidence(np.ones((1, 1), np.float32), np.zeros((1, 1), bool), {"slope": 1, "offset": 0}))


@pytest.mark.parametrize(("split", "pixels"), [(["train", "validation"], None), (["validation", "train"], SIZE * SIZE)])
def test_of_a_patient_on_two_sides_only_the_validation_slices_count(split, pixels):
    fitted = fit(0.9, 0.5, split)
    assert (fitted["pixels"] if fitted else None) == pixels
