"""Copies of an image, and images that are nearly copies, found without comparing each with each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.curation.near_copies import Hashed, Searched, search_near_copies
from tumourflow.curation.neighbours import MOST, set_reach
from tumourflow.curation.row_file import RowFile
from tumourflow.curation.thumbnails import ReadThumbnails, take_from
from tumourflow.imaging.perceptual_hash import NORM, NUMBERS, correlate, hash_radius, hash_thumbnails

_ROUNDING = 1e-9
_AT_ONCE = 2048
_PAIRS_AT_ONCE = 2_048

_Rows = npt.NDArray[np.int64]

Renew: TypeAlias = Callable[[Callable[[Searched | None], Searched]], Searched]
"""Calls a search with what the last one found, if there was one, and keeps what it finds."""


class Search(Protocol):
    """Finds the pairs of images that are alike, as `find_duplicates` does."""

    def __call__(self, facts: pd.DataFrame, near_duplicate: float, across_patients_only: bool, /) -> pd.DataFrame:
        """Find them."""
        ...


def find_duplicates(
    facts: pd.DataFrame,
    near_duplicate: float,
    across_patients_only: bool,
    read: ReadThumbnails | None = None,
    renew: Renew = lambda compute: compute(None),
) -> pd.DataFrame:
    """Find pairs of images that are pixel-equal or whose thumbnails correlate.

    Candidates are pairs whose perceptual hashes are near; no pair is missed so (see `hash_thumbnails`). They are confirmed on the
    thumbnails. Where an image has more than 32 that are like it, the 32 most alike are taken, so that the pairs stay in proportion
    to the images; whoever joins them to groups hardly loses by it.

    Args:
        facts: One row an image: `case_id`, `patient`, `image_key`, `blank`, and `thumbnail` where nobody else reads it. Blank images,
            those without a thumbnail and those whose thumbnail is constant take no part.
        near_duplicate: Smallest correlation of two thumbnails that counts.
        across_patients_only: Whether pairs within one patient, such as neighbouring slices, are left out.
        read: Reads thumbnails by case id; by default from the column `thumbnail`.
        renew: Remembers the search, so that the next one with the same `near_duplicate` and `across_patients_only` looks only at what has
            changed.

    Returns:
        `first, second` (case ids, first < second), `correlation`, `exact` (pixel-equal), sorted by both case ids.
    """
    read = read or take_from(facts)
    known = facts[~facts["blank"].astype(bool) & (facts["image_key"] != "")].sort_values("case_id")
    with RowFile(NUMBERS, np.int16) as hashes:
        known = known.iloc[_hash(known["case_id"], read, hashes)]
        patients = pd.factorize(known["patient"])[0] if across_patients_only else np.arange(len(known))
        telling = known[["case_id", *(["patient"] if across_patients_only else []), "image_key"]]
        identities = np.asarray(pd.util.hash_pandas_object(telling, index=False), dtype=np.uint64)
        images = Hashed(identities, hashes, set_reach(hash_radius(near_duplicate), patients, NORM))
        names, keys = known["case_id"], pd.factorize(known["image_key"])[0]
        compare = partial(_correlate, names=names, read=read)
        found = renew(lambda earlier: search_near_copies(images, earlier, compare, near_duplicate - _ROUNDING))
    copies = _pair_copies(keys, patients)
    pairs = pd.DataFrame(np.concatenate([found.alike, copies]), columns=["first", "second"])
    pairs["correlation"] = np.concatenate([found.correlation, np.ones(len(copies))])
    pairs["exact"] = keys[pairs["first"]] == keys[pairs["second"]]
    pairs.loc[pairs["exact"], "correlation"] = 1.0
    pairs = pairs.drop_duplicates(["first", "second"]).sort_values(["first", "second"], ignore_index=True)
    return pairs.assign(**{end: names.iloc[pairs[end]].to_numpy(dtype=object) for end in ("first", "second")})


def _hash(names: pd.Series[str], read: ReadThumbnails, hashes: RowFile) -> _Rows:
    # Some at a time: neither thumbnails nor hashes of a large cohort would leave room for anything else.
    telling = [np.empty(0, np.int64)]
    for start in range(0, len(names), _AT_ONCE):
        some = hash_thumbnails(read(names.iloc[start : start + _AT_ONCE].tolist()))
        rows = np.flatnonzero(some.any(axis=1))  # all 0 where the thumbnail is constant
        hashes.append(some[rows])
        telling.append(start + rows)
    return np.concatenate(telling)


def _correlate(pairs: npt.NDArray[np.int32], names: pd.Series[str], read: ReadThumbnails) -> npt.NDArray[np.float64]:
    # A thumbnail is read again with the next pairs that need it, so that memory does not grow with their number.
    found = np.empty(len(pairs))
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        place = slice(start, start + _PAIRS_AT_ONCE)
        needed, places = np.unique(pairs[place], return_inverse=True)
        firsts, seconds = places.reshape(-1, 2).T
        found[place] = correlate(read(names.iloc[needed].tolist()), firsts, seconds)
    return found


def _pair_copies(keys: _Rows, patients: _Rows) -> _Rows:
    # Each with the next few of its copies, and the patients of all copies in a chain, so that a thousand copies are no million pairs.
    table = pd.DataFrame({"key": keys, "patient": patients})
    table = table[table.duplicated("key", keep=False)]
    chain = _pair_next(table.drop_duplicates(["key", "patient"])["key"], 1)
    pairs = np.concatenate([chain, *(_pair_next(table["key"], step) for step in range(1, MOST + 1))])
    return np.asarray(pairs[patients[pairs[:, 0]] != patients[pairs[:, 1]]], dtype=np.int64)


def _pair_next(keys: pd.Series[int], step: int) -> _Rows:
    rows = keys.index.to_series()
    pairs = np.column_stack([rows, rows.groupby(keys.to_numpy()).shift(-step, fill_value=-1)])
    return np.asarray(pairs[pairs[:, 1] >= 0], dtype=np.int64)
