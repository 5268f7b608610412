import keras
import numpy as np
import pandas as pd
import pytest

from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import build_network
from tumourflow.prediction.forward import compile_logits
from tumourflow.prediction.patient_forward import LEAST, SAMPLE, PatientForward, choose_sample, divide_by_sample
from tumourflow.prediction.slice_predictor import make_predictor
from tumourflow.prediction.views import MIRRORED, View

LAYOUT = InputLayout(channels=1, lead_channel=0, context=0)


@pytest.fixture(scope="module")
def subtracting() -> keras.Model:
    """Takes the mean that its normalisation knows away; that of training is 0."""
    seen = keras.Input((4, 4, 1))
    norm = keras.layers.BatchNormalization(epsilon=0.0, name="norm")
    model = keras.Model(seen, norm(keras.layers.Conv2D(1, 1, name="conv")(seen)))
    model.get_layer("conv").set_weights([np.ones((1, 1, 1, 1), np.float32), np.zeros(1, np.float32)])
    return model


def table(**counts: int) -> pd.DataFrame:
    return pd.DataFrame({"patient": [patient for patient, count in counts.items() for _ in range(count)]})


def levels(index: pd.DataFrame, **means: float) -> np.ndarray:
    """Each patient's slices alternate one above and one below its mean."""
    grey = index["patient"].map(means).to_numpy(float) + np.where(np.arange(len(index)) % 2, -1, 1)
    return np.broadcast_to(grey[:, None, None, None], (len(index), 4, 4, 1)).astype(np.float16)


def logits(model: keras.Model, images: np.ndarray, index: pd.DataFrame, rows: np.ndarray | None = None) -> list[float]:
    batches = make_predictor(model, LAYOUT, patient_statistics=True).predict(images, index, rows, batch=4)
    probability = np.concatenate(list(batches))[:, 0, 0].astype(float)
    return np.round(np.log(probability / (1 - probability)), 2).tolist()


def test_a_patient_of_many_slices_is_normalised_by_itself(subtracting) -> None:
    """Two scanners that differ by a constant give the same; a patient of a single slice keeps the mean of training."""
    index = table(a=8, b=1, c=8)
    found = logits(subtracting, levels(index, a=3, b=5, c=-2), index)
    assert found[:8] == [1, -1] * 4
    assert found[8] == 6
    assert found[9:] == [-1, 1] * 4


def test_statistics_are_of_the_whole_patient_whichever_slices_are_asked_for(subtracting) -> None:
    index = table(a=8, c=8)
    images = levels(index, a=3, c=-2)
    assert logits(subtracting, images, index, rows=np.array([2, 11])) == [1, -1]


def test_patients_come_and_go_without_a_trace_in_the_predictor(subtracting) -> None:
    """What is compiled once serves the validation and the test patients of a fold."""
    index = table(a=8, b=1, c=8)
    images = levels(index, a=3, b=5, c=-2)
    predictor = make_predictor(subtracting, LAYOUT, patient_statistics=True)
    first, between, again = (np.concatenate(list(predictor.predict(images, index, np.array(rows)))) for rows in ([2], [8, 11], [2]))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(between, np.concatenate(list(predictor.predict(images, index)))[[8, 11]])


def test_the_statistics_of_training_come_back(subtracting) -> None:
    forward = PatientForward(subtracting)
    seen = np.full((1, 4, 4, 1), 5, np.float32)
    adapted, trained = forward.adapt(np.stack([seen[0] + 1, seen[0] - 1])), forward.adapt(None)
    # As two threads of a server would ask, in turns.
    for _ in range(2):
        assert adapted(seen).max() == pytest.approx(0, abs=1e-4)
        assert trained(seen).max() == pytest.approx(5, abs=1e-4)
    assert subtracting.get_layer("norm").get_weights()[2].item() == 0


def test_mirrored_views_have_the_statistics_of_the_patient_as_it_lies(subtracting) -> None:
    index = table(a=8)
    images = levels(index, a=3)
    (plain, mirrored), *_ = make_predictor(subtracting, LAYOUT, patient_statistics=True).predict_views(
        images, index, (View(), MIRRORED), batch=8
    )
    np.testing.assert_array_equal(plain, mirrored)


def test_a_network_without_normalisation_predicts_as_ever() -> None:
    seen = keras.Input((4, 4, 1))
    model = keras.Model(seen, keras.layers.Conv2D(1, 1)(seen))
    images = np.random.default_rng(0).normal(size=(9, 4, 4, 1)).astype(np.float32)
    np.testing.assert_array_equal(PatientForward(model).adapt(images)(images), compile_logits(model)(images))


def test_a_real_network_gives_other_masks_for_a_scanner_that_it_does_not_know() -> None:
    model = build_network("unet", (16, 16, 1), width=4, depth=2)
    index = table(a=8)
    images = np.random.default_rng(0).normal(loc=4, scale=3, size=(8, 16, 16, 1)).astype(np.float32)
    own, training = (
        np.concatenate(list(make_predictor(model, LAYOUT, mirrors=True, patient_statistics=asked).predict(images, index)))
        for asked in (True, False)
    )
    assert np.abs(own - training).max() > 0.01


def test_slices_are_divided_by_whose_statistics_they_take() -> None:
    """Small patients share a stretch, also where others lie between the slices that are wanted."""
    index = table(a=1, b=2, c=LEAST, d=1, e=LEAST - 1, f=LEAST)
    found = [(stretch.rows.tolist(), stretch.sample is not None) for stretch in divide_by_sample(index["patient"], np.arange(len(index)))]
    assert found == [
        ([0, 1, 2], False),
        ([*range(3, 11)], True),
        ([*range(11, 19)], False),
        ([*range(19, 27)], True),
    ]


def test_two_large_patients_are_apart_and_their_samples_their_own() -> None:
    index = table(a=20, b=40)
    first, second = divide_by_sample(index["patient"], np.array([3, 4, 25]))
    assert (first.rows.tolist(), second.rows.tolist()) == ([3, 4], [25])
    assert set(first.sample.tolist()) <= set(range(20))
    assert (second.sample[0], second.sample[-1]) == (20, 59)


def test_nothing_wanted_is_nothing_divided() -> None:
    assert list(divide_by_sample(table(a=9)["patient"], np.array([], int))) == []


@pytest.mark.parametrize("count", [LEAST, 15, 16, 17, 155])
def test_a_sample_is_of_one_size_and_reaches_from_end_to_end(count) -> None:
    chosen = choose_sample(np.arange(count))
    assert len(chosen) == SAMPLE
    assert (chosen[0], chosen[-1]) == (0, count - 1)
    assert (np.diff(chosen) >= 0).all()
