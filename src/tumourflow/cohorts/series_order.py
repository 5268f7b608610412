"""Which DICOM files are the slices of one series, and in which order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from tumourflow.cohorts.listing import stamp_files
from tumourflow.cohorts.series import Place, Series
from tumourflow.imaging.dicom_header import Frame, Header
from tumourflow.options import IngestionOptions


def list_series(root: Path, headers: Mapping[Path, Header], options: IngestionOptions) -> Iterator[tuple[str, int, Series]]:
    """Sort files into series and their frames into slices.

    Args:
        root: Folder of the files.
        headers: By file, relative to `root`.
        options: How values beyond 8 bits are shown.

    Yields:
        Patient, number of the series counted from 1, and the series, those of a patient side by side. Slices are in order along the
        normal of the first, else by InstanceNumber.
    """
    stamps = stamp_files(root, headers)
    for patient, group in groupby(_group_series(headers), key=lambda found: found[0]):
        made = [(number, _make_series(root, paths, headers, stamps, options)) for _, number, paths in group]
        # Values stay as they are stored only where they do in all series of a patient, whose slices are compared with one another.
        alike = len({series.bits for _, series in made}) == 1
        yield from ((patient, number, series if alike else replace(series, bits=0)) for number, series in made)


def _group_series(headers: Mapping[Path, Header]) -> Iterator[tuple[str, int, list[Path]]]:
    patients: dict[str, dict[tuple[int, str], list[Path]]] = {}
    for path, header in headers.items():
        series = patients.setdefault(header.patient, {})
        # Without an id a series is what lies in one folder.
        series.setdefault((header.series_number, header.series or path.parent.as_posix()), []).append(path)
    for patient in sorted(patients):
        for number, (_, paths) in enumerate(sorted(patients[patient].items()), start=1):
            yield patient, number, paths


def _make_series(
    root: Path, paths: Sequence[Path], headers: Mapping[Path, Header], stamps: dict[Path, str], options: IngestionOptions
) -> Series:
    frames = [(path, frame) for path in paths for frame in headers[path].frames]
    distances = _measure_distances([frame for _, frame in frames])

    def key(row: int) -> tuple[float, int, Path]:
        # Frames of a file stay in their order, and those of two files apart.
        path, _ = frames[row]
        return distances[row], headers[path].instance, path

    places = tuple(
        Place(path, frame, headers[path].inverted) for path, frame in (frames[row] for row in sorted(range(len(frames)), key=key))
    )
    bits = [headers[path].bits for path in paths]
    stamp = hashlib.sha256("\n".join(f"{path} {stamps[path]}" for path in paths).encode(errors="surrogateescape")).hexdigest()
    return Series(root, places, max(bits) if min(bits) > 0 else 0, options, stamp)


def _measure_distances(frames: Sequence[Frame]) -> list[float]:
    # Along the normal of the first slice, in tenths of a millimetre; all alike where any slice does not tell.
    if any(frame.position is None or frame.orientation is None for frame in frames):
        return [0.0] * len(frames)
    first = np.array(frames[0].orientation)
    normal = np.cross(first[:3], first[3:])
    return [round(float(np.dot(normal, frame.position or ())), 1) for frame in frames]
