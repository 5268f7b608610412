"""Nodes of the comparison room: tracked runs in, a table and figures out."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from tumourflow.datasets import TrackedRun, TrackedRuns
from tumourflow.errors import UserError
from tumourflow.figures import comparison_overview
from tumourflow.figures.banner import mark_leaky
from tumourflow.figures.comparison import choose_disagreements, draw_disagreements
from tumourflow.figures.overlays import Images, panel_reader
from tumourflow.measures.comparison import compare_shared, compared_runs, tabulate_comparison
from tumourflow.measures.disagreement import patient_dice, rank_patients, rank_slices
from tumourflow.measures.run_names import differing_settings, label_runs
from tumourflow.measures.shared_patients import Judged, require_shared, share_test_slices
from tumourflow.options import IngestionOptions
from tumourflow.options.base import split_at_plus
from tumourflow.types import Figure

logger = logging.getLogger(__name__)

Runs = Mapping[str, TrackedRun]

REFERRED = ("case_scores", "predicted_masks", "cases", "splits", "leakage_report")
"""What a comparison reads of each run."""


def find_runs(tracked_runs: TrackedRuns, runs: Any) -> dict[str, TrackedRun]:
    """Find the runs that are to be compared.

    Args:
        tracked_runs: All of the cohort.
        runs: Ids or names, or how they begin; a text is split at plus signs.

    Returns:
        Each under a short name of its own, in the order given.

    Raises:
        UserError: Where there are fewer than two, or where one of them is not to be had.
    """
    found = [tracked_runs.find(text) for text in split_at_plus(runs)] if runs else []
    named = Counter(run.run_id for run in found)
    twice = sorted({run.name for run in found if named[run.run_id] > 1})
    if len(found) < 2 or twice:
        why = f"names {', '.join(twice)} twice or more" if twice else f"names {len(found)}"
        msg = f"`runs` {why}, and a comparison takes two runs or more, each once: --params=runs=RUN_A+RUN_B, by id or name in MLflow."
        raise UserError(msg)
    return dict(zip(label_runs([(run.name, run.run_id) for run in found]), found, strict=True))


def compare_runs(compared: Runs) -> tuple[dict[str, Any], pd.DataFrame]:
    """Compare runs on the test patients that all of them have.

    Returns:
        What `compare_shared` gives, with the `settings` in which the runs differ and what it `refers_to`; the same as a table.

    Raises:
        UserError: Where the runs have no test patient in common.
    """
    judged = {name: _judge(run) for name, run in compared.items()}
    comparison = compare_shared(require_shared(share_test_slices(judged)), judged)
    for note in comparison["notes"]:
        logger.warning(note)
    settings = differing_settings({name: run.parameters for name, run in compared.items()})
    sources = {name: {"run_id": run.run_id, **{each: run.versions[each] for each in REFERRED}} for name, run in compared.items()}
    return comparison | {"settings": settings, "refers_to": sources}, tabulate_comparison(comparison)


def draw_comparison(compared: Runs, comparison: Mapping[str, Any], images: Images, options: IngestionOptions) -> tuple[Figure, Figure]:
    """Draw the figures of all runs, and the cases on which they differ most.

    Returns:
        The overview; image, truth and each run's mask of some slices. Both say so where the split of one of the runs leaks.
    """
    shared = share_test_slices({name: _judge(run) for name, run in compared.items()})
    overview = comparison_overview.draw_comparison(comparison, compared_runs(comparison), patient_dice(shared))
    slices = rank_slices(shared)
    readers = {
        name: panel_reader(run.read("cases"), images, run.read("predicted_masks"), options.lead_channel) for name, run in compared.items()
    }
    cases = draw_disagreements(choose_disagreements(rank_patients(shared), slices), slices, readers, shared.patients)
    return mark_leaky(overview, comparison), mark_leaky(cases, comparison)


def _judge(run: TrackedRun) -> Judged:
    leakage = run.read("leakage_report")
    return Judged(run.read("case_scores"), run.read("cases"), run.read("splits"), leakage["protocol"], leakage["leaky"])
