"""Channels in files of their own, as nnU-Net has them: `anna_0000.nii.gz`, `anna_0001.nii.gz`, and the segmentation `anna.nii.gz`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tumourflow.cohorts.label_folders import drop_folder

FIRST = "_0000"
"""What stands behind the name of a case in that of its first channel."""

_FURTHER = re.compile(r"(?P<case>.+)_(?!0000)\d{4}", re.DOTALL)
_SUFFIX = re.compile(r"\.nii(?:\.gz)?$", re.IGNORECASE)
_OF_FIRST = re.compile(r".*_0000(?:_mask|_seg)?", re.IGNORECASE | re.DOTALL)


def find_channels(volumes: Iterable[str], masks: Mapping[str, Path]) -> set[str]:
    """Find the volumes that are further channels of another.

    Names may end in four digits for other reasons: they are channels where a segmentation `anna` is that of `anna_0000`.

    Args:
        volumes: Their paths without the suffix.
        masks: Segmentations by the volumes that they are of.

    Example:
        >>> find_channels(["a_0000", "a_0001", "b_0001"], {"a_0000": Path("labels/a.nii")})
        {'a_0001'}
        >>> find_channels(["a_0000", "a_0001"], {"a_0000": Path("labels/a_0000.nii")})
        set()
    """
    known = set(volumes)
    if not any(_lacks_number(stem, mask) for stem, mask in masks.items() if stem in known):
        return set()
    further = {stem: match for stem in known - masks.keys() if (match := _FURTHER.fullmatch(stem))}
    return {stem for stem, match in further.items() if match["case"] + FIRST in known}


def name_case(volume: Path, mask: Path | None) -> str:
    """Name what `case_pattern` is matched with: the path without suffix, folder of images and number of the first channel.

    Example:
        >>> name_case(Path("imagesTr/anna_1_0000.nii.gz"), Path("labelsTr/anna_1.nii.gz")), name_case(Path("anna_1_0000.nii"), None)
        ('anna_1', 'anna_1_0000')
    """
    stem = drop_folder(strip_suffix(volume))
    return stem.removesuffix(FIRST) if mask and _lacks_number(stem, mask) else stem


def strip_suffix(volume: Path) -> str:
    """Take `.nii` or `.nii.gz` off a path.

    Example:
        >>> strip_suffix(Path("a/b.1.NII.gz"))
        'a/b.1'
    """
    return _SUFFIX.sub("", volume.as_posix())


def _lacks_number(stem: str, mask: Path) -> bool:
    return stem.endswith(FIRST) and not _OF_FIRST.fullmatch(strip_suffix(mask))
