"""The layout of the LGG MRI segmentation cohort: a folder a patient, a TIFF a slice, its mask beside it."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.cohorts.folder import describe, require_files
from tumourflow.cohorts.packing import PackedCases
from tumourflow.errors import UserError
from tumourflow.imaging.read import read_pixels
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

LAYOUT = "a folder for each patient with `<patient>/<patient>_<n>.tif` and `<patient>/<patient>_<n>_mask.tif` (kaggle_3m)"
METADATA = frozenset({"data.csv", "README.md"})

_SLICE = re.compile(r"(?P<patient>[^/]+)/(?P=patient)_(?P<slice>\d{1,9})(?P<mask>_mask)?\.tif")
_SITE = re.compile(r"TCGA_(?P<site>[A-Za-z0-9]+)_.+")


class _Image(NamedTuple):
    patient: str
    slice: int
    file: Path


def read_kaggle_3m(root: Path, options: IngestionOptions) -> CohortIndex:
    """Sort the files of a `kaggle_3m` folder into cases.

    Args:
        root: The folder itself, or one that holds it under the name `kaggle_3m`.
        options: Not looked at: names say everything in this layout.

    Returns:
        Every file below `root`; slices are ordered by number, not by text, and the site is the second part of a TCGA patient's name.

    Raises:
        UserError: When the folder is missing, empty or of another layout.
    """
    del options
    files = require_files(root, LAYOUT)
    home = _find_home(root, files)
    images, masks, others = _sort_files(files, home)
    pairs = [(image, mask) for image in images if (mask := masks.get(_name_mask(image.file)))]
    _require_cases(root, pairs, len(images), len(masks), files)
    metadata = tuple(path for path in others if path.name in METADATA and path.parent == home)
    paired = {str(mask) for _, mask in pairs}
    return CohortIndex(
        root=root,
        # Packed as they are made: the cases of a large cohort would fill the memory.
        cases=PackedCases(_make_case(root, image, mask) for image, mask in pairs),
        orphan_images=tuple(image.file for image in images if _name_mask(image.file) not in masks),
        orphan_masks=tuple(sorted(path for name, path in masks.items() if name not in paired)),
        metadata=metadata,
        strays=tuple(path for path in others if path not in metadata),
    )


def _sort_files(files: list[Path], home: Path) -> tuple[list[_Image], dict[str, Path], list[Path]]:
    images, masks, others = [], {}, []
    for path in files:
        match = _match(path, home)
        if match is None:
            others.append(path)
        elif match["mask"]:
            masks[str(path)] = path
        else:
            images.append(_Image(match["patient"], int(match["slice"]), path))
    return sorted(images), masks, others


def _find_home(root: Path, files: list[Path]) -> Path:
    if any(_match(path, Path()) for path in files):
        return Path()
    homes = {path.parents[1] for path in files if len(path.parts) > 2 and _match(path, path.parents[1])}
    if len(homes) > 1:
        # Kaggle's archive holds the whole cohort twice.
        named = " and ".join(f"`{home}`" for home in sorted(homes)[:3])
        msg = f"`raw_root` holds {len(homes)} folders of this layout: {named} in {root}. Name one of them with --params=raw_root=PATH."
        raise UserError(msg)
    if homes:
        return homes.pop()
    if any(_match(Path(root.resolve().name) / path, Path()) for path in files if len(path.parts) == 1):
        msg = f"`raw_root` is the folder of a single patient: {root}. Name the folder above it: --params=raw_root={root.resolve().parent}."
        raise UserError(msg)
    msg = f"`raw_root` has another layout: {root} holds {describe(files)}. It should hold {LAYOUT}; choose `ingestion.reader` to suit."
    raise UserError(msg)


def _match(path: Path, home: Path) -> re.Match[str] | None:
    # As text: a cohort has many files, and a path takes its time.
    name, before = str(path), "" if home == Path() else f"{home}/"
    return _SLICE.fullmatch(name, len(before)) if name.startswith(before) else None


def _name_mask(image: Path) -> str:
    return f"{str(image).removesuffix('.tif')}_mask.tif"


def _make_case(root: Path, image: _Image, mask: Path) -> Case:
    site = _SITE.fullmatch(image.patient)
    return Case(
        case_id=f"{image.patient}/{image.slice}",
        patient=image.patient,
        site=site["site"] if site else "",
        slice=image.slice,
        label="",
        image=image.file,
        masks=(mask,),
        load_image=partial(_read, root, image.file),
        load_mask=partial(_read, root, mask),
    )


def _read(root: Path, file: Path) -> Pixels:
    return read_pixels(root / file)


def _require_cases(root: Path, pairs: list[tuple[_Image, Path]], images: int, masks: int, files: list[Path]) -> None:
    if not pairs:
        msg = f"No image of {root} has a mask: {images} images, {masks} masks among {len(files)} files. It should hold {LAYOUT}."
        raise UserError(msg)
    for (first, _), (second, _) in pairwise(pairs):
        if first[:2] == second[:2]:
            msg = f"Two images are slice {first.slice} of patient `{first.patient}`: {root / first.file}, {second.file.name}. Rename one."
            raise UserError(msg)
