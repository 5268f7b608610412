"""The first two rooms in short, from the index on: nothing is converted, nothing stored."""

from __future__ import annotations

import logging

import pandas as pd

from tumourflow.cohorts.case import CohortIndex
from tumourflow.curation.cases import curate
from tumourflow.curation.check import CheckReport, describe_check, inspect_sample, report_check
from tumourflow.curation.leakage import inspect_leakage
from tumourflow.curation.proposal import propose_split
from tumourflow.options import CurationOptions, IngestionOptions, Protocol, SplittingOptions

logger = logging.getLogger(__name__)


def sample_cases(cohort_index: CohortIndex, scheduler: str) -> pd.DataFrame:
    """Read the cases of a bounded sample, and the headers of all others.

    Args:
        cohort_index: The cohort.
        scheduler: Where the reading runs.

    Returns:
        One row of facts a case.
    """
    return inspect_sample(cohort_index, scheduler)


def check_cohort(
    cohort_index: CohortIndex,
    sampled_inspections: pd.DataFrame,
    ingestion: IngestionOptions,
    curation: CurationOptions,
    splitting: SplittingOptions,
    seed: int,
    split_file: str | None,
    folds: int | None,
    fold: int,
    protocol: Protocol,
) -> CheckReport:
    """Curate, split and try the gate as a run would, and say what came out.

    Args:
        cohort_index: The cohort.
        sampled_inspections: Facts of its cases.
        ingestion: What counts as near-black.
        curation: How much may be left out.
        splitting: Shares of patients.
        seed: Of the split.
        split_file: A CSV file that imposes a split.
        folds: Number of folds.
        fold: Which of them is the test set.
        protocol: Whole patients, slices, published folds, or everybody trains.

    Returns:
        The report, whose lines are logged as well.
    """
    curated = curate(cohort_index, sampled_inspections, ingestion, curation)
    splits = propose_split(curated.cases, splitting, seed, split_file, folds, fold, protocol)
    report = report_check(cohort_index, sampled_inspections, curated, inspect_leakage(splits, curated.cases, protocol))
    for line in describe_check(report):
        logger.info("%s", line)
    return report
