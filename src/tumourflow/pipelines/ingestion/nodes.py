"""Index, inspect, curate, store, show."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.readers import read_cohort
from tumourflow.curation.cases import Summary, curate, tabulate_facts
from tumourflow.curation.integrity import inspect_case
from tumourflow.curation.storage import stream_pixels
from tumourflow.datasets import ImageStore
from tumourflow.figures.cohort import choose_samples, draw_overview, draw_samples
from tumourflow.imaging.parallel import map_parallel
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions
from tumourflow.types import Figure, Pixels, Stream

logger = logging.getLogger(__name__)


def index_cohort(raw_root: str, ingestion: IngestionOptions, phantoms: PhantomOptions) -> CohortIndex:
    """Sort the files of `raw_root` into cases, metadata and what fits nowhere.

    Args:
        raw_root: Folder of the cohort.
        ingestion: Which layout it has.
        phantoms: What is written there when it is the embedded cohort and absent.

    Returns:
        The index; no pixel is read.
    """
    return read_cohort(Path(raw_root), ingestion, phantoms)


def inspect_cases(cohort_index: CohortIndex, scheduler: str) -> pd.DataFrame:
    """Read every case once and note what is in it.

    Args:
        cohort_index: The cohort.
        scheduler: Where the reading runs.

    Returns:
        One row of facts a case.
    """
    return tabulate_facts(map_parallel(inspect_case, cohort_index.cases, scheduler))


def curate_cases(
    cohort_index: CohortIndex, inspections: pd.DataFrame, ingestion: IngestionOptions, curation: CurationOptions
) -> tuple[pd.DataFrame, pd.DataFrame, Summary]:
    """Keep the cases that can be used, and account for every other file.

    Args:
        cohort_index: The cohort.
        inspections: Facts of its cases.
        ingestion: What counts as near-black.
        curation: How much may be left out.

    Returns:
        Table of cases, ledger, summary.
    """
    curated = curate(cohort_index, inspections, ingestion, curation)
    summary = curated.summary
    logger.info(
        "%d cases of %d patients; %d of %d files excluded, each with a row in the ledger.",
        *(summary[name] for name in ("cases", "patients", "excluded", "found")),
    )
    return curated.cases, curated.ledger, summary


def store_images(cohort_index: CohortIndex, cases: pd.DataFrame, scheduler: str) -> Stream[tuple[str, Pixels]]:
    """Hand out the canonical pixels of all cases under their content keys.

    Args:
        cohort_index: The cohort.
        cases: The table of cases.
        scheduler: Where the decoding runs.

    Returns:
        A stream of `(key, pixels)`, images and masks.
    """
    return Stream(lambda: stream_pixels(cohort_index, cases, scheduler))


def draw_cohort_overview(cases: pd.DataFrame) -> Figure:
    """Draw classes, sites, tumour areas and volumes of the cohort."""
    return draw_overview(cases)


def draw_cohort_samples(images: ImageStore, cases: pd.DataFrame, ingestion: IngestionOptions) -> Figure:
    """Draw tumours from the smallest to the largest: image, mask, mask on the image."""
    chosen = choose_samples(cases)
    pictures = [(images.read(image), images.read_mask(mask)) for image, mask in zip(chosen["image"], chosen["mask"], strict=True)]
    return draw_samples(chosen, pictures, ingestion.lead_channel)
