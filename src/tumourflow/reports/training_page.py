"""The page of a training: what was learned from which patients, and how well it is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from tumourflow.curation.leakage import describe_leakage
from tumourflow.figures.lettering import count
from tumourflow.reports.drawings import embed_figures
from tumourflow.reports.measured import (
    Metrics,
    list_splits,
    name_untrained,
    tabulate_covered,
    tabulate_groups,
    tabulate_metrics,
    tell_headlines,
)
from tumourflow.reports.model_card import Bundle, list_parameters, tell_model, tell_use
from tumourflow.reports.page import render_page, write_time

PROTOCOLS: Mapping[str, str] = {
    "patient": "Whole patients were drawn: nobody who trained the network judges it.",
    "slice": "Slices were drawn one by one, so that slices of one patient train and judge.",
    "official": "The folds are those that the cohort was published with.",
    "all": "Every patient trained the network: nobody is left to judge it.",
}


def render_training(
    cohort: str,
    task: str,
    bundle: Bundle,
    metrics: Metrics,
    leakage_report: Mapping[str, Any],
    curation_summary: Mapping[str, Any],
    curation_findings: pd.DataFrame,
    figures: Mapping[str, bytes],
    *,
    groups: Metrics | None = None,
    made: datetime | None = None,
) -> str:
    """Render the report of a training as one page of HTML that needs nothing else.

    Args:
        cohort: Name of the cohort.
        task: `segmentation` or `classification`.
        bundle: What stands beside the model.
        metrics: `{split: {measure: {value, low, high, n, unit}}}`, with a `note` where there are none, and with `between_seeds`
            and `covered`.
        leakage_report: What the gate found.
        curation_summary: Numbers of files, cases and patients.
        curation_findings: `finding, action, rows, rule, example`, one row a finding.
        figures: PNG by their name in the catalog, in the order in which they are shown.
        groups: `{split: {grouping: {group: {measure: {...}}}}}`.
        made: When, now by default.

    Returns:
        The page; above all else it says so where the split leaks.
    """
    judging, tables = tabulate_groups(groups or {})
    return render_page(
        "training",
        title=f"{cohort}: {task}",
        cohort=cohort,
        task=task,
        made=write_time(made or datetime.now(UTC)),
        leaky=leakage_report["leaky"],
        verdict=describe_leakage(dict(leakage_report)),
        protocol=leakage_report["protocol"],
        explained=PROTOCOLS[leakage_report["protocol"]],
        sides=_list_sides(leakage_report),
        joined=len(leakage_report["joined_patients"]),
        headlines=tell_headlines(metrics),
        note=metrics.get("note", ""),
        splits=[split.replace("_", "-") for split in list_splits(metrics)],
        measures=tabulate_metrics(metrics),
        seeds="between_seeds" in metrics,
        covered=tabulate_covered(metrics),
        changed=metrics.get("covered", {}).get("changed", 0),
        curation=_tell_curation(curation_summary),
        findings=curation_findings.to_dict("records"),
        figures=embed_figures(figures),
        model=tell_model(bundle),
        use=tell_use(bundle, cohort),
        judging=judging,
        groups=tables,
        untrained=name_untrained(groups or {}, judging),
        parameters=list_parameters(bundle),
    )


def _list_sides(leakage: Mapping[str, Any]) -> list[tuple[str, int, int, int]]:
    return [(name, patients, leakage["cases"][name], leakage["tumour_cases"][name]) for name, patients in leakage["patients"].items()]


def _tell_curation(summary: Mapping[str, Any]) -> str:
    """Say what became of the files.

    Example:
        >>> _tell_curation({"found": 5, "images": 2, "masks": 2, "metadata": 0, "excluded": 1, "cases": 2, "patients": 1})
        '5 files: 2 images, 2 masks, 1 excluded. They are 2 cases of 1 patient.'
    """
    kinds = (("images", "images"), ("masks", "masks"), ("metadata", "with metadata"), ("excluded", "excluded"))
    files = ", ".join(f"{summary[name]:,} {told}" for name, told in kinds if summary[name]) or "none of use"
    cases, patients = count(summary["cases"], "case"), count(summary["patients"], "patient")
    return f"{count(summary['found'], 'file')}: {files}. They are {cases} of {patients}."
