from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest

from tumourflow.experiments.held_out import Corridor
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.scores import SCORES, score_slice
from tumourflow.options import AugmentationOptions, PredictionOptions, TrainingOptions
from tumourflow.options.prediction import WAYS
from tumourflow.pipelines.prediction.nodes import choose_postprocessing, postprocess_masks, predict_cases
from tumourflow.prediction.case_reader import CaseReader
from tumourflow.prediction.judged import DESCRIBED

SIDE = 8
PREPARATION = Preparation(size=SIDE, crop="none", normalisation="zscore", context=0, lead_channel=0, channels=1)
INDEX = pd.DataFrame(
    [(f"{patient}/{number}", patient, number, split) for patient, split in (("a", "validation"), ("b", "test")) for number in (1, 2)],
    columns=["case_id", "patient", "slice", "split"],
).assign(tumour=True, top=0, left=0, side=SIDE, height=SIDE, width=SIDE)


class Reader:
    """Stands in for a cohort of grey pictures whose middle is tumour."""

    def read_image(self, case_id: str) -> np.ndarray:
        return np.full((SIDE, SIDE), 100, np.uint8)

    def read_truth(self, case_id: str) -> np.ndarray:
        truth = np.zeros((SIDE, SIDE), bool)
        truth[2:6, 2:6] = True
        return truth

    def tell_spacing(self, case_id: str) -> tuple[float, float]:
        return 1.0, 1.0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[set[str], list[int]]]:
    """How networks are asked, and for which slices; each says that the middle is tumour."""
    ways = []

    def make(network, layout, **asked):
        def predict(images, index, rows):
            ways.append(({name for name, is_asked in asked.items() if is_asked}, rows.tolist()))
            yield np.stack([Reader().read_truth("")] * len(rows)).astype(np.float32)

        return SimpleNamespace(predict=predict)

    monkeypatch.setattr("tumourflow.experiments.held_out.make_predictor", make)
    monkeypatch.setattr("tumourflow.experiments.held_out.convert_precision", lambda network, _: network)
    return ways


@pytest.mark.parametrize("way", WAYS)
def test_patients_are_predicted_as_asked_when_post_processing_is_chosen_and_when_they_are_scored(asked, way: str) -> None:
    masks = np.stack([Reader().read_truth("")] * len(INDEX)).astype(np.uint8)
    options = AugmentationOptions(), TrainingOptions(), PredictionOptions(**dict.fromkeys(WAYS, False) | {way: True})
    corridor = Corridor(masks[..., None], masks, Reader(), PREPARATION, *options)
    scores = corridor.score_held_out(SimpleNamespace(), INDEX)
    assert asked == [({way}, [0, 1]), ({way}, [2, 3])]
    assert scores[["case_id", "tp", "fp", "fn"]].to_numpy().tolist() == [["b/1", 16, 0, 0], ["b/2", 16, 0, 0]]
    masks_found = dict(corridor.segment_held_out(SimpleNamespace(), INDEX))
    assert {case_id: int(mask.sum()) for case_id, mask in masks_found.items()} == {"b/1": 16, "b/2": 16}
    assert asked[2:] == asked[:2]


class Noise:
    """Pictures of four patients in which each has a disc; a network that looks at one pixel is not sure of any."""

    def __init__(self, protocol: str) -> None:
        rows = [(f"{patient}/{number}", patient, number) for patient in "abcd" for number in range(6)]
        index = pd.DataFrame(rows, columns=["case_id", "patient", "slice"]).assign(tumour=True, top=0, left=0, side=16, height=16, width=16)
        sides = ["train", "validation", "test", "test"]
        index["split"] = np.repeat(sides, 6) if protocol == "patient" else np.tile(["test", *sides[:3], "train", "test"], 4)
        rng, distance = np.random.default_rng(0), np.hypot(*(np.indices((16, 16)) - 7))
        self.masks = np.stack([distance < 2 + number % 3 for number in index["slice"]]).astype(np.uint8)
        self.arrays = {"images": 2 * self.masks[..., None] + rng.normal(size=(len(index), 16, 16, 1)), "masks": self.masks}
        self.index = index
        self.cases = pd.DataFrame(dict.fromkeys(("case_id", "image", "mask"), index["case_id"])).assign(pixel_height=1, pixel_width=1)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def read_mask(self, key: str) -> np.ndarray:
        return self.masks[self.index["case_id"].tolist().index(key)].astype(bool)

    def read(self, key: str) -> np.ndarray:
        return 100 * self.read_mask(key).astype(np.uint8)


