"""Which NIfTI file is which, told by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tumourflow.errors import UserError

_FILE = re.compile(r"(?P<stem>.+?)(?P<mask>_mask|_seg)?\.nii(?:\.gz)?", re.IGNORECASE | re.DOTALL)
_DRAWN = re.compile(r"(?P<stem>.+?)[ ._-](?:label(?:s|map)?|masks?|seg|segmentations?)(?:[ ._-](?:label|\d+))*", re.IGNORECASE | re.DOTALL)
"""How programs call segmentations besides the names of the layout."""
_SIDECARS, _NOTES = frozenset({".bval", ".bvec", ".json"}), frozenset({".csv", ".json", ".md", ".tsv", ".txt"})
"""Suffixes of what converters write beside each volume, and of what stands beside all of them."""


def list_by_stem(root: Path, files: Iterable[Path], *, mask: bool) -> dict[str, Path]:
    """List the volumes among files, or the segmentations, by the path of the volume without its suffix.

    Args:
        root: Folder of the files, for the sentence.
        files: Relative to it.
        mask: Whether segmentations are listed.

    Raises:
        UserError: When two files would be the same volume.
    """
    stems: dict[str, Path] = {}
    for path in files:
        match = _FILE.fullmatch(path.as_posix())
        if not match or bool(match["mask"]) != mask or path.name.startswith("."):
            continue
        if match["stem"] in stems:
            msg = f"Two files would be the same volume: `{stems[match['stem']]}` and `{path}` in {root}. Remove or rename one."
            raise UserError(msg)
        stems[match["stem"]] = path
    return stems


def list_notes(files: Iterable[Path], volumes: Iterable[Path]) -> tuple[Path, ...]:
    """List what lies beside volumes and segmentations and is named as one of them, and notes on the top level.

    Example:
        >>> list_notes([Path("a/b.json"), Path("a/c.json"), Path("read.md")], [Path("a/b.nii.gz")])
        (PosixPath('a/b.json'), PosixPath('read.md'))
    """
    stems = {re.sub(r"\.nii(\.gz)?$", "", volume.as_posix(), flags=re.IGNORECASE) for volume in volumes}
    return tuple(path for path in files if _is_note(path, stems))


def require_names(root: Path, volumes: Mapping[str, Path], masks: Mapping[str, Path]) -> None:
    """Make sure that segmentations are taken for what they are.

    Args:
        root: Folder of the files, for the sentence.
        volumes: As `list_by_stem` gives them.
        masks: Likewise.

    Raises:
        UserError: When a segmentation would be taken for a volume, or there are some and none is that of a volume.
    """
    for stem, path in volumes.items():
        match = _DRAWN.fullmatch(stem)
        volume = volumes.get(match["stem"]) if match else None
        if match and volume:
            # Its labels would be grey values of a patient who does not exist.
            msg = f"`{path}` in {root} is called as if it were the segmentation of `{volume}`, and would be taken for a volume. Call it"
            msg += f" `{_name_mask(match['stem'], volume)}`; a volume has one segmentation, and others have to lie elsewhere."
            raise UserError(msg)
    if masks and not volumes.keys() & masks.keys():
        stem, volume = next(iter(volumes.items()))
        msg = f"No volume of {root} has a segmentation: {len(volumes)} volumes, {len(masks)} segmentations. That of `{volume}` should be"
        msg += f" `{_name_mask(stem, volume)}`; found is `{next(iter(masks.values()))}`. Rename them, or move them elsewhere."
        raise UserError(msg)


def _name_mask(stem: str, volume: Path) -> str:
    return f"{stem}_seg{volume.as_posix().removeprefix(stem)}"


def _is_note(path: Path, stems: set[str]) -> bool:
    suffix = path.suffix.lower()
    return (len(path.parts) == 1 and suffix in _NOTES) or (suffix in _SIDECARS and path.with_suffix("").as_posix() in stems)
