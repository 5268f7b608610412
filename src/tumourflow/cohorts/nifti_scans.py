"""Whether the files of a case belong together: all are there, can be read, and lie in one place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tumourflow.cohorts.case import Rejected
from tumourflow.cohorts.nifti_sequences import Scan
from tumourflow.imaging.nifti_place import VolumeHeader, compare_places, read_volume_header
from tumourflow.imaging.read import TooLargeError

_DRAWN = "segmentation"

_Refusal = tuple[str, str]
"""A finding and its evidence."""


def look_at_scan(root: Path, scan: Scan, mask: Path | None, sequences: Sequence[str]) -> VolumeHeader | list[Rejected]:
    """Read the headers of a case's files.

    Args:
        root: Folder of the cohort.
        scan: Its volumes; the only one of a case without sequences has no name.
        mask: Its segmentation.
        sequences: Those that a case has to have.

    Returns:
        Header of the first volume; or why the case is left out, for each of its files.
    """
    seen = _find_place(root, scan, mask, sequences)
    if isinstance(seen, VolumeHeader):
        return seen
    return [Rejected(each, *seen) for each in (*scan.values(), *([mask] if mask else []))]


def _find_place(root: Path, scan: Scan, mask: Path | None, sequences: Sequence[str]) -> VolumeHeader | _Refusal:
    if missing := [sequence for sequence in sequences if sequence not in scan]:
        return "incomplete", f"{' and '.join(missing)} not found, only {' and '.join(scan)}"
    named = {f"sequence {sequence}" if sequence else "volume": path for sequence, path in scan.items()}
    headers: dict[str, VolumeHeader] = {}
    for name, path in (named | ({_DRAWN: mask} if mask else {})).items():
        first = next(iter(headers), name)
        header = _read_header(root / path, headers[first].plane if headers else None)
        if not isinstance(header, VolumeHeader):
            return header[0], f"{name}: {header[1]}"
        if sequences and name != _DRAWN and header.shape[3] > 1:
            return "incomplete", f"{name}: {header.shape[3]} channels in a file, where each sequence has a file of its own"
        headers[name] = header
        if difference := compare_places(headers[first], header, (first, name)):
            return "size_mismatch" if name == _DRAWN else "incomplete", difference
    return next(iter(headers.values()))


def _read_header(file: Path, plane: int | None) -> VolumeHeader | _Refusal:
    try:
        return read_volume_header(file, plane)
    except TooLargeError as error:
        return "too_large", str(error)
    except ValueError as error:
        return ("empty", "0 bytes") if file.is_file() and not file.stat().st_size else ("undecodable", str(error))
    except OSError as error:
        return "undecodable", f"the file cannot be opened ({type(error).__name__})"
