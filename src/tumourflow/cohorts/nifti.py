"""NIfTI volumes: a file a volume, its segmentation beside it or in a folder of labels, or none."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tumourflow.cohorts.case import Case, CohortIndex, Rejected
from tumourflow.cohorts.folder import describe, require_files
from tumourflow.cohorts.listing import stamp_files
from tumourflow.cohorts.nifti_channels import find_channels, name_case
from tumourflow.cohorts.nifti_names import list_masks, list_notes, list_volumes, require_names
from tumourflow.cohorts.pattern import compile_pattern, parse_name
from tumourflow.cohorts.pseudonyms import disguise_stem, make_pseudonym, relate_pseudonyms
from tumourflow.cohorts.volume import Volume, load_mask_slice, load_volume_slice
from tumourflow.errors import UserError
from tumourflow.imaging.nifti_place import VolumeHeader, compare_places, read_volume_header
from tumourflow.imaging.read import TooLargeError
from tumourflow.options import IngestionOptions

LAYOUT = "volumes such as `anna_1.nii.gz` with `anna_1_seg.nii.gz` or `anna_1_mask.nii.gz`, or `imagesTr/` with `labelsTr/` (nifti)"
_CHANNEL = "a further channel: of nnU-Net's channels the first, `_0000`, is the one that is read"


def read_nifti(root: Path, options: IngestionOptions) -> CohortIndex:
    """Sort the slices of NIfTI volumes into cases.

    A segmentation lies beside its volume as `anna_1_seg`, or in a folder of labels under the volume's name: `imagesTr/anna_1` and
    `labelsTr/anna_1`. The patient is read from the path, without the folder of images, by `case_pattern`, whose group `slice` orders the
    volumes of a patient, and goes by a pseudonym from then on, for file names may be names; ids that are probably one person's make a
    family. Slices are cut along the third axis as it was stored, and shown as radiologists expect them: the patient's right is on the
    left. They are numbered upwards, forwards, or to the left.

    Args:
        root: Folder of the volumes.
        options: `case_pattern`; `window`, `window_low`, `window_high` and `bits` say how values beyond 8 bits are shown, alike in a whole
            volume; `lesion_values` chooses the values of segmentations.

    Returns:
        Every file below `root`. A case's id is `<pseudonym>/<volume>-<slice>`, both counted from 1. A volume and its segmentation that do
        not lie in one place are rejected. Where a volume has a segmentation, those without are orphans. Further channels
        of nnU-Net's are rejected.

    Raises:
        UserError: When the folder is missing, empty or of another layout, two files would be one volume, no segmentation is that of a
            volume, one would be taken for a volume, or a name does not match `case_pattern`.
    """
    files = require_files(root, LAYOUT)
    volumes = list_volumes(root, files)
    masks = list_masks(root, files, volumes)
    if not volumes:
        msg = f"`raw_root` has another layout: {root} holds {describe(files)}. It should hold {LAYOUT}; choose `ingestion.reader` to suit."
        raise UserError(msg)
    require_names(root, volumes, masks)
    # Where nobody drew, none is missing.
    alone = volumes.keys() - masks.keys() if volumes.keys() & masks.keys() else set()
    channels = find_channels(volumes, masks)
    found = {stem: _look_at(root, path, masks.get(stem)) for stem, path in volumes.items() if stem not in alone}
    headers = {stem: header for stem, header in found.items() if isinstance(header, VolumeHeader)}
    metadata = list_notes(files, [*volumes.values(), *masks.values()])
    known = {*volumes.values(), *masks.values(), *metadata}
    return CohortIndex(
        root=root,
        cases=tuple(_make_cases(root, {stem: volumes[stem] for stem in headers}, masks, headers, options)),
        orphan_images=tuple(path for stem, path in volumes.items() if stem in alone - channels),
        orphan_masks=tuple(path for stem, path in masks.items() if stem not in volumes),
        metadata=metadata,
        strays=tuple(path for path in files if path not in known),
        rejected=(
            *(each for refused in found.values() if isinstance(refused, list) for each in refused),
            *(Rejected(volumes[stem], "stray", _CHANNEL) for stem in sorted(channels)),
        ),
        window=options,
    )


def _look_at(root: Path, path: Path, mask: Path | None) -> VolumeHeader | list[Rejected]:
    pair = [path] if mask is None else [path, mask]
    volume = _read_header(root, path, None)
    if isinstance(volume, tuple):
        return _reject(pair, "volume", *volume)
    if mask is None:
        return volume
    drawn = _read_header(root, mask, volume.plane)
    if isinstance(drawn, tuple):
        return _reject(pair, "segmentation", *drawn)
    if difference := compare_places(volume, drawn):
        return [Rejected(each, "size_mismatch", difference) for each in pair]
    return volume


def _reject(pair: list[Path], what: str, finding: str, evidence: str) -> list[Rejected]:
    return [Rejected(each, finding, f"{what}: {evidence}") for each in pair]


def _read_header(root: Path, path: Path, plane: int | None) -> VolumeHeader | tuple[str, str]:
    try:
        return read_volume_header(root / path, plane)
    except TooLargeError as error:
        return "too_large", str(error)
    except ValueError as error:
        return ("empty", "0 bytes") if (root / path).is_file() and not (root / path).stat().st_size else ("undecodable", str(error))
    except OSError as error:
        return "undecodable", f"the file cannot be opened ({type(error).__name__})"


def _make_cases(
    root: Path, volumes: dict[str, Path], masks: dict[str, Path], headers: dict[str, VolumeHeader], options: IngestionOptions
) -> list[Case]:
    pattern = compile_pattern(options.case_pattern)
    stamps = stamp_files(root, [*volumes.values(), *masks.values()])
    patients: dict[str, list[tuple[int, str, str]]] = {}
    stems: dict[str, str] = {}
    for stem, path in volumes.items():
        parts = parse_name(root, name_case(path, masks.get(stem)), path, pattern)
        patient = make_pseudonym(parts["patient"])
        stems[patient] = disguise_stem(parts["patient"])
        patients.setdefault(patient, []).append((int(parts.get("slice", "0")), stem, parts.get("site", "")))
    families = relate_pseudonyms(stems)
    cases: list[Case] = []
    for patient in sorted(patients):
        start = 0
        for number, (_, stem, site) in enumerate(sorted(patients[patient]), start=1):
            image, mask, header = volumes[stem], masks.get(stem), headers[stem]
            volume = Volume(root / image, header.plane, stamps[image], options)
            drawn = Volume(root / mask, header.plane, stamps[mask], options) if mask else None
            cases += [
                Case(
                    case_id=f"{patient}/{number}-{position}",
                    patient=patient,
                    site=site,
                    slice=start + position,
                    label="",
                    image=image,
                    masks=(mask,) if mask else (),
                    load_image=partial(load_volume_slice, volume, position - 1),
                    load_mask=partial(load_mask_slice, drawn, position - 1) if drawn else None,
                    family=families.get(patient, ""),
                    spacing=header.spacing,
                )
                for position in range(1, header.shape[2] + 1)
            ]
            start += header.shape[2]
    return cases
