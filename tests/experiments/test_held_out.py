from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tumourflow.experiments.held_out import Corridor
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.scores import SCORES
from tumourflow.options import AugmentationOptions, PredictionOptions, TrainingOptions
from tumourflow.options.prediction import WAYS
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


def test_where_no_test_slice_has_a_mask_the_table_of_scores_has_its_columns_and_no_row(asked) -> None:
    """As in a fold whose patients nobody has outlined; their origins are added to the table by case."""
    masks = np.stack([Reader().read_truth("")] * len(INDEX)).astype(np.uint8)
    unmasked = SimpleNamespace(read_truth=lambda _: None, read_image=Reader().read_image)
    corridor = Corridor(masks[..., None], masks, unmasked, PREPARATION, AugmentationOptions(), TrainingOptions(), PredictionOptions())
    scores = corridor.score_held_out(SimpleNamespace(), INDEX)
    assert (list(scores), len(scores)) == ([*DESCRIBED, *SCORES], 0)
