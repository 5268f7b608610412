"""A canary for leaks: are labels that nobody can know told from test images?

Every patient is given a random label that all its images inherit. Nothing in an image says what it is; only who recognises a patient
from the training images knows it. On an honest split any model is right half of the time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.errors import UserError
from tumourflow.imaging.plane import take_plane
from tumourflow.measures.crossed import bootstrap_crossed
from tumourflow.measures.intervals import Floats
from tumourflow.types import ArrayChunk, Float32, Pixels

SIDE = 32
"""Rows and columns of a thumbnail."""
CHANCE = 0.5

Canary = dict[str, Any]

_LABELS, _SAMPLE = 31, 32  # purposes of randomness


class Hits(NamedTuple):
    """What was told right.

    Attributes:
        hits: Images told right, `(test patients, labelings)`.
        counts: Images of each test patient.
    """

    hits: Floats
    counts: Floats


def choose_images(cases: pd.DataFrame, splits: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """Choose the training and test images that take part; blank ones show nothing to recognise.

    Args:
        cases: The table of cases.
        splits: `case_id, split`.
        most: If there are more images, patients are drawn as long as their images are no more than this.
        seed: Of that draw.

    Returns:
        `case_id, image, unit, split`: the unit is the group of patients that a split must not tear apart.

    Raises:
        UserError: If train or test has no such image.
    """
    table = cases.merge(splits[["case_id", "split"]], on="case_id", validate="one_to_one")
    told = table["split"].isin(["train", "test"]) & ~table["blank"].astype(bool) & (table["image"] != "")
    table = table.loc[told, ["case_id", "image", "group", "split"]].rename(columns={"group": "unit"})
    sizes = table.groupby("unit", sort=True).size()
    if len(table) > most:
        order = np.random.default_rng([seed, _SAMPLE]).permutation(len(sizes))
        drawn = sizes.iloc[order]
        table = table[table["unit"].isin(drawn.index[drawn.cumsum() <= most])]
    found = {name: int((table["split"] == name).sum()) for name in ("train", "test")}
    if not all(found.values()):
        msg = f"The canary compares training with test images, and found {found['train']} and {found['test']}: "
        raise UserError(msg + "raise `splitting.test` or `leakage.images`, or choose a `protocol` that tests.")
    return table.reset_index(drop=True)


def make_features(pixels: Pixels, lead_channel: int) -> Float32:
    """Shrink an image to a thumbnail of mean 0 and length 1, so that the nearest thumbnail is the one that correlates best.

    Args:
        pixels: `(height, width)` or `(height, width, channels)`.
        lead_channel: Channel to look at, counted from 0; an image with fewer shows its last.

    Returns:
        `(SIDE * SIDE,)`; zeros for a constant image.
    """
    small = cv2.resize(take_plane(pixels, lead_channel).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA).ravel()
    centred = small - small.mean()
    length = float(np.linalg.norm(centred))
    return np.asarray(centred / length if length > 0 else centred, np.float32)


def draw_labels(tested: npt.NDArray[np.bool_], labelings: int, seed: int) -> npt.NDArray[np.bool_]:
    """Give every patient a random label, several times.

    Half of the patients get each label, and so do half of those who are tested and half of those who are not: drawn apart from one
    another, the training patients' labels say nothing about the test patients', and chance is exactly one half.

    Args:
        tested: Whether a patient has test images, `(patients,)`.
        labelings: How many times.
        seed: Of the draw.

    Returns:
        `(patients, labelings)`; of an odd number of patients the odd one out is a coin.
    """
    rng = np.random.default_rng([seed, _LABELS])
    labels = np.zeros((len(tested), labelings), bool)
    for side in (tested, ~tested):
        count = int(side.sum())
        for labeling in range(labelings):
            ones = count // 2 + int(rng.integers(2)) * (count % 2)
            labels[side, labeling] = rng.permutation(np.arange(count) < ones)
    return labels


def tell_labels(chunk: ArrayChunk, labelings: int, seed: int) -> Hits:
    """Train on the training images' random labels and tell those of the test images.

    The model is the nearest neighbour, which remembers everything: who stands on both sides is found by the image most like it.

    Args:
        chunk: `unit, split` of each image, and its `features`.
        labelings: Number of random labelings.
        seed: Of the labels.

    Returns:
        What was told right.
    """
    from sklearn.neighbors import NearestNeighbors

    unit, names = pd.factorize(chunk.index["unit"], sort=True)
    test = (chunk.index["split"] == "test").to_numpy()
    tested = np.bincount(unit[test], minlength=len(names)) > 0
    labels = draw_labels(tested, labelings, seed)
    # The same neighbour answers under every labeling, so it is looked for once.
    model = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(chunk.arrays["features"][~test])
    nearest = model.kneighbors(chunk.arrays["features"][test], return_distance=False)[:, 0]
    right = labels[unit[~test][nearest]] == labels[unit[test]]
    hits = pd.DataFrame(right.astype(np.float64)).groupby(unit[test], sort=True).sum()
    return Hits(hits.to_numpy(np.float64), np.bincount(unit[test], minlength=len(names))[tested].astype(np.float64))


def judge(told: Hits) -> Canary:
    """Say whether labels were told better than chance.

    Args:
        told: What was told right.

    Returns:
        `verdict` (`leaks` where the whole interval lies above chance, else `no leak seen`), `accuracy` (`value, low, high`: share of
        images told right, with its 95 % interval over patients and labelings) and `chance`.
    """
    accuracy = bootstrap_crossed(*told)
    verdict = "leaks" if accuracy.low > CHANCE else "no leak seen"
    return {"verdict": verdict, "accuracy": accuracy.to_dict(), "chance": CHANCE}
