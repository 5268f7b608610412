"""What a person's decision can be about: cases, patients and files, by the names that the person knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.persons import conceal_file
from tumourflow.curation.families import name_families
from tumourflow.curation.names import show_name
from tumourflow.errors import UserError


@dataclass(frozen=True)
class Subjects:
    """The names of a cohort.

    Attributes:
        cases: Patient of each case.
        patients: Cases of each patient.
        families: Family of each patient that has one.
        files: Cases that each file, as the ledger calls it, is an image or a mask of; the file itself where it belongs to none.
    """

    cases: Mapping[str, str] = field(default_factory=dict)
    patients: Mapping[str, list[str]] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, list[str | Path]] = field(default_factory=dict)

    def find(self, name: str) -> list[str | Path]:
        """Find the cases, or the file without case, that a name stands for: that of a case goes before a patient's and a file's.

        Raises:
            UserError: If it is the name of nothing in the cohort.
        """
        if name in self.cases:
            return [name]
        found = self.patients.get(name) or self.files.get(name)
        if found:
            return list(found)
        hint = "Take a `case_id`, a `patient` or a `file` from the ledger or the table of cases."
        raise _unknown(name, "neither a case, a patient nor a file", hint, {**self.files, **self.patients, **self.cases})

    def find_cases(self, name: str) -> list[str]:
        """Find the cases of a patient, or those that `find` finds.

        Raises:
            UserError: If it is the name of no patient and no case.
        """
        if self.is_patient(name):
            return self.patients[name]
        cases = [name] if name in self.cases else [each for each in self.files.get(name, []) if isinstance(each, str)]
        if not cases:
            hint = "Take a `patient` or a `case_id` from the table of cases."
            raise _unknown(name, "neither a patient nor a case", hint, {**self.patients, **self.cases})
        return cases

    def is_patient(self, name: str) -> bool:
        """Say whether a name is a patient's, and no case of another patient has it."""
        return name in self.patients and self.cases.get(name, name) == name


def list_subjects(index: CohortIndex) -> Subjects:
    """List all names of a cohort.

    Args:
        index: The cohort.

    Returns:
        The names.
    """
    caseless = (*index.orphan_images, *index.orphan_masks, *index.strays, *(rejected.file for rejected in index.rejected))
    files: dict[str, list[str | Path]] = {conceal_file(file, index.persons).as_posix(): [file] for file in caseless}
    cases, patients, families = dict[str, str](), dict[str, list[str]](), dict[str, str]()
    for case in index.cases:
        cases[case.case_id] = case.patient
        patients.setdefault(case.patient, []).append(case.case_id)
        if case.family:
            families[case.patient] = case.family
        for file in dict.fromkeys(case.files):
            files.setdefault(conceal_file(file, index.persons).as_posix(), []).append(case.case_id)
    if index.has_patients and not families:
        families = name_families(patients)
    return Subjects(cases, patients, families, files)


def _unknown(name: str, what: str, hint: str, known: Iterable[str]) -> UserError:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean `{show_name(near[0])}`?" if near else hint
    return UserError(f"`curation.decisions` names `{name}`, which is {what} of this cohort. {hint}")
