"""Folders of images beside folders of labels, as the Medical Segmentation Decathlon and nnU-Net have them."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = re.compile(
    r"(?P<above>(?:.*/)?)(?:(?P<images>images?)|(?P<labels>labels?|masks?))(?P<part>tr|ts|va)?/(?P<below>.+)", re.IGNORECASE | re.DOTALL
)


def lies_among_labels(file: Path) -> bool:
    """Tell whether a file is a segmentation by its folder; of nested folders the innermost counts.

    Example:
        >>> lies_among_labels(Path("labelsTr/anna.nii.gz")), lies_among_labels(Path("masks/images/anna.nii.gz"))
        (True, False)
    """
    match = _FOLDER.fullmatch(file.as_posix())
    return bool(match and match["labels"])


def find_among_images(stem: str) -> str:
    """Find the path of the volume that is called as a segmentation is; a path that lies in no such folder is its own.

    Args:
        stem: Path of a volume, or of a segmentation, without its suffix.

    Returns:
        The same path for a volume and its segmentation, in whatever capitals the two folders are written.

    Example:
        >>> find_among_images("labelsTr/anna_1"), find_among_images("ImagesTr/anna_1"), find_among_images("a/masks/b/1")
        ('imagestr/anna_1', 'imagestr/anna_1', 'a/images/b/1')
    """
    match = _FOLDER.fullmatch(stem)
    return f"{match['above']}images{(match['part'] or '').lower()}/{match['below']}" if match else stem


def drop_folder(stem: str) -> str:
    """Take the folder of images out of a path, for it says nothing about patients.

    Example:
        >>> drop_folder("imagesTr/anna_1"), drop_folder("anna/images/1"), drop_folder("ward/anna")
        ('anna_1', 'anna/1', 'ward/anna')
    """
    match = _FOLDER.fullmatch(stem)
    return match["above"] + match["below"] if match else stem


def name_label(volume: Path, label: Path) -> Path | None:
    """Name the segmentation that a volume should have; None where the volume lies in no folder of images.

    Args:
        volume: The volume.
        label: A segmentation that lies in a folder of labels, from which that folder's name is taken.

    Example:
        >>> name_label(Path("imagesTs/anna.nii.gz"), Path("labelsTr/bert.nii"))
        PosixPath('labelsTs/anna.nii.gz')
    """
    image, other = _FOLDER.fullmatch(volume.as_posix()), _FOLDER.fullmatch(label.as_posix())
    if not (image and image["images"] and other and other["labels"]):
        return None
    return Path(f"{image['above']}{other['labels']}{image['part'] or ''}/{image['below']}")
