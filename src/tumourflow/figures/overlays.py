"""Predictions beside the truth: the best, the median and the worst patient, and false alarms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from tumourflow.figures.image_panel import grey, show_grey, show_mask, show_mask_on
from tumourflow.figures.palette import PREDICTION, TRUTH
from tumourflow.figures.panels import label_row, notice, panel_grid
from tumourflow.figures.patients import patient_scores
from tumourflow.measures.overlap import dice
from tumourflow.types import Figure, Float32, Mask, Pixels

FALSE_ALARMS_SHOWN = 4
_COLUMNS = ("image", "truth", "prediction", "truth on image", "prediction on image")


class Images(Protocol):
    """Hands out images and masks by their key."""

    def read(self, key: str) -> Pixels:
        """Read an image."""

    def read_mask(self, key: str) -> Mask:
        """Read a mask."""


class Predictions(Protocol):
    """Hands out predicted masks by their case."""

    def read(self, case_id: str) -> Mask:
        """Read a predicted mask at the image's own size."""


@dataclass(frozen=True)
class Panels:
    """What a row shows, all of one height and width.

    Attributes:
        picture: Grey values in 0..1.
        truth: Mask that a person drew.
        prediction: Mask that the network drew.
    """

    picture: Float32
    truth: Mask
    prediction: Mask


@dataclass(frozen=True)
class Example:
    """A slice that is worth looking at.

    Attributes:
        case_id: The slice.
        label: What is written beside it.
    """

    case_id: str
    label: str


def panel_reader(cases: pd.DataFrame, images: Images, predictions: Predictions, lead_channel: int) -> Callable[[str], Panels]:
    """Make a function that reads what is drawn of a case, so that only the chosen cases are read.

    Args:
        cases: The table of cases, with the keys of image and mask.
        images: Where images and masks lie.
        predictions: Where predicted masks lie.
        lead_channel: Channel of the image to show.
    """
    keys = {str(case): (str(image), str(mask)) for case, image, mask in zip(cases["case_id"], cases["image"], cases["mask"], strict=True)}

    def read(case_id: str) -> Panels:
        image, mask = keys[case_id]
        prediction = predictions.read(case_id)
        truth = images.read_mask(mask) if mask else prediction & False
        return Panels(grey(images.read(image), lead_channel), truth, prediction)

    return read


def draw_patients(scores: pd.DataFrame, split: str, read: Callable[[str], Panels]) -> Figure:
    """Draw the best, the median and the worst patient, each by the slice with the largest truth.

    Args:
        scores: Rows of `case_scores` of one split.
        split: Its name.
        read: Reads what is drawn of a case.
    """
    examples = choose_patients(scores)
    if not examples:
        return notice("Predictions beside the truth", f"No {split} patient has a tumour, so none is best, median or worst.")
    ranks = {1: "One", 2: "Best and worst", 3: "Best, median and worst"}[len(examples)]
    title = f"{ranks} of the {split} patients with tumour (n = {len(patient_scores(scores))}), by volume Dice"
    return _rows(title, examples, read)


def draw_false_alarms(scores: pd.DataFrame, split: str, read: Callable[[str], Panels]) -> Figure:
    """Draw the largest false alarms on tumour-free slices, and say how many there are.

    Args:
        scores: Rows of `case_scores` of one split.
        split: Its name.
        read: Reads what is drawn of a case.
    """
    empty = scores[scores["tp"] + scores["fn"] == 0]
    alarms = empty[empty["fp"] > 0].sort_values(["fp", "case_id"], ascending=[False, True])
    title = f"False alarms on tumour-free slices of the {split} split: {len(alarms):,} of n = {len(empty):,}"
    if alarms.empty:
        nothing = f"Nothing was predicted on any of the {len(empty):,} tumour-free slices."
        return notice(title, nothing if len(empty) else f"The {split} split has no tumour-free slice.")
    examples = [_false_alarm(row, _has_volumes(scores)) for _, row in alarms.head(FALSE_ALARMS_SHOWN).iterrows()]
    shown = f", the largest {len(examples)} shown" if len(alarms) > len(examples) else ""
    return _rows(title + shown, examples, read)


def choose_patients(scores: pd.DataFrame) -> list[Example]:
    """Pick the best, the median and the worst patient by volume Dice, each by the slice with the largest truth.

    Of an even number of patients the worse of the middle two is the median; of two patients there is only best and worst.

    Args:
        scores: Rows of `case_scores` of one split.
    """
    ranked = patient_scores(scores).sort_values(["dice", "patient"], ascending=[False, True], ignore_index=True)
    names = {0: (), 1: ("only",), 2: ("best", "worst")}.get(len(ranked), ("best", "median", "worst"))
    places = (0, len(ranked) // 2, len(ranked) - 1) if len(names) == 3 else range(len(ranked))
    return [_patient_example(scores, ranked.iloc[place], name) for place, name in zip(places, names, strict=True)]


def _patient_example(scores: pd.DataFrame, patient: pd.Series, rank: str) -> Example:
    slices = scores[scores["patient"].astype(str) == patient["patient"]]
    largest = slices.loc[(slices["tp"] + slices["fn"]).idxmax()]
    of_slice = dice(largest["tp"], largest["fp"], largest["fn"])
    told = f"volume Dice {patient['dice']:.2f}\nslice {largest['slice']}: Dice {of_slice:.2f}"
    return Example(str(largest["case_id"]), "\n".join((rank, patient["patient"], told if _has_volumes(scores) else f"Dice {of_slice:.2f}")))


def _false_alarm(row: pd.Series, of_volume: bool) -> Example:
    place = f"\nslice {row['slice']}" if of_volume else ""
    return Example(str(row["case_id"]), f"{row['patient']}{place}\n{row['fp']:,} false pixels")


def _has_volumes(scores: pd.DataFrame) -> bool:
    # A picture of its own is no slice.
    return bool(scores["patient"].duplicated().any())


def _rows(title: str, examples: Sequence[Example], read: Callable[[str], Panels]) -> Figure:
    figure, axes = panel_grid(len(examples), len(_COLUMNS), title, margin=1.9)
    for panel, name in zip(axes[0], _COLUMNS, strict=True):
        panel.set_title(name, fontsize=10)
    for row, example in zip(axes, examples, strict=True):
        panels = read(example.case_id)
        label_row(row[0], example.label)
        show_grey(row[0], panels.picture)
        show_mask(row[1], panels.truth, TRUTH)
        show_mask(row[2], panels.prediction, PREDICTION)
        show_mask_on(row[3], panels.picture, panels.truth, TRUTH)
        show_mask_on(row[4], panels.picture, panels.prediction, PREDICTION)
    return figure
