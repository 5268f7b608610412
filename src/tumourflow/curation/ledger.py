"""The ledger: a row for each file left out, and for each unusual one that stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

import pandas as pd

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.listing import list_names
from tumourflow.cohorts.packing import name_files
from tumourflow.curation.findings import RULES, Finding
from tumourflow.curation.names import show_name
from tumourflow.errors import UserError

COLUMNS = ["case_id", "file", "finding", "action", "evidence", "rule"]


def report_caseless(index: CohortIndex) -> Iterator[Finding]:
    """Make the findings about files that belong to no case.

    Args:
        index: The cohort.

    Yields:
        One finding a file.

    Raises:
        ValueError: If a reader names a rule that there is not.
    """
    groups = {"orphan_image": index.orphan_images, "orphan_mask": index.orphan_masks, "stray": index.strays}
    evidence = {"orphan_image": "no mask for it", "orphan_mask": "no image for it", "stray": "the layout does not know it"}
    for finding, files in groups.items():
        for file in files:
            yield Finding("", (file,), finding, evidence[finding], "excluded")
    for rejected in index.rejected:
        if rejected.finding not in RULES:
            msg = f"`finding` must be one of {', '.join(RULES)}. Received: finding={rejected.finding!r}."
            raise ValueError(msg)
        yield Finding("", (rejected.file,), rejected.finding, rejected.evidence, "excluded")


def write_ledger(findings: Iterable[Finding]) -> pd.DataFrame:
    """Write down what is remarkable about the files of a cohort.

    Args:
        findings: An excluded case gives a row for its image and for each of its masks, every other finding a row for one file.

    Returns:
        `case_id, file, finding, action, evidence, rule`, sorted by file, case and finding. `file` is relative to the cohort's root. A
        finding about a patient or a family has its name for a `case_id` and its first image for a `file`. Names with line ends or other
        control characters are written with escapes.
    """
    rows = [
        (show_name(subject), show_name(file.as_posix()), finding, action, show_name(evidence), RULES[finding].sentence)
        for subject, files, finding, evidence, action in findings
        for file in files
    ]
    rows.sort(key=lambda row: (row[1], row[0], row[2]))
    return pd.DataFrame(rows, columns=pd.Index(COLUMNS), dtype=str)


def count_findings(ledger: pd.DataFrame) -> pd.DataFrame:
    """Sum a ledger up.

    Args:
        ledger: As `write_ledger` made it.

    Returns:
        One row a finding and action, the most frequent first: `finding, action, rows, files, cases, rule, example`.

    Example:
        >>> rows = [("a", "a.png", "marks", "kept", "text", "r"), ("b", "b.png", "marks", "kept", "text", "r")]
        >>> count_findings(pd.DataFrame(rows, columns=COLUMNS)).astype(str).iloc[0].tolist()
        ['marks', 'kept', '2', '2', '2', 'r', 'a: text']
    """
    named = ledger["case_id"] != ""
    # Names of files may be names of people: they stand in the ledger, and nowhere else.
    example = (ledger["case_id"] + ": ").where(named, "") + ledger["evidence"]
    table = ledger.assign(example=example, case=ledger["case_id"].where(named))
    groups = table.groupby(["finding", "action"], sort=True)
    counts = groups.agg(
        rows=("file", "size"), files=("file", "nunique"), cases=("case", "nunique"), rule=("rule", "first"), example=("example", "first")
    )
    return counts.reset_index().sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def account_for_files(index: CohortIndex, kept: AbstractSet[str], findings: Iterable[Finding]) -> dict[str, int]:
    """Show that no file of the cohort was lost: `found = images + masks + metadata + excluded`.

    A file of several cases counts once, as what the first of these makes it: image, mask, or excluded where no case that goes on needs it.

    Args:
        index: The cohort.
        kept: Ids of the cases that go on.
        findings: All findings.

    Returns:
        The five numbers under these names. `found` is counted anew on the disk.

    Raises:
        UserError: If the sum is not what lies on the disk, naming a file that makes the difference.
    """
    found = list_names(index.root) if index.files is None else [str(file) for file in index.files if (index.root / file).exists()]
    images: set[str] = set()
    masks: set[str] = set()
    for case_id, image, *of_case in name_files(index.cases):
        if case_id in kept:
            images.add(image)
            masks.update(of_case)
    masks -= images
    # A table may name files that are not there: they have a row, but nothing of them lies on the disk.
    absent = {str(each.file) for each in index.rejected}.difference(found)
    excluded = {str(file) for each in findings if each.action == "excluded" for file in each.files} - images - masks - absent
    kinds = {"images": images, "masks": masks, "metadata": {str(file) for file in index.metadata}, "excluded": excluded}
    counts = {"found": len(found)} | {kind: len(files) for kind, files in kinds.items()}
    _require_sum(index.root, found, kinds, counts)
    return counts


def _require_sum(root: Path, found: list[str], kinds: Mapping[str, set[str]], counts: Mapping[str, int]) -> None:
    # No file lies on the disk twice, so where each has a kind and the numbers agree, none has two. Sets of all names would be large.
    if len(found) == sum(len(files) for files in kinds.values()) and all(any(name in files for files in kinds.values()) for name in found):
        return
    first = next(iter(sorted(set(found) ^ set().union(*kinds.values()))), "a file that is counted twice")
    total = " + ".join(f"{counts[kind]} {kind}" for kind in kinds)
    msg = f"{len(found)} files lie in {root}, but {total} were accounted for; the first difference is {show_name(first)}."
    msg += " Were files added or removed meanwhile? Run again."
    raise UserError(msg)
