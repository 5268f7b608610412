"""Patients whose ids are nearly one."""

from __future__ import annotations

from collections.abc import Iterable

from tumourflow.cohorts.pseudonyms import find_stem, fold_stem


def name_families(patients: Iterable[str]) -> dict[str, str]:
    """Find patients that are probably one person.

    Their ids differ by a letter after the last digit, by the name of a sequence, in capitals, in the number of blanks, or in the form of
    letters alone.

    Args:
        patients: Their ids.

    Returns:
        For each that has relatives the name of the family: the id without the letter and the sequence.

    Example:
        >>> name_families(["MR040240", "MR040240B", "MR7B"])
        {'MR040240': 'MR040240', 'MR040240B': 'MR040240'}
        >>> name_families(["anna", "Anna"])
        {'Anna': 'Anna', 'anna': 'Anna'}
    """
    members: dict[str, list[str]] = {}
    for patient in sorted(set(patients), key=lambda name: (name.casefold(), name)):
        members.setdefault(fold_stem(patient), []).append(patient)
    return {patient: find_stem(family[0]) for family in members.values() if len(family) > 1 for patient in family}
