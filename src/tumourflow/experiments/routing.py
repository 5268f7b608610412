"""A router: a classifier of modalities that also tells how strange an image is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import softmax

from tumourflow.imaging.layout import InputLayout
from tumourflow.measures.refusal import GENUINE, INTRUDER, UPSIDE_DOWN, energy
from tumourflow.options import AugmentationOptions, ClassificationOptions, TrainingOptions
from tumourflow.prediction.distance import add_distance, fit_gaussians, route, take_features
from tumourflow.training import Trained, train_classifier
from tumourflow.training.curves import Listener
from tumourflow.types import KerasModel


@dataclass(frozen=True)
class RouterInput:
    """What routers are taught and judged with.

    Attributes:
        images: Prepared images `(n, height, width, channels)`, possibly on disk.
        index: The table of their rows: `case_id, patient, slice`.
        layout: The network's input channels.
    """

    images: npt.NDArray[Any]
    index: pd.DataFrame
    layout: InputLayout

    def rows_of(self, table: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Find the rows of some cases."""
        return np.asarray(pd.Index(self.index["case_id"]).get_indexer(pd.Index(table["case_id"])), np.int64)


def train_router(
    seen: RouterInput,
    chosen: pd.DataFrame,
    classes: list[str],
    *,
    augmentation: AugmentationOptions,
    classification: ClassificationOptions,
    options: TrainingOptions,
    seed: int,
    listener: Listener,
) -> Trained:
    """Train a classifier of modalities, and fit what its features are like on the images that it was taught with.

    Args:
        seen: Prepared images.
        chosen: `case_id, label, split, taught`: who is trained on and who validates.
        classes: Names of the modalities.
        augmentation: What changes from image to image.
        classification: Which network.
        options: How and for how long.
        seed: Seed of everything random.
        listener: Called with the figures of the training.

    Returns:
        What the training left, with the model of `add_distance`.
    """
    side = chosen["split"].where(chosen["taught"] | (chosen["split"] == "validation"), "")
    of_case = pd.DataFrame({"split": side, "class": pd.Index(classes).get_indexer(pd.Index(chosen["label"]))}).set_index(chosen["case_id"])
    known = of_case.reindex(seen.index["case_id"]).reset_index(drop=True)
    index = seen.index.assign(split=known["split"].fillna(""), **{"class": known["class"].fillna(-1).astype(np.int64)})
    trained = train_classifier(
        seen.images,
        index,
        seen.layout,
        len(classes),
        augmentation=augmentation,
        classification=classification,
        options=options,
        seed=seed,
        listener=listener,
    )
    rows = np.flatnonzero(index["split"] == "train")
    gaussians = fit_gaussians(take_features(trained.model, seen.images, rows), index["class"].to_numpy(np.int64)[rows])
    return Trained(add_distance(trained.model, gaussians), trained.curves, trained.summary, trained.record)


def score_genuine(router: KerasModel, seen: RouterInput, chosen: pd.DataFrame, classes: list[str]) -> pd.DataFrame:
    """Ask a router about genuine images, as they are and, of those that judge, turned upside down.

    Args:
        router: Of `train_router`.
        seen: Prepared images.
        chosen: `case_id, patient, group, cohort, label, split`.
        classes: Names of the modalities.

    Returns:
        One row an image and way: `source, kind, case_id, patient, group, cohort, label, split, distance, energy` and
        `probability.<class>`.
    """
    known = ["case_id", "patient", "group", "cohort", "label", "split"]
    judging = chosen[~chosen["split"].isin(["train", "validation", ""])]
    tables = [
        _score(router, seen.images, seen.rows_of(table), table[known], classes, source, upside_down=source == UPSIDE_DOWN)
        for source, table in ((GENUINE, chosen[chosen["split"] != ""]), (UPSIDE_DOWN, judging))
        if len(table)
    ]
    return pd.concat(tables, ignore_index=True)


def score_intruders(router: KerasModel, images: npt.NDArray[Any], index: pd.DataFrame, classes: list[str]) -> pd.DataFrame:
    """Ask a router about pictures that it should refuse.

    Args:
        router: Of `train_router`.
        images: Prepared pictures `(n, height, width, channels)`.
        index: `case_id, kind, split`.
        classes: Names of the modalities.

    Returns:
        As `score_genuine`; each picture is a group of its own and has no label.
    """
    described = index.assign(patient=index["case_id"], group=index["case_id"], cohort="", label="")
    return _score(router, images, np.arange(len(index)), described, classes, INTRUDER)


def _score(
    router: KerasModel,
    images: npt.NDArray[Any],
    rows: npt.NDArray[np.int64],
    table: pd.DataFrame,
    classes: list[str],
    source: str,
    upside_down: bool = False,
) -> pd.DataFrame:
    logits, distance = route(router, images, rows, upside_down)
    probability = softmax(logits.astype(np.float64), axis=1)
    scores = table.reset_index(drop=True).assign(source=source, distance=distance.astype(np.float64), energy=energy(logits))
    scores = scores if "kind" in scores else scores.assign(kind="")
    return scores.assign(**{f"probability.{name}": probability[:, number] for number, name in enumerate(classes)})
