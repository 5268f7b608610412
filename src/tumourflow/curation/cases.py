"""Facts and index become the table of cases that every later room starts from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from tumourflow.cohorts.case import CaseFiles, CohortIndex
from tumourflow.cohorts.shown import COLUMNS as WINDOW_COLUMNS
from tumourflow.cohorts.shown import SEQUENCES, note_sequences, note_window
from tumourflow.curation.bonds import report_bonds, resolve_bonds
from tumourflow.curation.case_facts import describe_cases, name_cases
from tumourflow.curation.decisions import conceal_decisions, overrule, report_decisions, resolve_decisions
from tumourflow.curation.defects import find_defects, measure_brightness, measure_lead_brightness
from tumourflow.curation.duplicates import Search, find_duplicates
from tumourflow.curation.findings import Finding, leave_out, report_case, require_ruled
from tumourflow.curation.groups import group_patients
from tumourflow.curation.kinship import join_families, pair_joined, require_copies, separate
from tumourflow.curation.ledger import account_for_files, count_findings, report_caseless, write_ledger
from tumourflow.curation.mask_values import require_one_meaning
from tumourflow.curation.relations import find_conflicts, find_copies, find_families, find_near_copies, pair_duplicates
from tumourflow.curation.remarks import find_remarks
from tumourflow.curation.summary import Summary, require_enough, require_lead_channel, require_lesion, summarise
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
    "tumour_row",
    "tumour_column",
    "mean",
    "blank",
    "family",
    "group",
    "apart",
    "official_fold",
    "pixel_height",
    "pixel_width",
    *WINDOW_COLUMNS,
    SEQUENCES,
]

_JUDGED = [
    *("image_error", "mask_error", "empty", "too_large", "finite", "float_range"),
    *("mask_values", "mask_height", "mask_width", "mask_low", "mask_high", "mask_colours", "labels", "dtype"),
]
"""Facts that say whether a case can be used; once that is known nobody looks at them."""


@dataclass(frozen=True)
class Curated:
    """A cohort after curation.

    Attributes:
        cases: One row a usable case, sorted by patient and slice: `case_id, patient, site, slice, label, image, mask` (content keys, mask
            empty where the cohort has none), `height, width, channels, tumour_pixels, tumour_row, tumour_column` (centre of the tumour as
            shares of height and width, NaN where there is none), `mean` grey value, `blank` (constant or near-black), `family` (patients
            that are probably one person), `group` (what a split may not tear apart), `apart` (whether a person keeps the image apart from
            its copies), `official_fold` (-1 where there is none), `pixel_height, pixel_width` (millimetres, NaN where unknown), and as
            `note_window` and `note_sequences` give them, the same in all rows, `window, window_low, window_high, bits, sequences`.
        ledger: `case_id, file, finding, action, evidence, rule`.
        findings: The ledger summed up: `finding, action, rows, files, cases, rule, example`.
        pairs: Images that are copies or nearly so: `first, second, correlation, exact, same_label`.
        summary: `found, images, masks, metadata, excluded` files, `excluded_fraction` of them, `excluded_cases`, number of `cases`,
            `patients` and `groups`, and the number of rows under each finding that occurs.
    """

    cases: pd.DataFrame
    ledger: pd.DataFrame
    findings: pd.DataFrame
    pairs: pd.DataFrame
    summary: Summary


def curate(
    index: CohortIndex,
    inspections: pd.DataFrame,
    ingestion: IngestionOptions,
    curation: CurationOptions,
    search: Search = find_duplicates,
) -> Curated:
    """Decide which cases can be used, find out which belong together, and account for every file.

    Args:
        index: The cohort.
        inspections: Facts of all its cases, as `inspect_case` gives them; `thumbnail` only where `search` looks at it.
        ingestion: `near_black`, `lesion_values`, `lead_channel` and `channels` are used.
        curation: The rules that are switched off, decisions of people, and how much may be left out.
        search: Finds the images that are alike, as `find_duplicates` does.

    Returns:
        Cases, ledger, pairs of copies, and summary.

    Raises:
        UserError: If a file is neither used nor in the ledger, one that cannot be used may not be left out, two cases have one name, a
            decision cannot be followed, more files or cases are excluded than tolerated, no case is left, no mask has a
            lesion's value, masks disagree on which is one, or there is no lead channel.
    """
    by_id = name_cases(index)
    require_lesion(inspections, ingestion)
    decided_upon = conceal_decisions(curation.decisions, index.persons)
    decisions, bonds = resolve_decisions(index, decided_upon), resolve_bonds(index, decided_upon)
    facts = separate(describe_cases(index, by_id, inspections, curation.silent), bonds)
    require_one_meaning(facts, {name for name, decision in decisions.cases.items() if decision.action == "excluded"})
    findings = [*report_decisions(by_id, decisions), *report_bonds(by_id, bonds), *overrule(report_caseless(index), decisions)]
    findings += overrule(_find_unusable(by_id, facts, curation.silent), decisions)
    require_ruled(findings, curation.strict, index.persons)
    sound = _add_brightness(_leave_out(facts.drop(columns=_JUDGED), findings), ingestion)
    del facts  # of a large cohort the largest table, and not needed any more
    findings += leave_out(find_remarks(by_id, sound, ingestion, index.persons), curation.silent)
    pairs = pair_duplicates(sound, index.has_patients, curation.near_duplicate, curation.silent, search)
    require_copies(bonds, pairs, sound)
    findings += leave_out(overrule(find_conflicts(by_id, sound), decisions), curation.silent)
    usable = _leave_out(sound, findings)
    decided = pair_joined(bonds, usable["case_id"])
    joined = _join_pairs(usable, pairs, index, decided)
    findings += leave_out(_find_relations(by_id, usable, pairs, joined), curation.silent)
    files = account_for_files(index, set(usable["case_id"]), findings)
    cases = _tabulate(usable, joined, decided, curation.silent, index)
    ledger = write_ledger(findings, index.persons)
    summary = summarise(index, cases, ledger, files)
    require_enough(index, cases, ledger, summary, curation.max_excluded_fraction)
    require_lead_channel(cases, ingestion)
    return Curated(cases, ledger, count_findings(ledger), pairs, summary)


def _find_unusable(by_id: Mapping[str, CaseFiles], facts: pd.DataFrame, off: Collection[str]) -> Iterable[Finding]:
    defects = find_defects(facts, off)
    for case_id, finding, evidence in zip(facts["case_id"], defects["finding"], defects["evidence"], strict=True):
        if finding:
            yield report_case(by_id[case_id], finding, evidence, "excluded")


def _find_relations(by_id: Mapping[str, CaseFiles], usable: pd.DataFrame, pairs: pd.DataFrame, joined: pd.DataFrame) -> Iterable[Finding]:
    yield from find_copies(by_id, usable)
    yield from find_near_copies(by_id, usable, pairs, joined)
    yield from find_families(by_id, usable)


def _leave_out(facts: pd.DataFrame, findings: Iterable[Finding]) -> pd.DataFrame:
    excluded = facts["case_id"].isin({finding.subject for finding in findings if finding.action == "excluded"})
    return facts[~excluded] if excluded.any() else facts


def _add_brightness(sound: pd.DataFrame, ingestion: IngestionOptions) -> pd.DataFrame:
    brightness = measure_brightness(sound)
    blank = sound["constant"].astype(bool) | (brightness < ingestion.near_black)
    # Where nobody names them, channels may be those of colours.
    lead = measure_lead_brightness(sound, ingestion.lead_channel) if len(ingestion.channels) > 1 else float("nan")
    return sound.drop(columns="channel_maxima").assign(brightness=brightness, lead_brightness=lead, blank=blank)


def _join_pairs(usable: pd.DataFrame, pairs: pd.DataFrame, index: CohortIndex, decided: pd.DataFrame) -> pd.DataFrame:
    # With patients, near-duplicates across them are reported and no more; a person may know that two images only look alike.
    near = pairs[~pairs["exact"].astype(bool)]
    if index.has_patients:
        near = near[near["first"].isin(index.nameless) | near["second"].isin(index.nameless)]
    if len(near):
        free = set(usable.loc[~usable["apart"], "case_id"])
        near = near[near["first"].isin(free) & near["second"].isin(free)]
    return pd.concat([near, decided[~decided["patients"]]], ignore_index=True) if len(decided) else near


def _tabulate(usable: pd.DataFrame, joined: pd.DataFrame, decided: pd.DataFrame, off: Collection[str], index: CohortIndex) -> pd.DataFrame:
    table = usable.rename(columns={"image_key": "image", "mask_key": "mask"})
    table = table.assign(**note_window(index.window), **note_sequences(index.window))
    table["family"] = join_families(table, decided[decided["patients"]])
    table["group"] = table["patient"].map(group_patients(table, joined, "exact_duplicate" not in off))
    return table[COLUMNS].sort_values(["patient", "slice", "case_id"], ignore_index=True)
