"""A phantom cohort becomes files in the layout of a published one, all at once or not at all."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from tumourflow.cohorts.phantoms.partial import partial_folder
from tumourflow.cohorts.phantoms.patient import PhantomPatient, draw_patient, draw_slices
from tumourflow.errors import UserError
from tumourflow.options import PhantomOptions

GENERATOR = 1
"""Raised by whoever changes what is painted, so that a cohort of an earlier generator is told from one of this."""
RECIPE = "Options: "
"""Begins the line of a cohort's README.md that says what it was made of."""

_README = """# Phantoms: a synthetic cohort, no patient

Every file here was computed. Names, folders and channels (T1, FLAIR, contrast-enhanced T1) are those of the LGG MRI segmentation
cohort (kaggle_3m), so that the same reader reads both. Nothing measured here says anything about real tumours.
"""


def write_phantoms(root: Path, options: PhantomOptions) -> None:
    """Write a phantom cohort in the layout `kaggle_3m`.

    The folder gets its name when it is complete. Patient number i is the same in every cohort of the same seed, slices and size.

    Args:
        root: Folder that does not exist, or is empty.
        options: Size of the cohort, its seed, and whether a few broken files are planted.

    Raises:
        UserError: When the folder holds something already, or cannot be written.
    """
    root = Path(root).absolute()
    try:
        if root.exists() and any(root.iterdir()):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
        root.parent.mkdir(parents=True, exist_ok=True)
        with partial_folder(root) as complete:
            _write_cohort(complete, options)
            complete.rename(root)
    except OSError as error:
        msg = f"The phantom cohort cannot be written to {root}: {_reason(error)}. "
        msg += "Free that place, or name another with --params=raw_root=data/01_raw/NAME."
        raise UserError(msg) from error


def describe_recipe(options: PhantomOptions) -> dict[str, object]:
    """Describe what the files of a cohort follow from: two cohorts of one recipe are equal, byte for byte."""
    return {"generator": GENERATOR, **options.model_dump()}


def _write_cohort(folder: Path, options: PhantomOptions) -> None:
    rows = ["Patient,laterality,missing_sequences"]
    for index in range(options.patients):
        patient = draw_patient(options, index)
        _write_patient(folder / patient.name, patient)
        side = "Left" if patient.tumour.centre[0] > 0 else "Right"  # as radiologists look at it, from the feet
        rows.append(f"{patient.name.rsplit('_', 1)[0]},{side},{len(patient.scanner.missing)}")
    if options.defects:
        _plant_defects(folder, options)
    (folder / "data.csv").write_text("\n".join(rows) + "\n")
    (folder / "README.md").write_text(f"{_README}\n{RECIPE}{json.dumps(describe_recipe(options))}\n")


def _write_patient(folder: Path, patient: PhantomPatient) -> None:
    folder.mkdir()
    for number, drawn in enumerate(draw_slices(patient), start=1):
        _write_tiff(folder / f"{patient.name}_{number}.tif", drawn.image)
        _write_tiff(folder / f"{patient.name}_{number}_mask.tif", drawn.mask.astype(np.uint8) * 255)


def _plant_defects(folder: Path, options: PhantomOptions) -> None:
    first, second, third = (draw_patient(options, index % options.patients) for index in range(3))
    blank = np.zeros((options.size, options.size), np.uint8)
    _write_tiff(folder / first.name / f"{first.name}_{first.slices + 1}_mask.tif", blank)
    _write_tiff(folder / second.name / f"{second.name}_{second.slices + 2}.tif", np.dstack([blank] * 3) + np.uint8(1))
    broken = folder / third.name / f"{third.name}_{third.slices + 3}.tif"
    _write_tiff(broken, np.dstack([blank] * 3) + np.uint8(1))
    broken.write_bytes(broken.read_bytes()[: options.size])
    _write_tiff(broken.with_name(f"{broken.stem}_mask.tif"), blank)


def _write_tiff(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    Image.fromarray(pixels).save(path, format="TIFF", compression=None)


def _reason(error: OSError) -> str:
    reasons = {
        errno.ENOSPC: "no space is left on the disk",
        errno.ENOTEMPTY: "it holds something already",
        errno.EEXIST: "it exists already",
    }
    return reasons.get(error.errno or 0, error.strerror or str(error))