class Stored(SimpleNamespace):
    """Stands in for the store of probabilities."""

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


def unsure_network() -> keras.Model:
    image = keras.Input((16, 16, 1))
    layer = keras.layers.Conv2D(1, 3, padding="same")
    network = keras.Model(image, layer(image))
    layer.set_weights([np.full((3, 3, 1, 1), 0.3), np.array([-2.0])])
    return network


@pytest.mark.parametrize("protocol", ["patient", "slice"])
def test_held_out_patients_are_scored_as_in_the_rooms_of_prediction_and_evaluation(protocol: str) -> None:
    """Both are kept under one name: of the same network, split and options the same masks, of the whole patient's components."""
    noise, network, options = Noise(protocol), unsure_network(), PredictionOptions(mirrors=True, threshold=0.5, components=0.3)
    preparation = Preparation(size=16, crop="none", normalisation="zscore", context=0, lead_channel=0, channels=1)
    given = noise, noise.cases, preparation.to_dict()
    record = {"options": TrainingOptions(width=2, depth=1).describe()}
    predicted = predict_cases(network, noise, preparation.to_dict(), options, record)
    probability = np.concatenate([chunk.arrays["probability"] for chunk in predicted])
    stored = Stored(index=noise.index, arrays={"probability": probability})
    chosen = choose_postprocessing(stored, *given, options)
    masks = dict(postprocess_masks(stored, *given, chosen))
    wanted = [
        {name: row[name] for name in DESCRIBED} | score_slice(noise.read_mask(row["case_id"]), masks[row["case_id"]], seen, mask, (1, 1))
        for row, seen, mask in zip(noise.index.to_dict("records"), probability, noise.masks, strict=True)
        if row["split"] == "test"
    ]
    reader = CaseReader(noise, noise.cases)
    corridor = Corridor(noise["images"], noise["masks"], reader, preparation, AugmentationOptions(), TrainingOptions(), options)
    pd.testing.assert_frame_equal(corridor.score_held_out(network, noise.index), pd.DataFrame(wanted))
    found = dict(corridor.segment_held_out(network, noise.index))
    assert all((found[row["case_id"]] == masks[row["case_id"]]).all() for row in wanted)
    assert len(found) == len(wanted)


def test_a_probability_counts_as_it_is_stored(asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """.40001 is .3999 in half precision: no tumour at a threshold of .4, here as everywhere."""
    barely = SimpleNamespace(predict=lambda _, __, rows: iter([np.full((len(rows), SIDE, SIDE), 0.40001, np.float32)]))
    monkeypatch.setattr("tumourflow.experiments.held_out.make_predictor", lambda *_, **__: barely)
    masks = np.stack([Reader().read_truth("")] * len(INDEX)).astype(np.uint8)
    options = PredictionOptions(threshold=0.4, components=0, minimum_area=0)
    corridor = Corridor(masks[..., None], masks, Reader(), PREPARATION, AugmentationOptions(), TrainingOptions(), options)
    assert corridor.score_held_out(SimpleNamespace(), INDEX)["tp"].tolist() == [0, 0]


def test_where_no_test_slice_has_a_mask_the_table_of_scores_has_its_columns_and_no_row(asked) -> None:
    """As in a fold whose patients nobody has outlined; their origins are added to the table by case."""
    masks = np.stack([Reader().read_truth("")] * len(INDEX)).astype(np.uint8)
    unmasked = SimpleNamespace(read_truth=lambda _: None, read_image=Reader().read_image)
    corridor = Corridor(masks[..., None], masks, unmasked, PREPARATION, AugmentationOptions(), TrainingOptions(), PredictionOptions())
    scores = corridor.score_held_out(SimpleNamespace(), INDEX)
    assert (list(scores), len(scores)) == ([*DESCRIBED, *SCORES], 0)
