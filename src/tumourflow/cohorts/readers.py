"""Which reader understands which layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from tumourflow.cohorts.busi import read_busi
from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.classes import read_classes
from tumourflow.cohorts.dicom import read_dicom
from tumourflow.cohorts.figshare import read_figshare
from tumourflow.cohorts.headers import HeaderMemory
from tumourflow.cohorts.kaggle_3m import read_kaggle_3m
from tumourflow.cohorts.loaders import adapt_case, is_adapting
from tumourflow.cohorts.manifest import read_manifest
from tumourflow.cohorts.nifti import read_nifti
from tumourflow.cohorts.packing import PackedCases
from tumourflow.cohorts.paired import read_paired
from tumourflow.cohorts.phantoms import ensure_phantoms
from tumourflow.cohorts.union import read_union
from tumourflow.options import IngestionOptions, PhantomOptions

READERS: Mapping[str, Callable[[Path, IngestionOptions], CohortIndex]] = {
    "busi": read_busi,
    "classes": read_classes,
    "dicom": read_dicom,
    "figshare": read_figshare,
    "kaggle_3m": read_kaggle_3m,
    "manifest": read_manifest,
    "nifti": read_nifti,
    "paired": read_paired,
    "phantoms": read_kaggle_3m,
    "union": read_union,
}
WITH_HEADERS: Mapping[str, Callable[[Path, IngestionOptions, HeaderMemory | None], CohortIndex]] = {
    "dicom": read_dicom,
    "figshare": read_figshare,
}
"""Readers that look into every file, and need not where it is as it was."""


def read_cohort(root: Path, options: IngestionOptions, phantoms: PhantomOptions, memory: HeaderMemory | None = None) -> CohortIndex:
    """Sort every file below a folder into the cases, orphans, metadata and strays of its layout.

    Args:
        root: Folder of the cohort. The reader `phantoms` writes it when it is missing or empty and lies directly below `01_raw`, all at
            once or not at all.
        options: `reader` names the layout; `grey` and `lesion_values` hold for all of them.
        phantoms: What a phantom cohort is written with, and must have been written with.
        memory: Headers that earlier runs have read.

    Returns:
        The cohort; no pixel has been read.

    Raises:
        UserError: In one sentence, when the folder is missing, empty or of another layout, or holds phantoms of other options.
    """
    if options.reader == "phantoms":
        ensure_phantoms(root, phantoms)
    remembering = WITH_HEADERS.get(options.reader)
    index = remembering(root, options, memory) if remembering else READERS[options.reader](root, options)
    if not is_adapting(options):
        return index
    adapted = (adapt_case(case, options) for case in index.cases)
    return replace(index, cases=PackedCases(adapted) if isinstance(index.cases, PackedCases) else tuple(adapted))
