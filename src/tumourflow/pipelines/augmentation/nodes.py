"""Nodes of the augmentation room."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.datasets import ArrayStore
from tumourflow.errors import UserError
from tumourflow.figures.banner import mark_leaky
from tumourflow.imaging.augmentation import augment, read_policy, record_policy
from tumourflow.imaging.intensity import to_bytes
from tumourflow.imaging.layout import neighbour_rows, stack_context
from tumourflow.imaging.model_input import labelled_rows
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import AugmentationOptions
from tumourflow.types import Figure, Pixels, Stream

SHEET_PATIENTS, SHEET_VARIANTS = 5, 6
SHEET, COPIES = 21, 22
"""Purposes that the random numbers of a seed are divided by; training has others."""


def describe_policy(preparation: Mapping[str, Any], options: AugmentationOptions) -> dict[str, Any]:
    """Record how training images are changed, and which channels they have.

    Args:
        preparation: What the preparation room decided.
        options: Ranges of change.

    Returns:
        The policy as a dictionary, as `read_policy` understands it.
    """
    return record_policy(options, Preparation.from_dict(preparation).layout)


def draw_augmentation_sheet(
    model_input: ArrayStore,
    preparation: Mapping[str, Any],
    augmentation_policy: Mapping[str, Any],
    seed: int,
    leakage_report: Mapping[str, Any],
) -> Figure:
    """Show what the policy does to slices of some training patients.

    Args:
        model_input: Prepared slices.
        preparation: What the preparation room decided.
        augmentation_policy: Ranges of change and layout.
        seed: Seed of everything random.
        leakage_report: The gate's report.

    Returns:
        The figure.

    Raises:
        UserError: Where no training image has a mask: the training that follows could not even begin.
    """
    from tumourflow.figures.augmentation_sheet import Variant, draw_variants
    from tumourflow.figures.examples import choose_rows

    options, layout = read_policy(augmentation_policy)
    training = _training_rows(model_input.index)
    if not training:
        found = int((model_input.index["split"] == "train").sum())
        msg = f"None of the {found} training images has a mask, and only masks teach where a tumour is: add masks, or tell classes apart "
        raise UserError(msg + "with kedro run --pipeline=classification.")
    rows = [training[place] for place in choose_rows(model_input.index.iloc[training], SHEET_PATIENTS)]
    neighbours = neighbour_rows(model_input.index, layout.context)
    shown = []
    for row in rows:
        image, mask = stack_context(model_input["images"], [row], neighbours, layout)[0], model_input["masks"][row]
        drawn = [augment(image, mask, options, layout, np.random.default_rng([seed, SHEET, row, n])) for n in range(SHEET_VARIANTS)]
        shown.append((str(model_input.index["case_id"].iloc[row]), [Variant(image, mask), *(Variant(*pair) for pair in drawn)]))
    window = Preparation.from_dict(preparation).picture_window
    return mark_leaky(draw_variants(shown, layout.sequences, layout.lead_channel, window), leakage_report)


def copy_augmented(
    model_input: ArrayStore, preparation: Mapping[str, Any], augmentation_policy: Mapping[str, Any], seed: int
) -> Stream[tuple[str, Pixels]]:
    """Make changed copies of the training slices, laid out as a paired cohort; none unless the policy asks for them.

    Args:
        model_input: Prepared slices.
        preparation: What the preparation room decided.
        augmentation_policy: Ranges of change, number of copies and layout.
        seed: Seed of everything random.

    Returns:
        `images/<patient>/<case>_<copy>_copy` and `masks/<patient>/<case>_<copy>_copy_mask` with their uint8 pixels, so that whoever reads
        them finds the patient, and no order of slices. Three sequences are stored as colours, of any other number the lead channel.
    """
    options, layout = read_policy(augmentation_policy)
    window = Preparation.from_dict(preparation).window
    shown = [0, 1, 2] if layout.sequences == 3 else [layout.lead_channel]

    def make_copies() -> Iterator[tuple[str, Pixels]]:
        neighbours = neighbour_rows(model_input.index, layout.context)
        for row in _training_rows(model_input.index) if options.copies else ():
            image = stack_context(model_input["images"], [row], neighbours, layout)[0]
            for copy in range(options.copies):
                rng = np.random.default_rng([seed, COPIES, row, copy])
                changed, mask = augment(image, model_input["masks"][row], options, layout, rng)
                patient, case_id = (str(model_input.index[column].iloc[row]) for column in ("patient", "case_id"))
                name = f"{patient}/{case_id.removeprefix(f'{patient}/')}_{copy}_copy"
                yield f"images/{name}", to_bytes(changed[:, :, shown], window)
                yield f"masks/{name}_mask", mask * np.uint8(255)

    return Stream(make_copies)


def _training_rows(index: pd.DataFrame) -> list[int]:
    return [int(row) for row in np.flatnonzero(labelled_rows(index, "train"))]
