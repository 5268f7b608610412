"""Phantom patients that no model was trained on, as a hospital would send them: pictures without masks."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from tumourflow.cohorts.phantoms import draw_patient, draw_slices
from tumourflow.cohorts.phantoms.partial import partial_folder
from tumourflow.options import PhantomOptions

DRAWN = PhantomOptions(patients=4, seed=2026, defects=False)
"""Another seed than that of the embedded cohort, whose patients trained."""


def write_demo(root: Path, options: PhantomOptions = DRAWN) -> None:
    """Write some phantom patients, a folder of PNG each, where they are not there yet.

    Args:
        root: Folder that is made; it appears whole or not at all.
        options: How many patients, and of which seed.
    """
    if root.exists():
        return
    root.parent.mkdir(parents=True, exist_ok=True)
    with partial_folder(root) as complete:
        for number in range(options.patients):
            patient = draw_patient(options, number)
            (complete / patient.name).mkdir()
            for place, drawn in enumerate(draw_slices(patient), start=1):
                Image.fromarray(drawn.image).save(complete / patient.name / f"{patient.name}_{place}.png")
        complete.rename(root)


if __name__ == "__main__":
    write_demo(Path(sys.argv[1]))
