"""Class folders: a folder a class, any pictures in it, no masks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from tumourflow.cohorts.case import Case, CohortIndex, Rejected
from tumourflow.cohorts.folder import describe, require_files
from tumourflow.cohorts.paired import SUFFIXES
from tumourflow.cohorts.pattern import compile_pattern, has_own_pattern, parse_name, refuse_number
from tumourflow.errors import UserError
from tumourflow.imaging.read import read_pixels
from tumourflow.options import IngestionOptions

LAYOUT = "a folder for each class, such as `yes/` and `no/`, with pictures in it (classes)"

_NOTES = frozenset({".csv", ".json", ".md", ".txt"})
_SPLITS = frozenset({"train", "training", "valid", "val", "validation", "test", "testing"})


def read_classes(root: Path, options: IngestionOptions) -> CohortIndex:
    """Sort the pictures of class folders into cases without masks.

    Args:
        root: Folder of the class folders, or one that holds nothing else.
        options: `case_pattern`, where it is not the default, finds the patient in a picture's path below its class folder.

    Returns:
        Every file below `root`; the label is the class folder's name, the id the path with it and without the suffix. Without a pattern of
        your own the layout knows no patients. Where the slice number is too long, the picture is rejected.

    Raises:
        UserError: When the folder is missing, empty or of another layout, its folders are splits or hold the classes twice or masks, or a
            name does not match `case_pattern`.
    """
    files = require_files(root, LAYOUT)
    home = _find_home(root, files)
    images = [path for path in files if _is_picture(path, home)]
    metadata = tuple(path for path in files if path.parent in {home, Path()} and path.suffix.lower() in _NOTES)
    pattern = compile_pattern(options.case_pattern) if has_own_pattern(options) else None
    names = _name_cases(home, images)
    parts = {path: _parse(root, path, name, pattern) for path, name in names.items()}
    refused = {path: reason for path in images if (reason := refuse_number(parts[path]))}
    cases = [_make_case(root, path, names[path], parts[path]) for path in images if path not in refused]
    known = {*images, *metadata}
    return CohortIndex(
        root=root,
        cases=tuple(sorted(cases, key=lambda case: (case.patient, case.slice, case.case_id))),
        metadata=metadata,
        strays=tuple(path for path in files if path not in known),
        rejected=tuple(Rejected(path, "stray", reason) for path, reason in refused.items()),
        has_patients=pattern is not None,
    )


def _is_picture(path: Path, home: Path) -> bool:
    parts = path.relative_to(home).parts if path.is_relative_to(home) else ()
    return len(parts) > 1 and path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in parts)


def _find_home(root: Path, files: list[Path]) -> Path:
    home = Path()
    while True:
        pictures = [path.relative_to(home) for path in files if _is_picture(path, home)]
        classes = sorted({path.parts[0] for path in pictures})
        if len(classes) != 1 or any(len(path.parts) < 3 for path in pictures):
            break
        home /= classes[0]
    if not classes:
        msg = f"`raw_root` has another layout: {root} holds {describe(files)}. It should hold {LAYOUT}; choose `ingestion.reader` to suit."
        raise UserError(msg)
    _require_classes(root / home, classes, pictures)
    _require_no_masks(root / home, pictures)
    return home


def _require_classes(home: Path, classes: list[str], pictures: Iterable[Path]) -> None:
    if {name.lower() for name in classes} <= _SPLITS:
        msg = f"The folders of {home} are splits, not classes: {', '.join(classes)}. Name one of them with --params=raw_root=PATH."
        raise UserError(msg)
    twice = next((path for path in pictures if len(path.parts) > 2 and path.parts[1] in classes and path.parts[1] != path.parts[0]), None)
    if twice:
        msg = f"{home} holds a class twice: `{twice.parts[1]}` and `{twice.parts[0]}/{twice.parts[1]}`. Remove the copy, or name"
        msg += f" `{twice.parts[0]}` with --params=raw_root=PATH."
        raise UserError(msg)


def _require_no_masks(home: Path, pictures: Iterable[Path]) -> None:
    stems = {path.with_suffix("") for path in pictures}
    mask = next((stem for stem in sorted(stems) if stem.name.endswith("_mask") and stem.with_name(stem.name[:-5]) in stems), None)
    if mask:
        # A network would be taught masks as pictures of the class.
        msg = f"{home} holds masks: `{mask}` is one of `{mask.with_name(mask.name[:-5])}`. Move them out of the class folders; to segment,"
        raise UserError(msg + " choose `ingestion.reader` manifest or paired.")


def _name_cases(home: Path, images: list[Path]) -> dict[Path, str]:
    # Two pictures that differ in nothing but the suffix keep it.
    stems = {path: path.relative_to(home).with_suffix("").as_posix() for path in images}
    often = Counter(stems.values())
    names = {path: stem if often[stem] == 1 else path.relative_to(home).as_posix() for path, stem in stems.items()}
    if len(set(names.values())) < len(names):
        name, _ = Counter(names.values()).most_common(1)[0]
        first, second = [path for path in images if names[path] == name][:2]
        msg = f"Two files would be the same image: `{first}` and `{second}`. Remove or rename one."
        raise UserError(msg)
    return names


def _parse(root: Path, image: Path, case_id: str, pattern: re.Pattern[str] | None) -> dict[str, str]:
    return parse_name(root, case_id.split("/", 1)[1], image, pattern) if pattern else {"patient": case_id}


def _make_case(root: Path, image: Path, case_id: str, parts: Mapping[str, str]) -> Case:
    return Case(
        case_id=case_id,
        patient=parts["patient"],
        site=parts.get("site", ""),
        slice=int(parts.get("slice", "0")),
        label=case_id.split("/", 1)[0],
        image=image,
        masks=(),
        load_image=partial(read_pixels, root / image),
    )
