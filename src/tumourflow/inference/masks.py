"""Masks as files: a PNG for each image, and what the image's own viewers read."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

from tumourflow.imaging.damage import DamageError
from tumourflow.imaging.dicom_seg import encode_dicom_seg
from tumourflow.imaging.nifti_mask import encode_nifti_mask
from tumourflow.imaging.png import encode_png
from tumourflow.inference.reading import Inspected
from tumourflow.inference.volumes import split_name


def encode_masks(inspected: Inspected) -> dict[str, bytes]:
    """Encode the masks of a volume, and note in each row the name of its file.

    Args:
        inspected: What was found; its rows are changed.

    Returns:
        By name, a PNG of 0 and 255 in the image's own size for each image that was segmented; for a NIfTI volume a NIfTI mask besides,
        and for a DICOM series a DICOM Segmentation. Where the latter cannot be written, the rows say why.
    """
    volume, files = inspected.volume, dict[str, bytes]()
    for place, mask in sorted(inspected.masks.items()):
        name = volume.slices[place].mask
        inspected.rows[place]["mask"], files[name] = name, encode_png(mask)
    if not files or volume.form not in ("nifti", "dicom"):
        return files
    try:
        return files | (_encode_nifti(inspected) if volume.form == "nifti" else _encode_dicom(inspected))
    except (DamageError, OSError) as error:
        for place in inspected.masks:
            row = inspected.rows[place]
            row["reason"] = f"{row['reason']} The masks are PNG alone, for {str(error).rstrip('.')}.".strip()
        return files


def _encode_nifti(inspected: Inspected) -> dict[str, bytes]:
    volume = inspected.volume
    file = PurePosixPath(volume.slices[0].file)
    shape = next(iter(inspected.masks.values())).shape
    masks = (inspected.masks.get(place, np.zeros(shape, bool)) for place in range(len(volume.slices)))
    stem = split_name(Path(file))[0]
    # The suffix as it is written, for `anna.nii.gz` may lie beside `anna.NII.GZ`.
    name = file.with_name(f"{stem}_mask{file.name.removeprefix(stem)}")
    return {name.as_posix(): encode_nifti_mask(masks, volume.root / volume.files[0], compressed=file.name.lower().endswith(".gz"))}


def _encode_dicom(inspected: Inspected) -> dict[str, bytes]:
    volume = inspected.volume
    places = sorted(inspected.masks)
    # Slices may call their files by pseudonyms; both follow the order of the series.
    files = dict(zip(dict.fromkeys(each.file for each in volume.slices), volume.files, strict=True))
    sources = [volume.root / files[volume.slices[place].file] for place in places]
    model = inspected.rows[places[0]]["segmentation_model"]
    encoded = encode_dicom_seg([inspected.masks[place] for place in places], sources, model, volume.patient)
    return {f"{volume.slices[0].file}_seg.dcm": encoded}
