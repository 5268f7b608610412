"""Which reader understands which layout."""

from __future__ import annotations

import logging
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
        root: Folder of the cohort. The reader `phantoms` writes it when it is missing or empty, all at once or not at all.
        options: `reader` names the layout.
        phantoms: Size of a phantom cohort that is written; one that exists is read as it is.

    Returns:
        The cohort; no pixel has been read.

    Raises:
        UserError: In one sentence, when the folder is missing, empty or of another layout.
    """
    root = Path(root)
    if options.reader == "phantoms" and not ensure_phantoms(root, phantoms):
        logging.getLogger(__name__).warning("%s was written with other options than `phantoms` has now, and is read as it is.", root)
    return READERS[options.reader](root, options)
