import keras
import numpy as np
import pandas as pd
import pytest

from tumourflow.measures.scores import score_slice
from tumourflow.networks import average_networks
from tumourflow.prediction.case_reader import CaseReader
from tumourflow.prediction.judged import score_seeds
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.slice_predictor import make_predictor
from tumourflow.prediction.volumes import segment_volumes

POSTPROCESSING = PostProcessing(threshold=0.4, components=0.3, minimum_area=2)


class Images:
    """Stands in for the image store: tumour of 5 x 5 pixels in the first two slices of each patient."""

    def read(self, key: str) -> np.ndarray:
        return np.full((20, 24, 3), 100, np.uint8)

    def read_mask(self, key: str) -> np.ndarray:
        mask = np.zeros((20, 24), bool)
        mask[6:11, 8:13] = not key.endswith("/3")
        return mask


def member(seed: int) -> keras.Model:
    """A network that looks at 3 x 3 pixels, not the same to the left and to the right."""
    images = keras.Input((16, 16, 5))
    start = {"kernel_initializer": keras.initializers.RandomNormal(seed=seed), "bias_initializer": keras.initializers.Constant(-0.5)}
    return keras.Model(images, keras.layers.Conv2D(1, 3, padding="same", **start, name="logits")(images))


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 9, size=(12, 16, 16, 3)).astype(np.float16)


@pytest.fixture
def masks() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 2, (12, 16, 16), np.uint8)


@pytest.fixture
def reader(index) -> CaseReader:
    """One slice has no mask."""
    keys = {"case_id": index["case_id"], "image": "", "mask": index["case_id"].replace("c/2", "")}
    return CaseReader(Images(), pd.DataFrame({**keys, "pixel_height": 0.5, "pixel_width": 0.5}))


@pytest.fixture
def bundle(preparation) -> dict:
    training = {"members": [{"seed": 5}, {"seed": 6}]}
    return {"training": training, "preparation": preparation.to_dict(), "postprocessing": POSTPROCESSING.to_dict(), "mirrors": True}


def mixed(index: pd.DataFrame) -> pd.DataFrame:
    return index.assign(split=index["patient"].map({"a": "train", "b": "validation", "c": "validation", "d": "test"}))


def score_alone(network, images, masks, index, preparation, reader) -> pd.DataFrame:
    """What the rooms of prediction and evaluation make of a single network, all patients at once."""
    batches = make_predictor(network, preparation.layout, mirrors=True).predict(images, index)
    probability = np.concatenate(list(batches)).astype(np.float16)
    predicted = dict(segment_volumes(probability, index, preparation, POSTPROCESSING, reader.read_image))
    rows = []
    for place, case_id in enumerate(index["case_id"]):
        truth = reader.read_truth(case_id)
        if truth is not None:
            rows.append({"case_id": case_id, **score_slice(truth, predicted[case_id], probability[place], masks[place], (0.5, 0.5))})
    return pd.DataFrame(rows)


def test_each_network_is_scored_as_if_it_were_the_segmenter(images, masks, index, preparation, reader, bundle, monkeypatch) -> None:
    monkeypatch.setattr("tumourflow.prediction.judged.choose_precision", lambda: "float32")
    networks, index = [member(seed) for seed in (1, 2)], mixed(index)
    scores = score_seeds(average_networks(networks), bundle, images, masks, index, reader)
    assert scores["seed"].tolist() == [5] * 8 + [6] * 8
    judged = ["b/1", "b/2", "b/3", "c/1", "c/3", "d/1", "d/2", "d/3"]
    assert scores["case_id"].tolist() == judged * 2
    assert scores["split"].tolist() == (["validation"] * 5 + ["test"] * 3) * 2
    for seed, network in zip((5, 6), networks, strict=True):
        expected = score_alone(network, images, masks, index, preparation, reader).set_index("case_id").loc[judged]
        assert expected["tp"].any()
        found = scores[scores["seed"] == seed].set_index("case_id")[list(expected)]
        pd.testing.assert_frame_equal(found, expected, rtol=1e-4)
    assert not scores[scores["seed"] == 5]["fp"].reset_index(drop=True).equals(scores[scores["seed"] == 6]["fp"].reset_index(drop=True))


def test_slices_dealt_out_one_by_one_are_segmented_with_their_whole_patient(images, masks, index, preparation, reader, bundle) -> None:
    """The first slices train; the components that they hold decide with the others which are kept."""
    dealt = index.assign(split=["train", "test", "test"] * 4)
    network = member(1)
    scores = score_seeds(average_networks([network, network]), bundle, images, masks, dealt, reader)
    assert set(scores["split"]) == {"test"}
    expected = score_alone(network, images, masks, dealt, preparation, reader).set_index("case_id")
    found = scores[scores["seed"] == 5].set_index("case_id")
    assert found["fp"].tolist() == expected.loc[found.index, "fp"].tolist()


@pytest.mark.parametrize("members", [None, [{"seed": 5, "fold": 0}, {"seed": 5, "fold": 1}]])
def test_a_single_network_and_an_average_of_folds_are_not_predicted_again(members, images, masks, index, reader, bundle) -> None:
    bundle["training"] = {} if members is None else {"members": members}
    assert score_seeds(None, bundle, images, masks, mixed(index), reader).empty


def test_where_all_trained_nothing_is_predicted_again(images, masks, index, reader, bundle) -> None:
    scores = score_seeds(None, bundle, images, masks, index.assign(split="train"), reader)
    assert scores.empty
    assert {"seed", "case_id", "split", "tp"} <= set(scores)


@pytest.mark.parametrize("said", [{"patient_statistics": True}, {"multi_scale": True}, {"patient_statistics": False}, {}])
def test_seeds_are_asked_as_their_bundle_says(monkeypatch, images, masks, index, preparation, reader, bundle, said) -> None:
    """A bundle of an earlier version knows of mirror images alone."""
    ways = []

    def record(network, layout, **asked):
        ways.append(asked)
        return make_predictor(network, layout, **asked)

    monkeypatch.setattr("tumourflow.prediction.judged.make_predictor", record)
    network = member(1)
    score_seeds(average_networks([network, network]), bundle | said, images, masks, mixed(index), reader)
    assert ways == [{"mirrors": True, "multi_scale": False, "patient_statistics": False} | said] * 2
