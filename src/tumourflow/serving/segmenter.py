"""The one way to use a segmenter: a patient's images in, masks of their own size out, as when it was judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tumourflow.imaging.preparation import Preparation
from tumourflow.networks import choose_precision, convert_precision
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.slice_predictor import make_predictor, read_ways
from tumourflow.prediction.views import MIRRORED, View, average_views
from tumourflow.prediction.volumes import make_masks, patient_rows, read_pictures, restore_rows
from tumourflow.serving.volumes import PreparedVolumes, Volume, prepare_volumes
from tumourflow.types import Float32, KerasModel, Mask, Pixels


class SegmentedSlice(NamedTuple):
    """What was found on an image.

    Attributes:
        probability: Of tumour, `(height, width)`, 0..1; 0 where the network did not look.
        mask: `(height, width)` booleans after the post-processing of the patient's volume.
        uncertainty: Standard deviation of the probabilities of the image and of its mirror image, averaged over the pixels of the mask,
            0..0.5; NaN where the mask is empty.
    """

    probability: Float32
    mask: Mask
    uncertainty: float


class Segmenter:
    """A network with all that its use needs; it is compiled once, for the first patient.

    Attributes:
        preparation: What the network sees of an image.
        postprocessing: How probabilities become masks.
    """

    def __init__(self, model: KerasModel, bundle: Mapping[str, Any]) -> None:
        """Take a network and the content of the `segmenter.json` beside it."""
        self.preparation = Preparation.from_dict(bundle["preparation"])
        self.postprocessing = PostProcessing.from_dict(bundle["postprocessing"])
        self._predictor = make_predictor(convert_precision(model, choose_precision()), self.preparation.layout, **read_ways(bundle))

    def segment(self, volume: Sequence[Pixels], slices: Sequence[int] | None = None) -> list[SegmentedSlice]:
        """Segment a patient.

        Args:
            volume: Slices in order, uint8 or uint16, as they are stored; they may differ in size.
            slices: Their numbers, ascending, where some are missing between them.

        Returns:
            What was found on each slice; the masks are those of the prediction room.

        Raises:
            ValueError: Where there is no slice, or one of another dtype or number of channels than the network's.
        """
        return next(self.segment_volumes([Volume(volume, slices)]))

    def segment_volumes(self, volumes: Iterable[Volume]) -> Iterator[list[SegmentedSlice]]:
        """Segment patients one after the other; memory does not grow with their number.

        Args:
            volumes: Patients.

        Yields:
            What `segment` gives, patient by patient; a few patients at a time share their batches.

        Raises:
            ValueError: As `segment`.
        """
        for prepared in prepare_volumes(volumes, self.preparation):
            yield from self._segment_prepared(prepared)

    def _segment_prepared(self, prepared: PreparedVolumes) -> Iterator[list[SegmentedSlice]]:
        views = self._predict(prepared, self._predictor.views)
        # The prediction room stores probabilities in half precision, and its masks are made of these.
        probability = average_views(views).astype(np.float16)
        for places in patient_rows(prepared.index):
            rows = prepared.index.iloc[places]
            native = restore_rows(probability[places], rows, self.preparation)
            pictures = read_pictures(rows, self.preparation, prepared.stored.__getitem__) if self.postprocessing.crf else []
            masks = make_masks(native, rows, self.preparation, self.postprocessing, pictures)
            uncertainty = self._measure_uncertainty(prepared, rows, masks, [view[places] for view in views])
            yield [SegmentedSlice(*each) for each in zip(native, masks, uncertainty, strict=True)]

    def _measure_uncertainty(
        self, prepared: PreparedVolumes, rows: pd.DataFrame, masks: Sequence[Mask], views: Sequence[Float32]
    ) -> list[float]:
        uncertainty = np.full(len(masks), np.nan)
        found = [place for place, mask in enumerate(masks) if mask.any()]
        if found:
            plain = views[0][found]
            # Without mirrored views the network is asked once more, of the slices with something on them alone.
            shown, places = self._predictor.views, rows.index.to_numpy()[found]
            mirrored = views[shown.index(MIRRORED)][found] if MIRRORED in shown else self._predict(prepared, (MIRRORED,), places)[0]
            spread = restore_rows(np.abs(plain - mirrored) / 2, rows.iloc[found], self.preparation)
            uncertainty[found] = [float(each[masks[place]].mean()) for each, place in zip(spread, found, strict=True)]
        return uncertainty.tolist()

    def _predict(self, prepared: PreparedVolumes, views: Sequence[View], rows: Any = None) -> list[Float32]:
        batches = self._predictor.predict_views(prepared.images, prepared.index, views, rows)
        return [np.concatenate(view) for view in zip(*batches, strict=True)]
