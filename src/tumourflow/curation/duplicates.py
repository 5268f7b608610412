"""Copies of an image, and images that are nearly copies, found without comparing each with each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.curation.neighbours import MOST, find_neighbours
from tumourflow.imaging.perceptual_hash import correlate, hash_radius, hash_thumbnails
from tumourflow.imaging.thumbnail import SIDE

_ROUNDING = 1e-9

_Rows = npt.NDArray[np.int64]


def find_duplicates(facts: pd.DataFrame, near_duplicate: float, across_patients_only: bool) -> pd.DataFrame:
    """Find pairs of images that are pixel-equal or whose thumbnails correlate.

    Candidates are pairs whose perceptual hashes are near; no pair is missed so (see `hash_thumbnails`). They are confirmed on the
    thumbnails. Where an image has more than 32 that are like it, the 32 most alike are taken, so that the pairs stay in proportion
    to the images; whoever joins them to groups hardly loses by it.

    Args:
        facts: One row an image: `case_id`, `patient`, `image_key`, `thumbnail` (48 * 48 bytes), `blank`. Blank images, those without a
            thumbnail and those whose thumbnail is constant take no part.
        near_duplicate: Smallest correlation of two thumbnails that counts.
        across_patients_only: Whether pairs within one patient, such as neighbouring slices, are left out.

    Returns:
        `first, second` (case ids, first < second), `correlation`, `exact` (pixel-equal), sorted by both case ids.
    """
    telling = facts[~facts["blank"].astype(bool) & (facts["image_key"] != "") & facts["thumbnail"].map(_is_telling)]
    telling = telling.sort_values("case_id", ignore_index=True)
    thumbnails = _unpack(telling["thumbnail"])
    patients = pd.factorize(telling["patient"])[0] if across_patients_only else np.arange(len(telling))
    keys = pd.factorize(telling["image_key"])[0]
    near = find_neighbours(hash_thumbnails(thumbnails), hash_radius(near_duplicate), patients)
    pairs = pd.DataFrame(np.concatenate([near, _pair_copies(keys, patients)]), columns=["first", "second"]).drop_duplicates()
    exact = keys[pairs["first"]] == keys[pairs["second"]]
    pairs = pairs.assign(correlation=np.where(exact, 1.0, correlate(thumbnails, *pairs.to_numpy().T)), exact=exact)
    pairs = pairs[pairs["correlation"] >= near_duplicate - _ROUNDING].sort_values(["first", "second"], ignore_index=True)
    names = telling["case_id"].to_numpy(dtype=object)
    return pairs.assign(first=names[pairs["first"]], second=names[pairs["second"]])


def _is_telling(thumbnail: bytes) -> bool:
    return len(thumbnail) == SIDE * SIDE and thumbnail.count(thumbnail[0]) < len(thumbnail)


def _unpack(column: pd.Series[bytes]) -> npt.NDArray[np.uint8]:
    thumbnails = np.empty((len(column), SIDE, SIDE), np.uint8)
    for place, each in enumerate(column):
        thumbnails[place] = np.frombuffer(each, np.uint8).reshape(SIDE, SIDE)
    return thumbnails


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
