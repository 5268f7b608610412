"""Intruders as a router sees them: prepared as all images are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from tumourflow.cohorts.intruders.kinds import TEST_KINDS, VALIDATION_KINDS, Intruder, list_intruders
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.preparation import Preparation
from tumourflow.types import ArrayChunk

_SPLITS = {"validation": VALIDATION_KINDS, "test": TEST_KINDS}


def prepare_intruders(recipe: Preparation, each: int, seed: int, scheduler: str) -> Iterator[ArrayChunk]:
    """Draw and prepare pictures that show neither.

    Args:
        recipe: How images are prepared.
        each: How many of each kind.
        seed: Of what is drawn.
        scheduler: Where the drawing runs.

    Yields:
        `images` float16 `(1, size, size, channels)` with an index of `case_id, kind, split`: `validation` for those that refusal is chosen
        on, `test` for those that it is judged by.
    """
    drawn = [(split, intruder) for split, kinds in _SPLITS.items() for intruder in list_intruders(kinds, each, seed)]
    yield from map_parallel(partial(_prepare, recipe), drawn, scheduler)


def _prepare(recipe: Preparation, drawn: tuple[str, Intruder]) -> ArrayChunk:
    split, intruder = drawn
    images, _ = recipe.prepare([intruder.draw()])
    index = pd.DataFrame({"case_id": [intruder.name], "kind": [intruder.kind], "split": [split]})
    return ArrayChunk(index, {"images": images[0][None].astype(np.float16)})
