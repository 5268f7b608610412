"""The ledger: a row for each file left out, and for each unusual one that stays."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.curation.findings import RULES
from tumourflow.errors import UserError

_Row = tuple[str, str, str, str, str, str]

COLUMNS = ["case_id", "file", "finding", "action", "evidence", "rule"]


def write_ledger(index: CohortIndex, cases: Iterable[tuple[Case, str, str]]) -> pd.DataFrame:
    """Write down what is wrong with the files of a cohort.

    Args:
        index: The cohort, for files that became no case.
        cases: `(case, finding, evidence)` for each case that has a finding. An excluded case gives a row for its image and for each of
            its masks, a kept one a row for its image.

    Returns:
        `case_id, file, finding, action, evidence, rule`, sorted by file and finding; `file` is relative to the cohort's root.
    """
    rows: list[_Row] = list(_list_caseless(index))
    for case, finding, evidence in cases:
        rows += _list_files(case, finding, evidence)
    rows.sort(key=lambda row: (row[1], row[2]))
    return pd.DataFrame(rows, columns=pd.Index(COLUMNS), dtype=str)


def account_for_files(index: CohortIndex, kept: Iterable[Case], ledger: pd.DataFrame) -> dict[str, int]:
    """Show that no file of the cohort was lost: `found = images + masks + metadata + excluded`.

    Args:
        index: The cohort.
        kept: Cases that go on.
        ledger: As `write_ledger` made it.

    Returns:
        The five numbers under these names. `found` is counted anew on the disk.

    Raises:
        UserError: If the sum is not what lies on the disk, naming a file that makes the difference.
    """
    found = list(_walk(index.root))
    cases = list(kept)
    kinds: dict[str, set[str]] = {
        "images": {case.image.as_posix() for case in cases},
        "masks": {mask.as_posix() for case in cases for mask in case.masks},
        "metadata": {path.as_posix() for path in index.metadata},
        "excluded": set(ledger.loc[ledger["action"] == "excluded", "file"]),
    }
    counts = {"found": len(found)} | {kind: len(files) for kind, files in kinds.items()}
    _require_sum(index.root, found, kinds, counts)
    return counts


def _list_caseless(index: CohortIndex) -> Iterator[_Row]:
    groups = {"orphan_image": index.orphan_images, "orphan_mask": index.orphan_masks, "stray": index.strays}
    evidence = {"orphan_image": "no mask for it", "orphan_mask": "no image for it", "stray": "the layout does not know it"}
    for finding, files in groups.items():
        for file in files:
            yield _row("", file, finding, evidence[finding])


def _list_files(case: Case, finding: str, evidence: str) -> Iterator[_Row]:
    files = (case.image, *case.masks) if RULES[finding].action == "excluded" else (case.image,)
    for file in files:
        yield _row(case.case_id, file, finding, evidence)


def _row(case_id: str, file: Path, finding: str, evidence: str) -> _Row:
    rule = RULES[finding]
    return case_id, file.as_posix(), finding, rule.action, evidence, rule.sentence


def _walk(root: Path) -> Iterator[str]:
    # On purpose not the readers' own listing: a file that a reader overlooks must show here.
    seen: set[tuple[int, int]] = set()
    for folder, below, names in os.walk(root, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:
            below.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        yield from (path.relative_to(root).as_posix() for path in (Path(folder, name) for name in names) if path.is_file())


def _require_sum(root: Path, found: list[str], kinds: Mapping[str, set[str]], counts: Mapping[str, int]) -> None:
    named = set().union(*kinds.values())
    if set(found) == named and len(found) == sum(len(files) for files in kinds.values()):
        return
    first = next(iter(sorted(set(found) ^ named)), "a file that is counted twice")
    total = " + ".join(f"{counts[kind]} {kind}" for kind in kinds)
    msg = f"{len(found)} files lie in {root}, but {total} were accounted for; the first difference is {first}."
    msg += " Were files added or removed meanwhile? Run again."
    raise UserError(msg)
