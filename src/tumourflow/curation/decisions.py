"""What people decided about cases and files, which no rule overrides."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tumourflow.cohorts.case import CaseFiles, CohortIndex
from tumourflow.curation.findings import Action, Finding, report_case
from tumourflow.curation.names import show_name
from tumourflow.errors import UserError
from tumourflow.options.curation import FIXED, split_decision


@dataclass(frozen=True)
class Decision:
    """What a person decided.

    Attributes:
        action: `kept` or `excluded`.
        reason: Why, in the person's words.
    """

    action: Action
    reason: str


@dataclass(frozen=True)
class Decisions:
    """All decisions about a cohort.

    Attributes:
        cases: By case id.
        files: By file, for those that belong to no case.
    """

    cases: Mapping[str, Decision]
    files: Mapping[Path, Decision]

    def list_cases(self, action: Action) -> set[str]:
        """List the cases about which this was decided."""
        return {case_id for case_id, decision in self.cases.items() if decision.action == action}


def resolve_decisions(index: CohortIndex, decisions: Mapping[str, str]) -> Decisions:
    """Find out which case or file each decision is about.

    Args:
        index: The cohort.
        decisions: `<case id or file>: "<action>: <reason>"`. A file stands for every case that it is an image or a mask of.

    Returns:
        The decisions.

    Raises:
        UserError: If a decision is about nothing in the cohort, or a case is decided upon twice, in two ways.
    """
    by_name = _name_targets(index) if decisions else {}
    cases: dict[str, Decision] = {}
    files: dict[Path, Decision] = {}
    for name, text in decisions.items():
        action, reason = split_decision(name, text)
        decision = Decision("kept" if action == "kept" else "excluded", " ".join(reason.split()))
        for target in _find_target(name, by_name):
            if isinstance(target, Path):
                files[target] = decision
            elif cases.setdefault(target, decision).action != decision.action:
                msg = f"`curation.decisions` both keeps and excludes the case {target}: remove one of the two lines."
                raise UserError(msg)
    return Decisions(cases, files)


def overrule(findings: Iterable[Finding], decisions: Decisions) -> list[Finding]:
    """Let decisions go before rules.

    Args:
        findings: Findings that exclude cases or files.
        decisions: What people decided.

    Returns:
        The findings that are left: without those about cases and files that a person excluded, and with the action `kept` where a person
        brought the case back.

    Raises:
        UserError: If something was brought back that no later room could use.
    """
    rest = []
    for finding in findings:
        decision = decisions.cases.get(finding.subject) or decisions.files.get(finding.files[0])
        if decision is None:
            rest.append(finding)
        elif decision.action == "kept":
            _require_usable(finding)
            rest.append(finding._replace(files=finding.files[:1], action="kept"))
    return rest


def report_decisions(cases: Mapping[str, CaseFiles], decisions: Decisions) -> Iterator[Finding]:
    """Make the finding of each decision.

    Args:
        cases: By case id.
        decisions: What people decided.

    Yields:
        One finding a case, or a file without case.
    """
    for case_id, decision in decisions.cases.items():
        yield report_case(cases[case_id], "decision", decision.reason, decision.action)
    for file, decision in decisions.files.items():
        yield Finding("", (file,), "decision", decision.reason, decision.action)


def _name_targets(index: CohortIndex) -> dict[str, list[str | Path]]:
    targets: dict[str, list[str | Path]] = {}
    caseless = (*index.orphan_images, *index.orphan_masks, *index.strays, *(rejected.file for rejected in index.rejected))
    for file in caseless:
        targets[file.as_posix()] = [file]
    for case in index.cases:
        for file in dict.fromkeys((case.image, *case.masks)):
            targets.setdefault(file.as_posix(), []).append(case.case_id)
    # A case's own name goes before that of a file.
    return targets | {case.case_id: [case.case_id] for case in index.cases}


def _find_target(name: str, by_name: Mapping[str, list[str | Path]]) -> list[str | Path]:
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, by_name, n=1)
    hint = f"Did you mean `{show_name(near[0])}`?" if near else "Take a `case_id` or a `file` from the ledger or the table of cases."
    msg = f"`curation.decisions` names `{name}`, which is neither a case nor a file of this cohort. {hint}"
    raise UserError(msg)


def _require_usable(finding: Finding) -> None:
    if finding.finding in FIXED:
        what = show_name(finding.subject or finding.files[0].as_posix())
        msg = f"`curation.decisions` keeps `{what}`, but no later room can use it: {finding.finding} ({finding.evidence})."
        raise UserError(msg + " Mend the file or remove the decision.")
