"""How well what is not genuine is told from what is, and at what price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logsumexp

from tumourflow.measures.crossed import bootstrap_crossed
from tumourflow.measures.figure import Figure, Figures, figure_ratio, make_figure
from tumourflow.measures.intervals import Floats, Interval
from tumourflow.measures.summary import sum_by_patient

SCORES = ("distance", "energy")
"""What an image can be refused by: each is higher, the stranger the image is."""
GENUINE, UPSIDE_DOWN, INTRUDER = "genuine", "upside_down", "intruder"
"""Where a scored image is from."""


def energy(logits: npt.NDArray[Any]) -> Floats:
    """Give the energy of an image: low where some class is surely right.

    Args:
        logits: `(n, classes)`.

    Returns:
        `(n,)`.

    Reference:
        Liu et al. 2020, doi:10.48550/arXiv.2010.03759.

    Example:
        >>> energy(np.array([[0.0, 0.0], [9.0, 0.0]])).round(3).tolist()
        [-0.693, -9.0]
    """
    return np.asarray(-logsumexp(np.asarray(logits, np.float64), axis=1), np.float64)


def choose_threshold(scores: Floats, acceptance: float) -> float:
    """Find the smallest of some scores that at least a share of them does not exceed.

    Args:
        scores: Of genuine validation images.
        acceptance: The share, 0..1.

    Example:
        >>> choose_threshold(np.array([3.0, 1.0, 2.0, 4.0]), 0.75)
        3.0
    """
    return float(np.quantile(np.asarray(scores, np.float64), acceptance, method="inverted_cdf"))


def refusal_auroc(genuine: Floats, groups: pd.Series[str], intruders: Floats) -> Interval:
    """Give the chance that an intruder scores above a genuine image, equal scores counting half.

    The interval is drawn over groups of genuine images and, independently, over intruders, each of which is a picture of its own.

    Args:
        genuine: Scores of genuine images.
        groups: The group of each.
        intruders: Scores of pictures to be refused.

    Returns:
        The area under the ROC curve and its interval; all NaN where either is missing.

    Reference:
        Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.

    Example:
        >>> refusal_auroc(np.array([1.0, 2.0]), pd.Series(["a", "b"]), np.array([2.0])).value
        0.75
    """
    if not len(genuine) or not len(intruders):
        return Interval(np.nan, np.nan, np.nan)
    own, strange = np.asarray(genuine, np.float64)[:, None], np.asarray(intruders, np.float64)[None, :]
    wins = pd.DataFrame((strange > own) + 0.5 * (strange == own)).groupby(groups.to_numpy(), sort=True).sum()
    counts = groups.value_counts().sort_index()
    return bootstrap_crossed(np.asarray(wins, np.float64), np.asarray(counts, np.float64))


def choose_refusal(scores: pd.DataFrame, acceptance: float) -> dict[str, Any]:
    """Choose the score that tells genuine validation images best from validation intruders, and its threshold.

    Args:
        scores: Rows of one router: `source, split, group` and `SCORES`.
        acceptance: Share of the genuine validation images that the threshold lets pass.

    Returns:
        `score`, `threshold`, `acceptance`, number of genuine `images` and of `intruders`, and the `auroc` of each candidate.
    """
    validation = scores[scores["split"] == "validation"]
    genuine, intruders = (validation[validation["source"] == source] for source in (GENUINE, INTRUDER))
    areas = {name: refusal_auroc(genuine[name].to_numpy(), genuine["group"], intruders[name].to_numpy()) for name in SCORES}
    chosen = max(SCORES, key=lambda name: areas[name].value)
    return {
        "score": chosen,
        "threshold": choose_threshold(genuine[chosen].to_numpy(), acceptance),
        "acceptance": acceptance,
        "images": len(genuine),
        "intruders": len(intruders),
        "auroc": {name: area.to_dict() for name, area in areas.items()},
    }


def summarise_refusal(scores: pd.DataFrame, refusal: Mapping[str, Any], splits: Sequence[str]) -> dict[str, Figures]:
    """Say what a router lets pass and what it refuses.

    Args:
        scores: Rows of one router: `source, split, group, cohort, kind, case_id` and `SCORES`.
        refusal: What `choose_refusal` gave.
        splits: Splits of genuine images.

    Returns:
        For each split `acceptance` (share of the genuine images that pass) and `acceptance.<cohort>`; where there are intruders to set
        against them `refusal_auroc`, `refused` (share of the intruders), and both for each kind, as `refused.<kind>`. The validation
        images have their own intruders, on which the score was chosen; training images have none. `refused.upside_down` is of the genuine
        images of the split, turned over. `n` counts images, or pictures that are to be refused.
    """
    return {split: _summarise_split(scores, refusal, split) for split in splits}


def _summarise_split(scores: pd.DataFrame, refusal: Mapping[str, Any], split: str) -> Figures:
    name, threshold = refusal["score"], refusal["threshold"]
    here = scores[scores["split"] == split]
    genuine, turned = here[here["source"] == GENUINE], here[here["source"] == UPSIDE_DOWN]
    judged_by = "validation" if split == "validation" else "test"
    intruders = scores[(scores["source"] == INTRUDER) & (scores["split"] == judged_by) & (split != "train")]
    cohorts = {f"acceptance.{cohort}": rows for cohort, rows in genuine.groupby("cohort")}
    figures = {key: _share(rows, rows[name] <= threshold, "image") for key, rows in {"acceptance": genuine, **cohorts}.items()}
    kinds = {"": intruders} | {f".{kind}": rows for kind, rows in intruders.groupby("kind", sort=False)} if len(intruders) else {}
    for key, rows in kinds.items():
        figures[f"refusal_auroc{key}"] = _area(genuine, rows, name)
        figures[f"refused{key}"] = _share(rows, rows[name] > threshold, "picture")
    if len(turned):
        figures["refused.upside_down"] = _share(turned, turned[name] > threshold, "image")
    return figures


def _area(genuine: pd.DataFrame, intruders: pd.DataFrame, name: str) -> Figure:
    interval = refusal_auroc(genuine[name].to_numpy(), genuine["group"], intruders[name].to_numpy())
    smallest = min(genuine["group"].nunique(), len(intruders))
    return make_figure(interval, len(intruders), "picture", smallest) | {"genuine": len(genuine)}


def _share(rows: pd.DataFrame, chosen: pd.Series[bool], unit: str) -> Figure:
    return figure_ratio(sum_by_patient(np.asarray(chosen, np.float64), rows["group"]), unit)
