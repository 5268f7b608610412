"""One phantom patient: a head, a tumour and a scanner make a volume, slice after slice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumourflow.cohorts.phantoms.anatomy import draw_anatomy
from tumourflow.cohorts.phantoms.fields import make_plane
from tumourflow.cohorts.phantoms.head import Head, bend, draw_head
from tumourflow.cohorts.phantoms.scanner import FLAIR, Scanner, draw_scanner, scan
from tumourflow.cohorts.phantoms.tumour import Lesion, draw_mimic, draw_tumour, insert_lesion, make_room
from tumourflow.options import PhantomOptions
from tumourflow.types import Mask

# Site and lowest gain of its scanners: the sites of a real cohort differ by a factor of ten.
SITES = (("CS", 0.4), ("DU", 0.5), ("FG", 0.3), ("HT", 0.1))
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODES = 3 * len(_DIGITS) ** 3


@dataclass(frozen=True)
class PhantomSlice:
    """One slice of a phantom patient.

    Attributes:
        image: `(size, size, 3)` uint8: T1, FLAIR, contrast-enhanced T1.
        mask: `(size, size)` booleans, true where the tumour is.
        brain: `(size, size)` booleans, true inside the skull; no file tells it.
    """

    image: npt.NDArray[np.uint8]
    mask: Mask
    brain: Mask


@dataclass(frozen=True)
class PhantomPatient:
    """One phantom patient, of whom nothing has been painted yet.

    Attributes:
        name: `TCGA_<site>_<code>_<date>`; no real code begins with the letters P, Q or R.
        slices: Number of slices.
        size: Height and width of a slice in pixels.
        key: Seed and index, from which each slice's noise is drawn.
        head: Anatomy.
        tumour: The tumour.
        mimic: A body that only resembles one, or none.
        scanner: Settings of the scan.
    """

    name: str
    slices: int
    size: int
    key: tuple[int, int]
    head: Head
    tumour: Lesion
    mimic: Lesion | None
    scanner: Scanner


def draw_patient(options: PhantomOptions, index: int) -> PhantomPatient:
    """Draw one patient, who depends on the seed and the index, never on the number of patients.

    Args:
        options: Size of slices and volumes, and the seed.
        index: Number of the patient, from 0 to 99,999.

    Returns:
        The patient.
    """
    rng = np.random.default_rng([options.seed, 1, index])
    site, darkest = SITES[rng.choice(4, p=(0.2, 0.4, 0.15, 0.25))]
    slices = max(3, round(options.slices * rng.uniform(2 / 3, 4 / 3)))
    brain = (round(0.2 * slices), max(round(0.88 * slices), round(0.2 * slices) + 1))
    head, scanner = draw_head(rng), draw_scanner(rng, darkest)
    tumour = draw_tumour(rng, brain, 0.42 * slices)
    # Without a T1 of its own nothing would tell the two apart.
    mimic = draw_mimic(rng, brain, 0.3 * slices) if rng.random() < 0.45 and 0 not in scanner.missing else None
    name = f"TCGA_{site}_{_code(options.seed, index)}_{rng.integers(1990, 2010)}{rng.integers(1, 13):02}{rng.integers(1, 29):02}"
    return PhantomPatient(name, slices, options.size, (options.seed, index), head, tumour, mimic, scanner)


def draw_slices(patient: PhantomPatient) -> Iterator[PhantomSlice]:
    """Paint a patient's slices from the base of the skull to above the crown.

    Args:
        patient: The patient.

    Yields:
        The slices; only one is held at a time.
    """
    for index in range(patient.slices):
        yield _draw_slice(patient, index)


def _draw_slice(patient: PhantomPatient, index: int) -> PhantomSlice:
    height = -0.95 + 2.0 * index / (patient.slices - 1)
    straight = make_plane(patient.size, height)
    plane = bend(patient.head, straight)
    anatomy = draw_anatomy(patient.head, make_room(patient.tumour, plane, index))
    if patient.mimic:
        insert_lesion(anatomy, patient.mimic, plane, index)
    mask = insert_lesion(anatomy, patient.tumour, plane, index)
    rng = np.random.default_rng([patient.key[0], 2, patient.key[1], index])
    image = scan(anatomy.signal, patient.scanner, straight, rng)
    if patient.scanner.black_ends and index in {0, patient.slices - 1} and not mask.any():
        image[..., [FLAIR, *patient.scanner.missing]] = 0
    return PhantomSlice(image, mask, anatomy.depth > 0)


def _code(seed: int, index: int) -> str:
    number = (index * 48_611 + seed) % _CODES
    letters = "PQR"[number // 46_656]
    for place in (1_296, 36, 1):
        letters += _DIGITS[number // place % 36]
    return letters
