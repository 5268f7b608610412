"""Would this cohort go through? An answer in seconds, without converting anything."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import Curated
from tumourflow.curation.facts import Facts
from tumourflow.curation.glance import glance_at_case
from tumourflow.curation.integrity import inspect_case
from tumourflow.curation.leakage import Report
from tumourflow.curation.summary import doubt_patients
from tumourflow.imaging.parallel import map_parallel

LIMIT = 1_200
"""Cases whose pixels are read; of the others only the headers."""

_LABELS = 12

CheckReport = dict[str, str | int | dict[str, int]]


def inspect_sample(index: CohortIndex, scheduler: str, limit: int = LIMIT) -> pd.DataFrame:
    """Inspect cases spread evenly over a cohort, and glance at the headers of the others.

    Args:
        index: The cohort.
        scheduler: As `map_parallel` takes it.
        limit: Largest number of cases whose pixels are read.

    Returns:
        Facts of all cases, as `inspect_case` gives them, and `decoded`: whether pixels were read.
    """
    count = len(index.cases)
    chosen = {position * count // limit for position in range(limit)} if count > limit else set(range(count))
    tasks = ((case, position in chosen) for position, case in enumerate(index.cases))
    return tabulate_facts(map_parallel(partial(_look_at, index), tasks, scheduler))


def report_check(index: CohortIndex, inspections: pd.DataFrame, curated: Curated, leakage: Report) -> CheckReport:
    """Sum up what a run would do with a cohort.

    Args:
        index: The cohort.
        inspections: As `inspect_sample` gives them.
        curated: What curation made of them.
        leakage: The gate's report on the proposed split.

    Returns:
        `verdict`, `root`, `patients`, `cases`, how many cases were `decoded` or only `glanced` at, `files` of each kind, `labels`,
        `findings`, `doubt` (whether slices may have been taken for patients, else empty), `split` (patients) and `split_cases`.
    """
    nothing_drawn = "" if (curated.cases["mask"] != "").any() else ", though not for segmentation: no image that was read has a mask"
    findings = curated.ledger["finding"].value_counts().sort_index()
    return {
        "labels": {str(name): int(count) for name, count in curated.cases["label"].value_counts().sort_index().items() if name},
        "verdict": f"would go through{nothing_drawn}" + (f" (LEAKY: {leakage['protocol']} protocol)" if leakage["leaky"] else ""),
        "root": str(index.root),
        "patients": int(curated.summary["patients"]),
        "cases": len(curated.cases),
        "decoded": int(inspections["decoded"].sum()),
        "glanced": int((~inspections["decoded"]).sum()),
        "files": {kind: int(curated.summary[kind]) for kind in ("found", "images", "masks", "metadata", "excluded")},
        "findings": {str(name): int(count) for name, count in findings.items()},
        "doubt": doubt_patients(index, curated.cases, int(findings.get("near_duplicate", 0))),
        "split": _numbers(leakage["patients"]),
        "split_cases": _numbers(leakage["cases"]),
    }


def describe_check(report: CheckReport) -> Iterator[str]:
    """Say a report of `report_check` in lines that a person reads.

    Yields:
        One line for the files, the cases, the findings, the split and the verdict, and for labels and a doubt where there are any.
    """
    files = _numbers(report["files"])
    split, cases = _numbers(report["split"]), _numbers(report["split_cases"])
    parts = ", ".join(f"{files[kind]} {kind}" for kind in ("images", "masks", "metadata", "excluded"))
    yield f"{report['root']}: {files['found']} files ({parts})."
    others = f", headers of {report['glanced']} more" if report["glanced"] else ""
    yield f"{report['cases']} cases of {report['patients']} patients; pixels of {report['decoded']} cases read{others}."
    if labels := _numbers(report["labels"]):
        shown = ", ".join(f"{count} {name}" for name, count in list(labels.items())[:_LABELS])
        yield f"Labels: {shown}{', ...' if len(labels) > _LABELS else ''}."
    yield "Findings: " + (", ".join(f"{count} {name}" for name, count in _numbers(report["findings"]).items()) or "none") + "."
    if report["doubt"]:
        yield str(report["doubt"])
    guess = " (a run may split otherwise, as it knows the tumours of all cases)" if report["glanced"] else ""
    yield "Split: " + ", ".join(f"{name} {split[name]} patients, {cases[name]} cases" for name in split) + f"{guess}."
    yield f"Verdict: this cohort {report['verdict']}."


def _look_at(index: CohortIndex, task: tuple[Case, bool]) -> Facts:
    case, decode = task
    facts = inspect_case(case) if decode else glance_at_case(case, index.root)
    return facts | {"decoded": decode}


def _numbers(value: object) -> dict[str, int]:
    return {str(name): int(number) for name, number in value.items()} if isinstance(value, dict) else {}
