"""Which reader understands which layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.kaggle_3m import read_kaggle_3m
from tumourflow.cohorts.paired import read_paired
from tumourflow.cohorts.phantoms import ensure_phantoms
from tumourflow.options import IngestionOptions, PhantomOptions

READERS: Mapping[str, Callable[[Path, IngestionOptions], CohortIndex]] = {
    "kaggle_3m": read_kaggle_3m,
    "paired": read_paired,
    "phantoms": read_kaggle_3m,
}


def read_cohort(root: Path, options: IngestionOptions, phantoms: PhantomOptions) -> CohortIndex:
    """Sort every file below a folder into the cases, orphans, metadata and strays of its layout.

    Args:
        root: Folder of the cohort. The reader `phantoms` writes it when it is missing or empty and lies directly below `01_raw`, all at
            once or not at all.
        options: `reader` names the layout.
        phantoms: What a phantom cohort is written with, and must have been written with.

    Returns:
        The cohort; no pixel has been read.

    Raises:
        UserError: In one sentence, when the folder is missing, empty or of another layout, or holds phantoms of other options.
    """
    root = Path(root)
    if options.reader == "phantoms":
        ensure_phantoms(root, phantoms)
    return READERS[options.reader](root, options)
