"""NIfTI volumes: a file a volume, its segmentation beside it or in a folder of labels, or none."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.cohorts.folder import require_files
from tumourflow.cohorts.listing import stamp_files
from tumourflow.cohorts.nifti_layout import LAYOUT, sort_volumes
from tumourflow.cohorts.nifti_scans import look_at_scan
from tumourflow.cohorts.nifti_sequences import Scan, name_scan
from tumourflow.cohorts.pattern import compile_pattern, parse_name
from tumourflow.cohorts.pseudonyms import disguise_stem, make_pseudonym, relate_pseudonyms
from tumourflow.cohorts.volume import Volume, load_mask_slice, load_volume_slice
from tumourflow.imaging.nifti_place import VolumeHeader
from tumourflow.options import IngestionOptions

logger = logging.getLogger(__name__)


def read_nifti(root: Path, options: IngestionOptions) -> CohortIndex:
    """Sort the slices of NIfTI volumes into cases.

    A segmentation lies beside its volume as `anna_1_seg`, or in a folder of labels under the volume's name: `imagesTr/anna_1` and
    `labelsTr/anna_1`. Where `sequences` are named, those of a case, `anna_1_flair` and `anna_1_t1`, are the channels of one image, and all
    else goes by the name without that word.

    The patient is read from the path, without the folder of images, by `case_pattern`, whose group `slice` orders the volumes of a patient,
    and goes by a pseudonym from then on, for file names may be names; ids that are probably one person's make a family.
    Slices are cut along the third axis as it was stored, and shown as radiologists expect them: the patient's right is on the left. They
    are numbered upwards, forwards, or to the left.

    Args:
        root: Folder of the volumes.
        options: `sequences`; `case_pattern`; `window`, `window_low`, `window_high` and `bits` say how values beyond 8 bits are shown,
            alike in a whole volume; `lesion_values` chooses the values of segmentations.

    Returns:
        Every file below `root`. A case's id is `<pseudonym>/<volume>-<slice>`, both counted from 1. A volume and its segmentation that do
        not lie in one place are rejected, and so is a case of whose sequences one is missing or lies elsewhere. Where a volume has a
        segmentation, those without are orphans. Further channels of nnU-Net's are rejected; sequences of a case that nobody named are
        metadata.

    Raises:
        UserError: When the folder is missing, empty or of another layout, two files would be one volume, no volume is one of `sequences`,
            no segmentation is that of a volume, one would be taken for a volume, or a name does not match `case_pattern`.
    """
    files = require_files(root, LAYOUT)
    layout = sort_volumes(root, files, options.sequences)
    scans, masks = layout.scans, layout.masks
    if layout.unlisted:
        left = ", ".join(f"{word} ({count} files)" for word, count in layout.unlisted.items())
        logger.info("Volumes beside those of `ingestion.sequences` are not looked at: %s.", left)
    # Where nobody drew, none is missing.
    alone = scans.keys() - masks.keys() if scans.keys() & masks.keys() else set()
    found = {case: look_at_scan(root, scan, masks.get(case), options.sequences) for case, scan in scans.items() if case not in alone}
    headers = {case: header for case, header in found.items() if isinstance(header, VolumeHeader)}
    rejected = (*(each for refused in found.values() if isinstance(refused, list) for each in refused), *layout.rejected)
    volumes = [path for scan in scans.values() for path in scan.values()]
    known = {*volumes, *masks.values(), *layout.metadata, *(each.file for each in rejected)}
    return CohortIndex(
        root=root,
        cases=tuple(_make_cases(root, {case: scans[case] for case in headers}, masks, headers, options)),
        orphan_images=tuple(path for case, scan in scans.items() if case in alone for path in scan.values()),
        orphan_masks=tuple(path for case, path in masks.items() if case not in scans),
        metadata=layout.metadata,
        strays=tuple(path for path in files if path not in known),
        rejected=rejected,
        window=options,
    )


def _make_cases(
    root: Path, scans: Mapping[str, Scan], masks: Mapping[str, Path], headers: Mapping[str, VolumeHeader], options: IngestionOptions
) -> list[Case]:
    pattern = compile_pattern(options.case_pattern)
    stamps = stamp_files(root, [*(path for scan in scans.values() for path in scan.values()), *masks.values()])
    patients: dict[str, list[tuple[int, str, str]]] = {}
    stems: dict[str, str] = {}
    for stem, scan in scans.items():
        parts = parse_name(root, name_scan(scan, masks.get(stem)), next(iter(scan.values())), pattern)
        patient = make_pseudonym(parts["patient"])
        stems[patient] = disguise_stem(parts["patient"])
        patients.setdefault(patient, []).append((int(parts.get("slice", "0")), stem, parts.get("site", "")))
    families = relate_pseudonyms(stems)
    cases: list[Case] = []
    for patient in sorted(patients):
        start = 0
        for number, (_, stem, site) in enumerate(sorted(patients[patient]), start=1):
            images, mask, header = tuple(scans[stem].values()), masks.get(stem), headers[stem]
            volume = Volume(tuple(root / image for image in images), header.plane, " ".join(stamps[image] for image in images), options)
            drawn = Volume((root / mask,), header.plane, stamps[mask], options) if mask else None
            cases += [
                Case(
                    case_id=f"{patient}/{number}-{position}",
                    patient=patient,
                    site=site,
                    slice=start + position,
                    label="",
                    image=images[0],
                    further=images[1:],
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
