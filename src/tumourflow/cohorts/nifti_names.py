"""Which NIfTI file is which, told by its name."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from tumourflow.cohorts.label_folders import find_among_images, lies_among_labels, name_label
from tumourflow.cohorts.nifti_channels import FIRST, strip_suffix
from tumourflow.cohorts.nifti_sequences import split_name
from tumourflow.cohorts.pseudonyms import SEQUENCES
from tumourflow.errors import UserError

Signs = Literal["_", "_/-"]
"""What may stand before `mask` and `seg`: beside sequences a hyphen or the name of a folder may, as it does before their words."""

_WORD = r"(?:label(?:s|map)?|masks?|seg|segmentations?)"
_DRAWN = re.compile(rf"(?P<stem>.+?)[ ._-]{_WORD}(?:[ ._-](?:label|\d+))*", re.IGNORECASE | re.DOTALL)
"""How programs call segmentations besides the names of the layout."""
_NAMELESS = re.compile(rf"(?:.*/)?{_WORD}", re.IGNORECASE | re.DOTALL)
"""How they are called where each patient has a folder: `anna/mask.nii.gz`."""
_SIDECARS, _NOTES = frozenset({".bval", ".bvec", ".json"}), frozenset({".csv", ".json", ".md", ".tsv", ".txt"})
"""Suffixes of what converters write beside each volume, and of what stands beside all of them."""


def list_volumes(root: Path, files: Iterable[Path], signs: Signs = "_") -> dict[str, Path]:
    """List the volumes among files by their paths without the suffix, as `find_among_images` writes them.

    Args:
        root: Folder of the files, for the sentence.
        files: Relative to it.
        signs: What may stand before the word of a segmentation.

    Raises:
        UserError: When two files would be the same volume.
    """
    volumes: dict[str, Path] = {}
    for path, match in _match_names(files, signs):
        if not match["mask"] and not lies_among_labels(path):
            _add(root, volumes, find_among_images(match["stem"]), path, "the same volume")
    return volumes


def list_masks(root: Path, files: Iterable[Path], volumes: Container[str], signs: Signs = "_") -> dict[str, Path]:
    """List the segmentations among files by the volumes that they are of.

    Args:
        root: Folder of the files, for the sentence.
        files: Relative to it.
        volumes: As `list_volumes` names them, or the cases that they are sequences of.
        signs: What may stand before the word of a segmentation.

    Returns:
        What lies in a folder of labels has the name of a volume in the folder of images, with the number of a first channel or without;
        what lies elsewhere that of a volume plus `_mask` or `_seg`. Where there is no such volume, the name that it should have.

    Raises:
        UserError: When two files would be of the same volume.
    """
    masks: dict[str, Path] = {}
    for path, match in _match_names(files, signs):
        if lies_among_labels(path):
            plain = [find_among_images(stem) for stem in (match["stem"] + (match["mask"] or ""), match["stem"])]
            names = [*plain, *(f"{name}{FIRST}" for name in plain)]
            _add(root, masks, next((name for name in names if name in volumes), names[0]), path, "the segmentation of the same volume")
        elif match["mask"]:
            _add(root, masks, find_among_images(match["stem"]), path, "the segmentation of the same volume")
    return masks


def list_notes(files: Iterable[Path], volumes: Iterable[Path]) -> tuple[Path, ...]:
    """List what lies beside volumes and segmentations and is named as one of them, and notes on the top level.

    Example:
        >>> list_notes([Path("a/b.json"), Path("a/c.json"), Path("read.md")], [Path("a/b.nii.gz")])
        (PosixPath('a/b.json'), PosixPath('read.md'))
    """
    stems = {strip_suffix(volume) for volume in volumes}
    return tuple(path for path in files if _is_note(path, stems))


def require_names(root: Path, volumes: Mapping[str, Path], masks: Mapping[str, Path]) -> None:
    """Make sure that segmentations are taken for what they are.

    Args:
        root: Folder of the files, for the sentence.
        volumes: As `list_volumes` gives them.
        masks: As `list_masks` gives them.

    Raises:
        UserError: When a segmentation would be taken for a volume, or there are some and none is that of a volume.
    """
    for stem, path in volumes.items():
        match = _DRAWN.fullmatch(stem)
        volume = volumes.get(match["stem"]) if match else None
        if match and volume:
            # Its labels would be grey values of a patient who does not exist.
            msg = f"`{path}` in {root} is called as if it were the segmentation of `{volume}`, and would be taken for a volume. Call it"
            msg += f" `{_name_mask(volume)}`; a volume has one segmentation, and others have to lie elsewhere."
            raise UserError(msg)
        if _NAMELESS.fullmatch(stem):
            neighbours = [other for other in volumes.values() if other.parent == path.parent and other != path]
            name = f"`{_name_mask(neighbours[0])}`" if len(neighbours) == 1 else "as its volume plus `_seg`"
            msg = f"`{path}` in {root} is called as a segmentation, but not after its volume, and would be taken for a volume."
            raise UserError(msg + f" Call it {name}." + _advise_sequences(volumes, {Path(stem).parent.as_posix()}))
    if masks and not volumes.keys() & masks.keys():
        volume, found = next(iter(volumes.values())), next(iter(masks.values()))
        msg = f"No volume of {root} has a segmentation: {len(volumes)} volumes, {len(masks)} segmentations. That of `{volume}` should be"
        msg += f" `{name_label(volume, found) or _name_mask(volume)}`; found is `{found}`. Rename them, or move them elsewhere."
        raise UserError(msg + _advise_sequences(volumes, masks))


def _advise_sequences(volumes: Iterable[str], cases: Container[str]) -> str:
    words = sorted({word for case, word in map(split_name, volumes) if _names_sequence(word) and case in cases})
    return f" Sequences of a case ({', '.join(words[:4])}) can be listed as `ingestion.sequences`." if words else ""


def _names_sequence(word: str) -> bool:
    return word.lower() in SEQUENCES or word.isdecimal()


def _match_names(files: Iterable[Path], signs: Signs) -> Iterator[tuple[Path, re.Match[str]]]:
    pattern = re.compile(rf"(?P<stem>.+?)(?P<mask>[{signs}](?:mask|seg))?\.nii(?:\.gz)?", re.IGNORECASE | re.DOTALL)
    for path in files:
        match = pattern.fullmatch(path.as_posix())
        if match and not path.name.startswith("."):
            yield path, match


def _add(root: Path, stems: dict[str, Path], stem: str, path: Path, what: str) -> None:
    if stem in stems:
        msg = f"Two files would be {what}: `{stems[stem]}` and `{path}` in {root}. Remove or rename one."
        raise UserError(msg)
    stems[stem] = path


def _name_mask(volume: Path) -> str:
    stem = strip_suffix(volume)
    return f"{stem}_seg{volume.as_posix().removeprefix(stem)}"


def _is_note(path: Path, stems: set[str]) -> bool:
    suffix = path.suffix.lower()
    if path.name.startswith("."):
        return False
    return (len(path.parts) == 1 and suffix in _NOTES) or (suffix in _SIDECARS and path.with_suffix("").as_posix() in stems)
