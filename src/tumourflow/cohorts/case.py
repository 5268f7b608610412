"""The one kind of record that every reader turns a folder into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels


@dataclass(frozen=True)
class Note:
    """Something that a reader saw in a file's content, for the ledger.

    Attributes:
        finding: Name of a rule in `curation/findings.py`.
        evidence: What was seen, in a few words.
    """

    finding: str
    evidence: str


@dataclass(frozen=True)
class Rejected:
    """A file of the layout that cannot become a case.

    Attributes:
        file: Relative to the cohort's root.
        finding: Name of a rule in `curation/findings.py`.
        evidence: What was seen, in a few words.
    """

    file: Path
    finding: str
    evidence: str


class CaseFiles(Protocol):
    """As much of a case as is needed to report on its files."""

    @property
    def case_id(self) -> str:
        """Its name."""
        ...

    @property
    def image(self) -> Path:
        """File of the image, or of its first channel."""
        ...

    @property
    def masks(self) -> tuple[Path, ...]:
        """Files of the mask."""
        ...

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them, those of the image first."""
        ...


@dataclass(frozen=True)
class Case:
    """One image with its mask; pixels are read when they are asked for.

    Attributes:
        case_id: `<patient>/<slice>` or the file's stem; stable over runs.
        patient: Unit of every split and every interval.
        site: Hospital or scanner, empty where unknown.
        slice: Position in the patient's volume, or 0 where the cohort has no order.
        label: Class of the image, empty where the cohort has none.
        image: File of the image, or of its first channel, relative to the cohort's root.
        masks: Files of its mask, relative to the root; more than one are united. None where there is no mask, or it lies in the
            image's file.
        load_image: Reads the image as it was stored. Raises `OSError` or `ValueError` where it cannot be decoded.
        load_mask: Reads the mask as it was stored (any encoding of two values).
        load_labels: Reads the values of the mask of which `load_mask` chooses some. None where nothing is chosen.
        load_notes: Tells what is remarkable about the files' content, where the layout knows more than image and mask do.
        family: Patients of one family stay together; empty where the layout knows of none. That ids tell is found in curation, or by the
            reader where it puts pseudonyms in their place.
        official_fold: Fold of the cohort's published protocol, counted from 0; -1 where there is none.
        spacing: Height and width of a pixel in millimetres, where known.
        state: Changes with whatever the pixels depend on besides the case's own files, such as the other slices of its series.
        further: Files of the image's further channels, where each channel has a file of its own.
    """

    case_id: str
    patient: str
    site: str
    slice: int
    label: str
    image: Path
    masks: tuple[Path, ...]
    load_image: Callable[[], Pixels] = field(repr=False, compare=False)
    load_mask: Callable[[], Pixels] | None = field(default=None, repr=False, compare=False)
    load_notes: Callable[[], tuple[Note, ...]] | None = field(default=None, repr=False, compare=False)
    load_labels: Callable[[], Pixels] | None = field(default=None, repr=False, compare=False)
    family: str = ""
    official_fold: int = -1
    spacing: tuple[float, float] | None = None
    state: str = ""
    further: tuple[Path, ...] = ()

    @property
    def images(self) -> tuple[Path, ...]:
        """Files of the image."""
        return (self.image, *self.further)

    @property
    def files(self) -> tuple[Path, ...]:
        """Files of image and mask."""
        return (*self.images, *self.masks)


@dataclass(frozen=True)
class CohortIndex:
    """Every regular file below a cohort's root, sorted into what it is; paths are relative to `root`.

    Attributes:
        root: Folder of the cohort.
        cases: Images whose mask was found (or that need none), in order of patient and slice.
        orphan_images: Images whose mask is missing.
        orphan_masks: Masks whose image is missing.
        metadata: Files of the layout that are neither, such as a table of clinical fields.
        strays: Files that the layout does not know.
        rejected: Files that are of the layout, but cannot become a case.
        has_patients: Whether the layout says who the patients are; without, each image is a patient of its own and near-duplicates
            are joined instead.
        files: The files that are the cohort, where not all that lies below `root` is.
        groups: Of a union, the group of each patient in its own cohort: of copies and near-copies as well as of ids.
        nameless: Of a union, the cases of cohorts that know no patients: whom they are near-duplicates of, they are joined with.
        window: Options that say how values beyond `bits` are shown; none where images are as their files store them.
        persons: What tells patients in names of files, which must not be written down then; see `cohorts/persons.py`.
    """

    root: Path
    cases: Sequence[Case]
    orphan_images: tuple[Path, ...] = ()
    orphan_masks: tuple[Path, ...] = ()
    metadata: tuple[Path, ...] = ()
    strays: tuple[Path, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    has_patients: bool = True
    files: tuple[Path, ...] | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    nameless: frozenset[str] = frozenset()
    window: IngestionOptions | None = None
    persons: frozenset[str] = frozenset()
