"""The pixels of a curated cohort, each once, under the key of their content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path

import pandas as pd

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.sharing import share_reading
from tumourflow.curation.canonical import canonical_image, canonical_mask
from tumourflow.errors import UserError
from tumourflow.imaging.content import content_key
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.png import encode_png
from tumourflow.types import Pixels


@dataclass(frozen=True)
class _Source:
    key: str
    case_id: str
    file: Path
    load: Callable[[], Pixels]
    convert: Callable[[Pixels], Pixels]


@dataclass(frozen=True)
class CohortImages:
    """The images and masks of a cohort, none of which has been read yet; whoever stores them asks for those that are missing.

    Attributes:
        sources: Where each content comes from, by its key.
        scheduler: Where decoding and encoding run, as `map_parallel` takes it.
    """

    sources: Mapping[str, _Source]
    scheduler: str

    @property
    def keys(self) -> Sequence[str]:
        """Key of each content, once, in the order of the table of cases."""
        return list(self.sources)

    def encode(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Read some of the images and encode them as PNG.

        Args:
            keys: Any of `keys`.

        Yields:
            `(key, png)`: images uint8 or uint16 as they were decoded, masks uint8 of 0 and 255.

        Raises:
            UserError: If a file is no longer what it was when it was inspected.
        """
        # What belongs to one case may lie in one file, which is then opened once.
        cases = (tuple(sources) for _, sources in groupby((self.sources[key] for key in keys), attrgetter("case_id")))
        return chain.from_iterable(map_parallel(_encode_case, cases, self.scheduler))


def list_images(index: CohortIndex, cases: pd.DataFrame, scheduler: str) -> CohortImages:
    """List every image and mask of the table of cases, each content once.

    Args:
        index: The cohort.
        cases: The table of cases, made from this cohort.
        scheduler: As `map_parallel` takes it.
    """
    by_id = {case.case_id: case for case in index.cases}
    sources: dict[str, _Source] = {}
    for case_id, image, mask in zip(cases["case_id"], cases["image"], cases["mask"], strict=True):
        case = by_id[case_id]
        sources.setdefault(image, _Source(image, case_id, case.image, case.load_image, canonical_image))
        if mask and case.load_mask:
            # A file that holds image and mask has no file of the mask alone.
            sources.setdefault(mask, _Source(mask, case_id, (*case.masks, case.image)[0], case.load_mask, canonical_mask))
    return CohortImages(sources, scheduler)


def _encode_case(sources: tuple[_Source, ...]) -> list[tuple[str, bytes]]:
    with share_reading():
        return [_encode(source) for source in sources]


def _encode(source: _Source) -> tuple[str, bytes]:
    try:
        pixels = source.convert(source.load())
        unchanged = content_key(pixels) == source.key
    except (OSError, ValueError):
        unchanged = False
    # The store trusts its keys for ever, so a file that was overwritten meanwhile must not enter it.
    if not unchanged:
        msg = f"{source.file} changed after it was inspected: leave `raw_root` alone while a run is going on, and run again."
        raise UserError(msg)
    return source.key, encode_png(pixels)
