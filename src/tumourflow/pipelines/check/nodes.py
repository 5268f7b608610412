"""The first two rooms in short: nothing is converted, nothing stored."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.readers import read_cohort
from tumourflow.curation.cases import curate
from tumourflow.curation.check import CheckReport, describe_check, inspect_sample, report_check
from tumourflow.curation.leakage import inspect_leakage
from tumourflow.curation.proposal import propose_split
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions, SplittingOptions

logger = logging.getLogger(__name__)


def index_files(raw_root: str, ingestion: IngestionOptions, phantoms: PhantomOptions) -> CohortIndex:
    """Sort the files of `raw_root`; the embedded cohort is written if it is absent.

    Args:
        raw_root: Folder of the cohort.
        ingestion: Which layout it has.
        phantoms: What is written there when it is the embedded cohort and absent.

    Returns:
        The index.
    """
    return read_cohort(Path(raw_root), ingestion, phantoms)


def sample_cases(checked_index: CohortIndex, scheduler: str) -> pd.DataFrame:
    """Read the cases of a bounded sample, and the headers of all others.

    Args:
        checked_index: The cohort.
        scheduler: Where the reading runs.

    Returns:
        One row of facts a case.
    """
    return inspect_sample(checked_index, scheduler)


def check_cohort(
    checked_index: CohortIndex,
    sampled_inspections: pd.DataFrame,
    ingestion: IngestionOptions,
    curation: CurationOptions,
    splitting: SplittingOptions,
    seed: int,
    split_file: str | None,
    folds: int | None,
    fold: int,
) -> CheckReport:
    """Curate, split and try the gate as a run would, and say what came out.

    Args:
        checked_index: The cohort.
        sampled_inspections: Facts of its cases.
        ingestion: What counts as near-black.
        curation: How much may be left out.
        splitting: Shares of patients.
        seed: Of the split.
        split_file: A CSV file that imposes a split.
        folds: Number of folds.
        fold: Which of them is the test set.

    Returns:
        The report, whose lines are logged as well.
    """
    curated = curate(checked_index, sampled_inspections, ingestion, curation)
    splits = propose_split(curated.cases, splitting, seed, split_file, folds, fold)
    report = report_check(checked_index, sampled_inspections, curated, inspect_leakage(splits, curated.cases))
    for line in describe_check(report):
        logger.info("%s", line)
    return report
