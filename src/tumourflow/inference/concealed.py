"""Names of persons do not stand where an input's files are named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tumourflow.cohorts.persons import conceal_file
from tumourflow.inference.volumes import InputVolume, PassedOver


def conceal_volume(volume: InputVolume, persons: frozenset[str]) -> InputVolume:
    """Put pseudonyms in place of names of persons, wherever a volume tells its files; what is read stays where it is.

    Args:
        volume: The volume.
        persons: As `conceal_file` takes them.

    Returns:
        It with another patient, and slices with other sources.
    """
    if not persons:
        return volume
    slices = (replace(each, source=f"{_conceal(each.file, persons)}{each.source.removeprefix(each.file)}") for each in volume.slices)
    return replace(volume, patient=_conceal(volume.patient, persons), slices=tuple(slices))


def conceal_passed_over(passed_over: PassedOver, persons: frozenset[str]) -> PassedOver:
    """Do the same with a file that no model is shown."""
    return replace(passed_over, source=_conceal(passed_over.source, persons))


def _conceal(path: str, persons: frozenset[str]) -> str:
    return conceal_file(Path(path), persons).as_posix() if persons else path
