"""The facts of all cases as one table: what the layout tells of each, beside what its inspection found."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

import pandas as pd

from tumourflow.cohorts.by_name import FilesByName
from tumourflow.cohorts.case import CaseFiles, CohortIndex
from tumourflow.curation.defects import find_empty_files
from tumourflow.curation.facts import Facts
from tumourflow.curation.families import name_families
from tumourflow.curation.names import show_file
from tumourflow.errors import UserError

Record = TypeVar("Record")

_DESCRIBED = [
    *("case_id", "patient", "site", "slice", "label"),
    *("family", "official_fold", "pixel_height", "pixel_width", "masks"),
]


def tabulate_facts(facts: Iterable[Facts], without: Collection[str] = ()) -> pd.DataFrame:
    """Make the table of inspections, one row a case.

    Args:
        facts: Of each case, all with the same names.
        without: Names that get no column.
    """
    return _concatenate(facts, lambda batch: {name: [each[name] for each in batch] for name in batch[0] if name not in without})


def name_cases(index: CohortIndex) -> Mapping[str, CaseFiles]:
    """Give the cases of a cohort by their ids.

    Args:
        index: The cohort.

    Returns:
        Their files by case id.

    Raises:
        UserError: Where there is no case, or two have one id.
    """
    if not index.cases:
        told = [f"{show_file(each.file, index.persons)}: {each.evidence}" for each in index.rejected[:3]]
        reasons = "; ".join(told) or "no file is an image of the layout"
        msg = f"No case is left: nothing in {index.root} can be used ({reasons}). Mend the files or choose another `ingestion.reader`."
        raise UserError(msg)
    by_id = FilesByName(index.cases)
    seen: set[str] = set()
    for case in index.cases if len(by_id) < len(index.cases) else ():
        if case.case_id in seen:
            first, second = (show_file(image, index.persons) for image in (by_id[case.case_id].image, case.image))
            msg = f"Two images would be the case `{case.case_id}`: `{first}` and `{second}` in {index.root}. Rename one."
            raise UserError(msg)
        seen.add(case.case_id)
    return by_id


def describe_cases(index: CohortIndex, by_id: Mapping[str, CaseFiles], inspections: pd.DataFrame, off: Collection[str]) -> pd.DataFrame:
    """Put what the layout tells of each case beside what its inspection found.

    Args:
        index: The cohort.
        by_id: What `name_cases` gave.
        inspections: What `tabulate_facts` gave, of the same cases.
        off: Rules that are switched off: without `id_family` no patient has relatives.

    Returns:
        One row a case, in the order of the index: what `Case` tells (`family`, a patient's own id where it has no relatives; the number of
        `masks`), the facts, `ordered` (whether the patient has several slices), and `empty` (which of its files holds nothing).
    """
    rows = (
        (case.case_id, case.patient, case.site, case.slice, case.label)
        + (case.family, case.official_fold)
        + (case.spacing or (math.nan, math.nan))
        + (len(case.masks),)
        for case in index.cases
    )
    described = _concatenate(rows, lambda batch: dict(zip(_DESCRIBED, zip(*batch, strict=True), strict=True)))
    described["family"] = _name_families(described, index, off)
    facts = _join_facts(described, inspections.reset_index(drop=True))
    facts["ordered"] = facts.groupby("patient")["slice"].transform("nunique") > 1
    failed = facts.loc[(facts["image_error"] != "") | (facts["mask_error"] != ""), "case_id"]
    empty = find_empty_files(index.root, [by_id[case_id] for case_id in failed], index.persons)
    return facts.assign(empty=[empty.get(case_id, "") for case_id in facts["case_id"]])


def _concatenate(records: Iterable[Record], arrange: Callable[[list[Record]], dict[str, Any]]) -> pd.DataFrame:
    # A table takes a fraction of the memory of the records that it is made of.
    remaining = iter(records)
    tables = [pd.DataFrame(arrange(batch)) for batch in iter(lambda: list(islice(remaining, 1_000)), [])]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _name_families(described: pd.DataFrame, index: CohortIndex, off: Collection[str]) -> pd.Series[str]:
    patient, known = described["patient"], described["family"]
    if "id_family" in off:
        # What the cohorts of a union have joined are copies, too, and near-copies, which nobody finds again between patients.
        return patient.map(dict(index.groups)) if index.groups else patient
    if (known == "").all():
        related = name_families(patient.unique()) if index.has_patients else {}
        return patient.map(related).fillna(patient) if related else patient
    return known.mask(known == "", patient)


def _join_facts(described: pd.DataFrame, inspections: pd.DataFrame) -> pd.DataFrame:
    if described["case_id"].equals(inspections["case_id"]):
        # Row beside row, as inspections come: nothing is copied.
        return pd.concat([described, inspections.drop(columns="case_id")], axis="columns")
    return described.merge(inspections, on="case_id", validate="one_to_one")
