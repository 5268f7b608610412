"""What the headers of a case's files say, without a pixel being read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tumourflow.cohorts.case import Case
from tumourflow.curation.facts import DAMAGED, TOO_LARGE, UNKNOWN, Facts, say
from tumourflow.imaging.picture_header import find_size
from tumourflow.imaging.read import open_file, require_size


@dataclass(frozen=True)
class _Header:
    height: int = 0
    width: int = 0
    error: str = ""
    too_large: bool = False


def glance_at_case(case: Case, root: Path) -> Facts:
    """Read no more than the headers of a case's files.

    Args:
        case: Any case.
        root: Folder of the cohort.

    Returns:
        The facts of `inspect_case` as far as headers tell: errors and sizes. Files in formats without a header known to Pillow pass.
    """
    image, mask = (_read_headers(root, files) for files in (case.images, case.masks))
    seen: Facts = {"image_error": image.error, "mask_error": mask.error, "too_large": image.too_large or mask.too_large}
    sizes: Facts = {"height": image.height, "width": image.width, "mask_height": mask.height, "mask_width": mask.width}
    return {"case_id": case.case_id} | UNKNOWN | seen | sizes


def _read_headers(root: Path, files: Iterable[Path]) -> _Header:
    headers = [_read_header(root / file) for file in files]
    return next((each for each in headers if each.error), headers[0] if headers else _Header())


def _read_header(path: Path) -> _Header:
    try:
        if path.stat().st_size == 0:
            return _Header(error="the file is empty")
        if path.suffix.lower() not in Image.registered_extensions():
            return _Header()
        with open_file(path) as file, Image.open(file) as image:
            require_size((image.height, image.width), path.name)
            return _Header(*find_size(image))
    except (*DAMAGED, SyntaxError, Warning) as error:
        return _Header(error=say(error), too_large=isinstance(error, TOO_LARGE))
