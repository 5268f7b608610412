"""One training, and the scores of the patients that were held out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.scores import SCORES
from tumourflow.networks import choose_precision, convert_precision
from tumourflow.options import AugmentationOptions, PredictionOptions, TrainingOptions
from tumourflow.prediction.case_reader import CaseReader
from tumourflow.prediction.choose import choose_candidate
from tumourflow.prediction.judged import DESCRIBED, find_patients, predict_patients, score_slices
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.slice_predictor import SlicePredictor, make_predictor
from tumourflow.prediction.trials import Trial, list_candidates, try_on_validation
from tumourflow.prediction.volumes import segment_volumes
from tumourflow.training import Trained, train_segmenter
from tumourflow.training.state import Store
from tumourflow.types import Mask


@dataclass(frozen=True)
class Corridor:
    """What trainings of one experiment have in common.

    Attributes:
        images: Prepared slices `(n, size, size, channels)`, possibly on disk.
        masks: Their masks `(n, size, size)`, 0 or 1.
        reader: Reads images and masks at native resolution.
        preparation: What made the prepared slices.
        augmentation: What changes from image to image.
        training: Which network, how and for how long.
        prediction: What is not to be chosen on the validation patients.
    """

    images: npt.NDArray[Any]
    masks: npt.NDArray[Any]
    reader: CaseReader
    preparation: Preparation
    augmentation: AugmentationOptions
    training: TrainingOptions
    prediction: PredictionOptions

    def train(
        self, index: pd.DataFrame, seed: int, listener: Callable[[dict[str, float]], None], checkpoint: Store | None = None
    ) -> Trained:
        """Train on one side of a split and keep the weights that do best on the second.

        Args:
            index: Table of the prepared slices, with `split`.
            seed: Seed of the training.
            listener: Follows the training.
            checkpoint: Keeps the state of the training.

        Returns:
            What `train_segmenter` leaves.
        """
        return train_segmenter(
            self.images,
            self.masks,
            index,
            self.preparation.layout,
            augmentation=self.augmentation,
            options=self.training,
            seed=seed,
            listener=listener,
            checkpoint=checkpoint,
        )

    def score_held_out(self, network: keras.Model, index: pd.DataFrame) -> pd.DataFrame:
        """Choose the post-processing on the second side of a split, score the third at native resolution.

        Args:
            network: What was trained on the first side, or the average of several.
            index: Table of the prepared slices, with `split`.

        Returns:
            One row a test slice with a mask: `case_id, patient, slice, split` and what `score_slice` gives.
        """
        predictor = self._make_predictor(network)
        chosen = PostProcessing.from_dict(self._choose(predictor, index))
        how = (self.masks, self.preparation, chosen, self.reader)
        scores = [row for rows, seen in self._predict(predictor, index, "test") for row in score_slices(seen, rows, *how)]
        scores = [row for row in scores if row["split"] == "test"]
        return pd.DataFrame(scores, columns=[*DESCRIBED, *SCORES])

    def segment_held_out(self, network: keras.Model, index: pd.DataFrame) -> Iterator[tuple[str, Mask]]:
        """Choose the post-processing on the second side of a split, segment the third at native resolution.

        Args:
            network: What was trained on the first side.
            index: Table of the prepared slices, with `split`.

        Yields:
            Name and mask `(height, width)` of each test slice.
        """
        predictor = self._make_predictor(network)
        chosen = PostProcessing.from_dict(self._choose(predictor, index))
        tested = set(index.loc[index["split"] == "test", "case_id"])
        for rows, probability in self._predict(predictor, index, "test"):
            masks = segment_volumes(probability, rows, self.preparation, chosen, self.reader.read_image)
            yield from ((case_id, mask) for case_id, mask in masks if case_id in tested)

    def _make_predictor(self, network: keras.Model) -> SlicePredictor:
        return make_predictor(convert_precision(network, choose_precision()), self.preparation.layout, **self.prediction.ways)

    def _choose(self, predictor: SlicePredictor, index: pd.DataFrame) -> dict[str, Any]:
        candidates, trials = list_candidates(self.prediction), list[Trial]()
        for rows, probability in self._predict(predictor, index, "validation"):
            trials += try_on_validation(probability, rows, self.preparation, self.reader.read_truth, self.reader.read_image, candidates)
        return choose_candidate(candidates, trials)

    def _predict(
        self, predictor: SlicePredictor, index: pd.DataFrame, split: str
    ) -> Iterator[tuple[pd.DataFrame, npt.NDArray[np.float16]]]:
        return predict_patients(predictor, self.images, index, find_patients(index, split))


def split_index(index: pd.DataFrame, fold_splits: pd.DataFrame, turn: int) -> pd.DataFrame:
    """Give the prepared slices the split of one turn of a cross-validation.

    Args:
        index: Table of the prepared slices.
        fold_splits: `turn, case_id, split`.
        turn: Which.
    """
    sides = fold_splits[fold_splits["turn"] == turn].set_index("case_id")["split"]
    return index.assign(split=index["case_id"].map(sides))
