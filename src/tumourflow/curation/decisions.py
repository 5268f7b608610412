"""Which cases, patients and files people keep and leave out, which no rule overrides."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tumourflow.cohorts.case import CaseFiles, CohortIndex
from tumourflow.cohorts.persons import conceal_file, conceal_words
from tumourflow.curation.findings import Action, Finding, report_case
from tumourflow.curation.names import show_file, show_name
from tumourflow.curation.subjects import Subjects, list_subjects
from tumourflow.errors import UserError
from tumourflow.options.curation import NECESSARY, split_decision

logger = logging.getLogger(__name__)


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
        persons: What tells patients in names of files.
    """

    cases: Mapping[str, Decision]
    files: Mapping[Path, Decision]
    persons: frozenset[str] = frozenset()


def conceal_decisions(decisions: Mapping[str, str], persons: frozenset[str]) -> dict[str, str]:
    """Call files as the ledger does, where people have called them by names that tell a patient.

    Args:
        decisions: What people wrote.
        persons: What tells patients in names of files.

    Returns:
        The same with pseudonyms in place of such names.

    Example:
        >>> conceal_decisions({"a.dcm": "with b.dcm: one person"}, frozenset())
        {'a.dcm': 'with b.dcm: one person'}
    """
    concealed = {}
    for name, text in decisions.items():
        action, other, reason = split_decision(name, text)
        what = f"{action} {conceal_file(Path(other), persons).as_posix()}" if other else action
        concealed[conceal_file(Path(name), persons).as_posix()] = f"{what}: {conceal_words(reason, persons)}" if persons else text
    if any(name not in concealed for name in decisions):
        logger.warning(
            "`curation.decisions` calls files by names that tell a patient, and MLflow keeps them: call the files as the ledger does,"
            " and delete this run there."
        )
    return concealed


def resolve_decisions(index: CohortIndex, decisions: Mapping[str, str]) -> Decisions:
    """Find out which cases or file each decision is about.

    Args:
        index: The cohort.
        decisions: `<case id, patient or file>: "<action>: <reason>"`. A patient stands for all its cases, a file for every case that it
            is an image or a mask of. Lines about who belongs together are for `resolve_bonds`.

    Returns:
        The decisions.

    Raises:
        UserError: If a decision is about nothing in the cohort, or a case is decided upon twice, in two ways.
    """
    lines = [(name, *split_decision(name, text)) for name, text in decisions.items()]
    own = [(name, action, reason) for name, action, _, reason in lines if action in ("kept", "excluded")]
    subjects = list_subjects(index) if own else Subjects()
    cases: dict[str, Decision] = {}
    files: dict[Path, Decision] = {}
    for name, action, reason in own:
        decision = Decision("kept" if action == "kept" else "excluded", " ".join(reason.split()))
        for target in subjects.find(name):
            if isinstance(target, Path):
                files[target] = decision
            elif cases.setdefault(target, decision).action != decision.action:
                msg = f"`curation.decisions` both keeps and excludes the case {target}: remove one of the two lines."
                raise UserError(msg)
    return Decisions(cases, files, index.persons)


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
            _require_usable(finding, decisions.persons)
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


def _require_usable(finding: Finding, persons: frozenset[str]) -> None:
    if finding.finding in NECESSARY:
        what = show_name(finding.subject) or show_file(finding.files[0], persons)
        msg = f"`curation.decisions` keeps `{what}`, but no later room can use it: {finding.finding} ({finding.evidence})."
        raise UserError(msg + " Mend the file or remove the decision.")
