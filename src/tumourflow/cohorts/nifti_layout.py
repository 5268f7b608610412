"""The files of a folder of NIfTI volumes, sorted by their names into cases and what lies beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tumourflow.cohorts.case import Rejected
from tumourflow.cohorts.folder import describe
from tumourflow.cohorts.nifti_channels import find_channels, strip_suffix
from tumourflow.cohorts.nifti_names import Signs, list_masks, list_notes, list_volumes, require_names
from tumourflow.cohorts.nifti_sequences import Scan, find_unlisted, group_sequences, split_name
from tumourflow.errors import UserError

LAYOUT = "volumes such as `anna_1.nii.gz` with `anna_1_seg.nii.gz` or `anna_1_mask.nii.gz`, or `imagesTr/` with `labelsTr/` (nifti)"

_CHANNEL = "a further channel: of nnU-Net's channels the first, `_0000`, is read, unless `ingestion.sequences` joins them"
_FOREIGN = "of no case: its name is not that of a sequence in `ingestion.sequences`, nor of another one beside it"


class Layout(NamedTuple):
    """What names say that files are.

    Attributes:
        scans: The volumes of each case, by its path without suffix and without the word of a sequence, as `find_among_images` writes it.
        masks: Segmentations by the cases that they are of.
        metadata: What programs write beside volumes, notes, and sequences of cases that nobody asked for.
        unlisted: How many of those there are, by the word at the end of their names.
        rejected: Volumes that are of no case.
    """

    scans: Mapping[str, Scan]
    masks: Mapping[str, Path]
    metadata: tuple[Path, ...]
    unlisted: Mapping[str, int]
    rejected: tuple[Rejected, ...]


def sort_volumes(root: Path, files: Sequence[Path], sequences: Sequence[str]) -> Layout:
    """Sort files by their names.

    Args:
        root: Folder of the files, for the sentence.
        files: Relative to it.
        sequences: Those of which a case consists; where there are none each volume is a case.

    Raises:
        UserError: When there are no volumes, or none of a sequence, two files would be one volume or segmentation, no segmentation is that
            of a volume, or one would be taken for a volume.
    """
    signs: Signs = "_/-" if sequences else "_"
    volumes = list_volumes(root, files, signs)
    if not volumes:
        msg = f"`raw_root` has another layout: {root} holds {describe(files)}. It should hold {LAYOUT}; choose `ingestion.reader` to suit."
        raise UserError(msg)
    scans = group_sequences(root, volumes, sequences) if sequences else {stem: {"": path} for stem, path in volumes.items()}
    masks = list_masks(root, files, scans, signs)
    wanted = {path for scan in scans.values() for path in scan.values()}
    others = {stem: path for stem, path in volumes.items() if path not in wanted}
    require_names(root, {**others, **{case: _name_whole(scan) for case, scan in scans.items()}}, masks)
    channels = find_channels(scans, masks)
    unlisted = find_unlisted(others, scans)
    # Whoever names three of four sequences has seen the fourth: it is not lost, and does not count as such.
    aside = {path for paths in unlisted.values() for path in paths}
    return Layout(
        scans={case: scan for case, scan in scans.items() if case not in channels},
        masks=masks,
        metadata=(*list_notes(files, [*volumes.values(), *masks.values()]), *sorted(aside)),
        unlisted={word: len(paths) for word, paths in unlisted.items()},
        rejected=(
            *(Rejected(volumes[stem], "stray", _CHANNEL) for stem in sorted(channels)),
            *(Rejected(path, "stray", _FOREIGN) for path in others.values() if path not in aside),
        ),
    )


def _name_whole(scan: Scan) -> Path:
    (sequence, path), *_ = scan.items()
    # A case has no file of its own name, after which its segmentation is called.
    return Path(split_name(strip_suffix(path))[0]) if sequence else path
