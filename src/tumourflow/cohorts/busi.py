"""The layout of the breast ultrasound cohort: a folder a class, masks beside the images, sometimes several."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.cohorts.folder import describe, require_files
from tumourflow.cohorts.masks import mask_loader, note_files
from tumourflow.errors import UserError
from tumourflow.imaging.read import read_pixels
from tumourflow.options import IngestionOptions

LAYOUT = (
    "`benign/`, `malignant/` and `normal/`, where the masks of `benign/benign (4).png` are `benign (4)_mask.png`, `benign (4)_mask_1.png`, "
    "... (Dataset_BUSI_with_GT)"
)

_FILE = re.compile(r"(?P<label>benign|malignant|normal)/(?P<case>(?P=label) \((?P<number>\d{1,9})\))(?P<mask>_mask(?:_\d+)?)?\.(?i:png)")

Named = dict[Path, re.Match[str]]


def read_busi(root: Path, options: IngestionOptions) -> CohortIndex:
    """Sort the files of a `Dataset_BUSI_with_GT` folder into cases.

    Args:
        root: The folder itself, or one that holds it.
        options: `lesion_values` is used where masks are united.

    Returns:
        Every file below `root`. The label is the folder's name; several masks of an image are united. The layout knows no patients.

    Raises:
        UserError: When the folder is missing, empty or of another layout, or two files would be one case.
    """
    files = require_files(root, LAYOUT)
    home = _find_home(root, files)
    named = {path: match for path in files if (match := _match(path, home))}
    images = _index_images(root, named)
    masks: dict[str, list[Path]] = {}
    for path, match in named.items():
        if match["mask"]:
            masks.setdefault(match["case"], []).append(path)
    cases = [_make_case(root, named[path], path, _order(masks[case]), options) for case, path in images.items() if case in masks]
    if not cases:
        msg = f"No image of {root} has a mask: {len(images)} images among {len(files)} files. It should hold {LAYOUT}."
        raise UserError(msg)
    return CohortIndex(
        root=root,
        cases=tuple(cases),
        orphan_images=tuple(path for case, path in images.items() if case not in masks),
        orphan_masks=tuple(sorted(path for case, paths in masks.items() if case not in images for path in paths)),
        strays=tuple(path for path in files if path not in named),
        has_patients=False,
    )


def _find_home(root: Path, files: list[Path]) -> Path:
    homes = {home for path in files if len(path.parts) > 1 and _match(path, home := path.parent.parent)}
    if len(homes) == 1:
        return homes.pop()
    if homes:
        found = " and ".join(f"`{home}`" for home in sorted(homes)[:3])
        msg = f"`raw_root` holds {len(homes)} folders of this layout: {found} in {root}. Name one of them with --params=raw_root=PATH."
    else:
        msg = f"`raw_root` has another layout: {root} holds {describe(files)}. It should hold {LAYOUT}; choose `ingestion.reader` to suit."
    raise UserError(msg)


def _match(path: Path, home: Path) -> re.Match[str] | None:
    return _FILE.fullmatch(path.relative_to(home).as_posix()) if path.is_relative_to(home) else None


def _index_images(root: Path, named: Named) -> dict[str, Path]:
    images: dict[str, Path] = {}
    for path in sorted(named, key=lambda path: (named[path]["label"], int(named[path]["number"]), path)):
        case = named[path]["case"]
        if named[path]["mask"]:
            continue
        if case in images:
            msg = f"Two files would be the same image: `{images[case]}` and `{path}` in {root}. Remove or rename one."
            raise UserError(msg)
        images[case] = path
    return images


def _order(masks: Iterable[Path]) -> tuple[Path, ...]:
    # `_mask` before `_mask_1` before `_mask_10`.
    return tuple(sorted(masks, key=lambda path: (len(path.name), path)))


def _make_case(root: Path, match: re.Match[str], image: Path, masks: tuple[Path, ...], options: IngestionOptions) -> Case:
    return Case(
        case_id=match["case"],
        patient=match["case"],
        site="",
        slice=0,
        label=match["label"],
        image=image,
        masks=masks,
        load_image=partial(read_pixels, root / image),
        load_mask=mask_loader(root, masks, options),
        load_notes=partial(note_files, root / image, tuple(root / mask for mask in masks)),
    )
