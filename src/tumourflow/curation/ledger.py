"""The ledger: a row for each file left out, and for each unusual one that stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.listing import walk_names
from tumourflow.cohorts.packing import name_files
from tumourflow.curation.findings import RULES, Finding
from tumourflow.curation.names import show_file, show_name
from tumourflow.errors import UserError

COLUMNS = ["case_id", "file", "finding", "action", "evidence", "rule"]

_Hashes: TypeAlias = npt.NDArray[np.int64]


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
    evidence = {"orphan_image": "no mask for it", "orphan_mask": "no image for it"}
    for finding, files in groups.items():
        for file in files:
            yield Finding("", (file,), finding, evidence.get(finding) or _explain_stray(file), "excluded")
    for rejected in index.rejected:
        if rejected.finding not in RULES:
            msg = f"`finding` must be one of {', '.join(RULES)}. Received: finding={rejected.finding!r}."
            raise ValueError(msg)
        yield Finding("", (rejected.file,), rejected.finding, rejected.evidence, "excluded")


def write_ledger(findings: Iterable[Finding], persons: frozenset[str] = frozenset()) -> pd.DataFrame:
    """Write down what is remarkable about the files of a cohort.

    Args:
        findings: An excluded case gives a row for each of its files, every other finding a row for one file.
        persons: What tells patients in names of files, of which pseudonyms take the place.

    Returns:
        `case_id, file, finding, action, evidence, rule`, sorted by file, case and finding. `file` is relative to the cohort's root. A
        finding about a patient or a family has its name for a `case_id` and its first image for a `file`. Names with line ends or other
        control characters are written with escapes.
    """
    rows = [
        (show_name(subject), show_file(file, persons), finding, action, show_name(evidence), RULES[finding].sentence)
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


def account_for_files(index: CohortIndex, kept: AbstractSet[str], findings: Collection[Finding]) -> dict[str, int]:
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
    # As hashes: the names themselves, in sets, would be the largest thing in memory.
    found = _hash_names(_list_found(index))
    images, masks = (_hash_names(_list_used(index, kept, which)) for which in (0, 1))
    masks = np.setdiff1d(masks, images)
    # A table may name files that are not there: they have a row, but nothing of them lies on the disk.
    absent = np.setdiff1d(_hash_names(str(each.file) for each in index.rejected), found)
    excluded = np.setdiff1d(_hash_names(_list_excluded(findings)), np.concatenate([images, masks, absent]))
    kinds = {"images": images, "masks": masks, "metadata": _hash_names(map(str, index.metadata)), "excluded": excluded}
    counts = {"found": len(found)} | {kind: len(files) for kind, files in kinds.items()}
    _require_sum(index, found, kinds, counts, findings)
    return counts


def _list_found(index: CohortIndex) -> Iterator[str]:
    if index.files is None:
        return walk_names(index.root)
    return (str(file) for file in index.files if (index.root / file).exists())


def _list_used(index: CohortIndex, kept: AbstractSet[str], which: int) -> Iterator[str]:
    return (file for case_id, *files in name_files(index.cases) if case_id in kept for file in files[which])


def _list_excluded(findings: Collection[Finding]) -> Iterator[str]:
    return (str(file) for each in findings if each.action == "excluded" for file in each.files)


def _hash_names(names: Iterable[str]) -> _Hashes:
    return np.unique(np.fromiter(map(hash, names), np.int64))


def _require_sum(
    index: CohortIndex, found: _Hashes, kinds: Mapping[str, _Hashes], counts: Mapping[str, int], findings: Collection[Finding]
) -> None:
    # No file lies on the disk twice, so where each has a kind and the numbers agree, none has two.
    accounted = np.concatenate(list(kinds.values()))
    if counts["found"] == len(accounted) and np.isin(found, accounted).all():
        return
    odd = set(np.setxor1d(found, accounted).tolist())
    used = chain.from_iterable(images + masks for _, images, masks in name_files(index.cases))
    names = chain(_list_found(index), used, map(str, index.metadata), _list_excluded(findings))
    first = min((name for name in names if hash(name) in odd), default="a file that is counted twice")
    total, odd_one = " + ".join(f"{counts[kind]} {kind}" for kind in kinds), show_file(Path(first), index.persons)
    msg = f"{counts['found']} files lie in {index.root}, but {total} were accounted for; the first difference is {odd_one}."
    msg += " Were files added or removed meanwhile? Run again."
    raise UserError(msg)


def _explain_stray(file: Path) -> str:
    if file.name.startswith("._"):
        return "macOS wrote it beside another file, and no image is in it: delete it"
    return "a hidden file" if file.name.startswith(".") else "the layout does not know it"
