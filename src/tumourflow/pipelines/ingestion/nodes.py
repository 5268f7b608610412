"""Index, inspect, curate, store, show."""

from __future__ import annotations

import logging
from functools import partial

import pandas as pd

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.folder import open_root
from tumourflow.cohorts.packing import pack_index
from tumourflow.cohorts.readers import read_cohort
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import curate
from tumourflow.curation.duplicates import find_duplicates
from tumourflow.curation.inspections import Fingerprints, are_certain, inspect_changed
from tumourflow.curation.names import refuse_names
from tumourflow.curation.storage import CohortImages, list_images
from tumourflow.curation.summary import Summary, doubt_patients
from tumourflow.curation.thumbnails import take_from_cache
from tumourflow.datasets import FactCache, ImageStore
from tumourflow.figures.cohort import choose_samples, draw_overview, draw_samples
from tumourflow.figures.duplicates import choose_pairs, draw_pairs
from tumourflow.figures.picture import render
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions

logger = logging.getLogger(__name__)


def index_cohort(raw_root: str, ingestion: IngestionOptions, phantoms: PhantomOptions, inspection_cache: FactCache) -> CohortIndex:
    """Sort the files of `raw_root` into cases, metadata and what fits nowhere.

    Args:
        raw_root: Folder of the cohort, or its URL in an object store.
        ingestion: Which layout it has.
        phantoms: What is written there when it is the embedded cohort and absent.
        inspection_cache: Headers that earlier runs read; what this run reads is added.

    Returns:
        The index; no pixel is read.
    """
    return pack_index(refuse_names(read_cohort(open_root(raw_root), ingestion, phantoms, inspection_cache)))


def inspect_cases(cohort_index: CohortIndex, ingestion: IngestionOptions, inspection_cache: FactCache, scheduler: str) -> pd.DataFrame:
    """Read every case that is new or has changed, and note what is in it.

    Args:
        cohort_index: The cohort.
        ingestion: How its files are read.
        inspection_cache: What earlier runs noted; what this run notes is added.
        scheduler: Where the reading runs.

    Returns:
        One row of facts a case; thumbnails stay in the cache.
    """
    fingerprints = Fingerprints(cohort_index, ingestion)
    inspected = inspect_changed(cohort_index, fingerprints, inspection_cache, scheduler)
    tabulate = partial(tabulate_facts, inspected, without={"thumbnail"})
    return inspection_cache.recall("inspections", [fingerprints.sum_up()], tabulate, are_certain)


def curate_cases(
    cohort_index: CohortIndex,
    inspections: pd.DataFrame,
    ingestion: IngestionOptions,
    curation: CurationOptions,
    inspection_cache: FactCache,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, Summary]:
    """Keep the cases that can be used, say which belong together, and account for every other file.

    Args:
        cohort_index: The cohort.
        inspections: Facts of its cases.
        ingestion: What counts as near-black.
        curation: Which rules fire, what people decided, how much may be left out.
        inspection_cache: Has the thumbnails, and remembers which images are alike.

    Returns:
        Table of cases, ledger, the ledger summed up by finding, pairs of copies, summary.
    """
    read = take_from_cache(cohort_index, ingestion, inspection_cache)

    def find(facts: pd.DataFrame, near_duplicate: float, across: bool) -> pd.DataFrame:
        renew = partial(inspection_cache.renew, "near_copies", [near_duplicate, across])
        return find_duplicates(facts, near_duplicate, across, read, renew)

    curated = curate(
        cohort_index, inspections, ingestion, curation, lambda *asked: inspection_cache.recall("duplicates", asked, lambda: find(*asked))
    )
    summary = curated.summary
    logger.info(
        "%d cases of %d patients in %d groups; %d of %d files excluded, each with a row in the ledger.",
        *(summary[name] for name in ("cases", "patients", "groups", "excluded", "found")),
    )
    if doubt := doubt_patients(cohort_index, curated.cases, int(summary.get("near_duplicate", 0))):
        logger.warning("%s", doubt)
    return curated.cases, curated.ledger, curated.findings, curated.pairs, summary


def store_images(cohort_index: CohortIndex, cases: pd.DataFrame, scheduler: str) -> CohortImages:
    """Offer the canonical pixels of all cases under their content keys.

    Args:
        cohort_index: The cohort.
        cases: The table of cases.
        scheduler: Where decoding and encoding run.

    Returns:
        Images and masks, none read yet: the store asks for those that it has not got.
    """
    return list_images(cohort_index, cases, scheduler)


def draw_cohort_overview(cases: pd.DataFrame, inspection_cache: FactCache) -> bytes:
    """Draw what the cohort is made of: classes, sites, tumour areas and positions, volumes, brightness, sizes."""
    return inspection_cache.recall("cohort_overview", [cases], lambda: render(draw_overview(cases)))


def draw_cohort_samples(images: ImageStore, cases: pd.DataFrame, ingestion: IngestionOptions, inspection_cache: FactCache) -> bytes:
    """Draw tumours from the smallest to the largest: image, mask, mask on the image; or images of each class."""
    chosen, channel = choose_samples(cases), ingestion.lead_channel
    keys = zip(chosen["image"], chosen["mask"], strict=True)
    pictures = ((images.read(image), images.read_mask(mask) if mask else None) for image, mask in keys)
    return inspection_cache.recall("cohort_samples", [chosen, channel], lambda: render(draw_samples(chosen, list(pictures), channel)))


def draw_duplicate_pairs(
    images: ImageStore, cases: pd.DataFrame, duplicate_pairs: pd.DataFrame, ingestion: IngestionOptions, inspection_cache: FactCache
) -> bytes:
    """Draw copies and near-copies side by side, the least alike first."""
    chosen, found, channel = choose_pairs(duplicate_pairs, cases), len(duplicate_pairs), ingestion.lead_channel
    draw = partial(draw_pairs, chosen, found, images.read, channel)
    return inspection_cache.recall("duplicate_sheet", [chosen, found, channel], lambda: render(draw()))
