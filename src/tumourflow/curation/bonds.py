"""Who belongs together and who does not: what people decided, which no rule overrides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from tumourflow.cohorts.case import CaseFiles, CohortIndex
from tumourflow.curation.findings import Finding
from tumourflow.curation.subjects import Subjects, list_subjects
from tumourflow.errors import UserError
from tumourflow.options.curation import split_decision


class Bond(NamedTuple):
    """What a person decided about who belongs together.

    Attributes:
        name: Patient, case or file it is about.
        cases: Its cases.
        other: Who it is joined with; empty where it is kept apart.
        others: The other's cases.
        patients: Whether it is about patients: one who leaves a family, or two who are one person. Else it is about images: one that is
            kept apart from its copies, or two that stay on one side of every split.
        evidence: The decision in the person's words.
    """

    name: str
    cases: list[str]
    other: str
    others: list[str]
    patients: bool
    evidence: str


def resolve_bonds(index: CohortIndex, decisions: Mapping[str, str]) -> list[Bond]:
    """Find out whom each decision joins, or keeps apart.

    Args:
        index: The cohort.
        decisions: `<patient, case id or file>: "apart: <reason>"` or `"with <other>: <reason>"`; other lines are not looked at.

    Returns:
        The decisions.

    Raises:
        UserError: If a decision is about nobody in the cohort, joins a patient with itself, keeps a patient apart whom no rule joins, or
            keeps an image apart that another joins.
    """
    lines = [(name, *split_decision(name, text)[:2], " ".join(text.split())) for name, text in decisions.items()]
    own = [line for line in lines if line[1] in ("apart", "with")]
    subjects = list_subjects(index) if own else Subjects()
    members = Counter(subjects.families.values())
    relatives = {patient for patient, family in subjects.families.items() if members[family] > 1}
    bonds = [
        _join(subjects, name, other, evidence, index.has_patients) if other else _keep_apart(subjects, name, evidence, relatives)
        for name, _, other, evidence in own
    ]
    _require_agreement(bonds)
    return bonds


def report_bonds(cases: Mapping[str, CaseFiles], bonds: Iterable[Bond]) -> Iterator[Finding]:
    """Make the finding of each decision, on the file of its first image.

    Args:
        cases: By case id.
        bonds: What people decided.

    Yields:
        One finding a decision.
    """
    for bond in bonds:
        subject = bond.name if bond.patients else bond.cases[0]
        yield Finding(subject, (cases[bond.cases[0]].image,), "decision", bond.evidence, "grouped" if bond.other else "kept")


def explain_needless(name: str) -> UserError:
    """Make the error about a subject that is kept apart though nothing joins it."""
    msg = f"`curation.decisions` keeps `{name}` apart, but no rule joins it with another: remove the line, or name"
    return UserError(f"{msg} the patient of a family of ids, or the case that has a copy.")


def _keep_apart(subjects: Subjects, name: str, evidence: str, relatives: Collection[str]) -> Bond:
    cases = subjects.find_cases(name)
    patients = subjects.is_patient(name) and name in relatives
    if not patients and name not in subjects.cases and name not in subjects.files:
        raise explain_needless(name)
    return Bond(name, cases, "", [], patients, evidence)


def _require_agreement(bonds: Iterable[Bond]) -> None:
    images = [bond for bond in bonds if not bond.patients]
    apart = {case_id for bond in images if not bond.other for case_id in bond.cases}
    for bond in images:
        both = apart.intersection(bond.cases + bond.others) if bond.other else set()
        if both:
            msg = f"`curation.decisions` keeps `{min(both)}` apart from its copies, but joins `{bond.name}` with `{bond.other}`: "
            raise UserError(msg + "remove one of the two lines.")


def _join(subjects: Subjects, name: str, other: str, evidence: str, has_patients: bool) -> Bond:
    cases, others = subjects.find_cases(name), subjects.find_cases(other)
    same = {subjects.cases[case_id] for case_id in cases} & {subjects.cases[case_id] for case_id in others}
    if same:
        msg = f"`curation.decisions` joins `{name}` with `{other}`, but both are of patient {min(same)}: remove the line."
        raise UserError(msg)
    return Bond(name, cases, other, others, has_patients and subjects.is_patient(name) and subjects.is_patient(other), evidence)
