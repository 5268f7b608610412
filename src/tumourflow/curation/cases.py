"""Facts and index become the table of cases that every later room starts from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.curation.findings import find_defects, measure_brightness
from tumourflow.curation.groups import group_patients
from tumourflow.curation.integrity import Facts
from tumourflow.curation.ledger import account_for_files, write_ledger
from tumourflow.errors import UserError
from tumourflow.options import CurationOptions, IngestionOptions

COLUMNS = [
    "case_id",
    "patient",
    "site",
    "slice",
    "label",
    "image",
    "mask",
    "height",
    "width",
    "channels",
    "tumour_pixels",
    "blank",
    "family",
    "group",
    "official_fold",
    "pixel_height",
    "pixel_width",
]

_DESCRIBED = ["case_id", "patient", "site", "slice", "label", "family", "official_fold", "pixel_height", "pixel_width"]

Summary = dict[str, int | float]


@dataclass(frozen=True)
class Curated:
    """A cohort after curation.

    Attributes:
        cases: One row a usable case, sorted by patient and slice: `case_id, patient, site, slice, label, image, mask` (content keys, mask
            empty where the cohort has none), `height, width, channels, tumour_pixels, blank` (constant or near-black), `family`
            (patients that are probably one person), `group` (what a split may not tear apart), `official_fold` (-1 where there is none),
            `pixel_height, pixel_width` (millimetres, NaN where unknown).
        ledger: `case_id, file, finding, action, evidence, rule`.
        summary: `found, images, masks, metadata, excluded` files, `excluded_fraction`, number of `cases` and `patients`, and the number of
            files under each finding that occurs.
    """

    cases: pd.DataFrame
    ledger: pd.DataFrame
    summary: Summary


def tabulate_facts(facts: Iterable[Facts]) -> pd.DataFrame:
    """Make the table of inspections, one row a case."""
    return pd.DataFrame(list(facts))


def curate(index: CohortIndex, inspections: pd.DataFrame, ingestion: IngestionOptions, curation: CurationOptions) -> Curated:
    """Decide which cases can be used, and account for every file.

    Args:
        index: The cohort.
        inspections: Facts of all its cases, as `inspect_case` gives them.
        ingestion: `near_black` and `lead_channel` are used.
        curation: `max_excluded_fraction` is used.

    Returns:
        Cases, ledger and summary.

    Raises:
        UserError: If a file is neither used nor in the ledger, more files are excluded than tolerated, no case is left, or the images
            have no lead channel.
    """
    by_id = {case.case_id: case for case in index.cases}
    facts = _describe(index.cases).merge(inspections, on="case_id", validate="one_to_one")
    defects = find_defects(facts)
    sound = facts[defects["finding"] == ""]
    dark = _find_near_black(sound, ingestion.near_black)
    rows = pd.concat([facts[["case_id"]].join(defects[defects["finding"] != ""], how="inner"), dark])
    found = zip(rows["case_id"], rows["finding"], rows["evidence"], strict=True)
    ledger = write_ledger(index, [(by_id[case_id], finding, evidence) for case_id, finding, evidence in found])
    files = account_for_files(index, [by_id[case_id] for case_id in sound["case_id"]], ledger)
    cases = _tabulate(sound, set(dark["case_id"]))
    summary = _summarise(cases, ledger, files)
    _require_enough(index, cases, ledger, summary, curation)
    _require_lead_channel(cases, ingestion)
    return Curated(cases, ledger, summary)


def _describe(cases: Iterable[Case]) -> pd.DataFrame:
    rows = [
        (case.case_id, case.patient, case.site, case.slice, case.label, case.family or case.patient, case.official_fold)
        + (case.spacing or (math.nan, math.nan))
        for case in cases
    ]
    return pd.DataFrame(rows, columns=_DESCRIBED)


def _find_near_black(sound: pd.DataFrame, near_black: float) -> pd.DataFrame:
    shares = measure_brightness(sound)
    dark = shares[shares < near_black]
    evidence = [f"brightest pixel is {share:.3f} of the patient's" for share in dark]
    return pd.DataFrame({"case_id": sound.loc[dark.index, "case_id"], "finding": "near_black", "evidence": evidence})


def _tabulate(sound: pd.DataFrame, dark: set[str]) -> pd.DataFrame:
    table = sound.rename(columns={"image_key": "image", "mask_key": "mask"})
    table = table.assign(blank=table["constant"].astype(bool) | table["case_id"].isin(dark))
    table["group"] = table["patient"].map(group_patients(table))
    return table[COLUMNS].sort_values(["patient", "slice", "case_id"], ignore_index=True)


def _summarise(cases: pd.DataFrame, ledger: pd.DataFrame, files: dict[str, int]) -> Summary:
    findings = {str(name): int(count) for name, count in ledger["finding"].value_counts().sort_index().items()}
    fraction = files["excluded"] / max(files["found"], 1)
    return {**files, "excluded_fraction": fraction, "cases": len(cases), "patients": cases["patient"].nunique(), **findings}


def _require_enough(index: CohortIndex, cases: pd.DataFrame, ledger: pd.DataFrame, summary: Summary, curation: CurationOptions) -> None:
    limit = curation.max_excluded_fraction
    if summary["excluded_fraction"] <= limit and len(cases):
        return
    excluded = ledger[ledger["action"] == "excluded"]
    reasons = ", ".join(f"{count} {finding}" for finding, count in excluded["finding"].value_counts().items())
    first = "; ".join(f"{row.file}: {row.evidence}" for row in excluded.head(3).itertuples())
    what = f"{summary['excluded']} of the {summary['found']} files in {index.root} cannot be used ({reasons}; for example {first})"
    if not len(cases):
        msg = f"No case is left: {what}. Mend the files or choose another `ingestion.reader`."
    else:
        msg = f"{what}, more than `curation.max_excluded_fraction` = {limit:g} allows. Mend the files or raise that parameter."
    raise UserError(msg)


def _require_lead_channel(cases: pd.DataFrame, ingestion: IngestionOptions) -> None:
    channels = int(cases["channels"].max())
    # Headers alone do not count channels.
    if 0 < channels <= ingestion.lead_channel:
        choice = f"{channels} channels: choose 0 to {channels - 1}" if channels > 1 else "1 channel (grey): choose 0"
        msg = f"`ingestion.lead_channel` is {ingestion.lead_channel}, but the images have {choice}."
        raise UserError(msg)
