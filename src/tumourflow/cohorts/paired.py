"""Paired folders, which is what users bring of their own: `images/` and `masks/`, a mask named as its image plus `_mask`."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from pathlib import Path

from tumourflow.cohorts.case import Case, CohortIndex, Rejected
from tumourflow.cohorts.folder import describe, require_files
from tumourflow.cohorts.label_folders import lies_among_labels
from tumourflow.cohorts.masks import mask_loader, note_files
from tumourflow.cohorts.pattern import compile_pattern, parse_name, refuse_number
from tumourflow.errors import UserError
from tumourflow.imaging.read import read_pixels
from tumourflow.options import IngestionOptions

LAYOUT = "`images/` and `masks/`, where the mask of `images/anna_3.png` is `masks/anna_3_mask.png` (paired)"
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"})

_NOTES = frozenset({".csv", ".json", ".md", ".txt"})


def read_paired(root: Path, options: IngestionOptions) -> CohortIndex:
    """Sort the files of paired folders into cases.

    Folders below `images/` are mirrored below `masks/`. Patient, slice and site come out of the image's path by `case_pattern`.

    Args:
        root: Folder that holds `images/` and `masks/`.
        options: `case_pattern` is used; with `lesion_values` masks are read as labels.

    Returns:
        Every file below `root`; a case's id is its image's path below `images/` without the suffix. Where the slice number is too long,
        image and mask are rejected.

    Raises:
        UserError: When the folder is missing, empty or of another layout, when a name does not match `case_pattern`, or when two files
            would be the same image or mask.
    """
    files = require_files(root, LAYOUT)
    if not {"images", "masks"} <= {path.parts[0] for path in files if len(path.parts) > 1}:
        msg = f"`raw_root` has another layout: {root} holds {describe(files)}. It should hold {LAYOUT}; choose `ingestion.reader` to suit."
        raise UserError(msg + _advise(files))
    images = _by_stem(root, files, "images")
    masks = _by_stem(root, files, "masks")
    pattern = compile_pattern(options.case_pattern)
    pairs = _pair(images, masks)
    _require_pairs(root, pairs, images, masks)
    names = {stem: parse_name(root, stem, image, pattern) for stem, (image, _) in pairs.items()}
    refused = {stem: reason for stem, parts in names.items() if (reason := refuse_number(parts))}
    cases = [_make_case(root, stem, *pairs[stem], names[stem], options) for stem in pairs if stem not in refused]
    metadata = tuple(path for path in files if len(path.parts) == 1 and path.suffix.lower() in _NOTES)
    known, used = {*images.values(), *masks.values(), *metadata}, {mask for _, mask in pairs.values()}
    return CohortIndex(
        root=root,
        cases=tuple(sorted(cases, key=lambda case: (case.patient, case.slice, case.case_id))),
        orphan_images=tuple(path for stem, path in images.items() if stem not in pairs),
        orphan_masks=tuple(path for path in masks.values() if path not in used),
        metadata=metadata,
        strays=tuple(path for path in files if path not in known),
        rejected=tuple(Rejected(file, "stray", reason) for stem, reason in refused.items() for file in pairs[stem]),
    )


def _advise(files: Iterable[Path]) -> str:
    if not any(lies_among_labels(path) and path.parts[0] != "masks" for path in files):
        return ""
    advice = (
        " Folders such as nnU-Net's are read where they hold NIfTI volumes (nifti). For pictures call them `images/` and `masks/`, and each"
    )
    return f"{advice} mask as its image plus `_mask`, or list the pairs in a table (manifest)."


def _by_stem(root: Path, files: list[Path], folder: str) -> dict[str, Path]:
    stems: dict[str, Path] = {}
    for path in files:
        if path.parts[0] != folder or len(path.parts) < 2 or path.suffix.lower() not in SUFFIXES:
            continue
        stem = path.relative_to(folder).with_suffix("").as_posix()
        if stem in stems:
            msg = f"Two files would be the same {folder[:-1]}: `{stems[stem]}` and `{path}` in {root}. Remove or rename one."
            raise UserError(msg)
        stems[stem] = path
    return stems


def _pair(images: Mapping[str, Path], masks: Mapping[str, Path]) -> dict[str, tuple[Path, Path]]:
    # Systems store an accent in its letter or behind it, and nobody sees which.
    free = {unicodedata.normalize("NFC", stem): mask for stem, mask in masks.items() if stem.removesuffix("_mask") not in images}
    found = {stem: masks.get(f"{stem}_mask") or free.get(unicodedata.normalize("NFC", f"{stem}_mask")) for stem in images}
    return {stem: (images[stem], mask) for stem, mask in found.items() if mask}


def _make_case(root: Path, stem: str, image: Path, mask: Path, parts: Mapping[str, str], options: IngestionOptions) -> Case:
    return Case(
        case_id=stem,
        patient=parts["patient"],
        site=parts.get("site", ""),
        slice=int(parts.get("slice", "0")),
        label="",
        image=image,
        masks=(mask,),
        load_image=partial(read_pixels, root / image),
        load_mask=mask_loader(root, (mask,), options),
        load_notes=partial(note_files, root / image, (root / mask,)),
    )


def _require_pairs(root: Path, pairs: Collection[str], images: Mapping[str, Path], masks: Mapping[str, Path]) -> None:
    if pairs:
        return
    first = next(iter(images.values()), Path("images/anna_3.png"))
    wanted = Path("masks", *first.parts[1:]).with_name(f"{first.stem}_mask{first.suffix}")
    found = next(iter(masks.values()), None)
    msg = f"No image of {root} has a mask: {len(images)} images, {len(masks)} masks. The mask of `{first}` should be `{wanted}`"
    msg += f"; found is `{found}`." if found else "."
    raise UserError(msg)
