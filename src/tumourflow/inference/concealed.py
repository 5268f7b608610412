"""Names of persons do not stand where an input's files are named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from tumourflow.cohorts.persons import conceal_file, conceal_mentions
from tumourflow.imaging.damage import DamageError
from tumourflow.inference.volumes import InputSlice, InputVolume, PassedOver
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels


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
    # A pseudonym of DICOM is one already.
    patient = volume.patient if volume.form == "dicom" else _conceal(volume.patient, persons)
    return replace(volume, patient=patient, slices=tuple(_conceal_slice(each, persons) for each in volume.slices))


def conceal_passed_over(passed_over: PassedOver, persons: frozenset[str]) -> PassedOver:
    """Do the same with a file that no model is shown."""
    reason = conceal_mentions(passed_over.reason, Path(passed_over.source), persons)
    return replace(passed_over, source=_conceal(passed_over.source, persons), reason=reason)


def _conceal_slice(each: InputSlice, persons: frozenset[str]) -> InputSlice:
    file = _conceal(each.file, persons)
    if file == each.file:
        return each
    return replace(each, source=f"{file}{each.source.removeprefix(each.file)}", load=partial(_load, each.load, Path(each.file), persons))


def _load(load: Callable[[IngestionOptions], Pixels], file: Path, persons: frozenset[str], window: IngestionOptions) -> Pixels:
    try:
        return load(window)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise
        raise DamageError(conceal_mentions(str(error), file, persons)) from None


def _conceal(path: str, persons: frozenset[str]) -> str:
    return conceal_file(Path(path), persons).as_posix() if persons else path
