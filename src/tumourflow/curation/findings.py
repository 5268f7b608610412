"""What curation can find in a case, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Rule:
    """What follows from a finding.

    Attributes:
        action: `excluded`: the file takes no further part. `kept`: it does, and the ledger says that it is unusual.
        sentence: The reason, as the ledger gives it.
    """

    action: Literal["excluded", "kept"]
    sentence: str


RULES = {
    "orphan_image": Rule("excluded", "every image has a mask"),
    "orphan_mask": Rule("excluded", "every mask has an image"),
    "stray": Rule("excluded", "every file belongs to the layout"),
    "undecodable": Rule("excluded", "image and mask can be decoded"),
    "not_finite": Rule("excluded", "every pixel is a finite number"),
    "float_pixels": Rule("excluded", "grey values are integers of 8 or 16 bits, whose scale is the same in every slice"),
    "size_mismatch": Rule("excluded", "image and mask have one height and width"),
    "mask_not_binary": Rule("excluded", "a mask has two values"),
    "channels_differ": Rule("excluded", "all images of a cohort have the same channels"),
    "bit_depth_differs": Rule("excluded", "all images of a cohort have the same bits a channel"),
    "near_black": Rule("kept", "near-black slices of a volume are real, and specificity counts them"),
}


def find_defects(facts: pd.DataFrame) -> pd.DataFrame:
    """Name the one reason, if any, for which each case cannot be used.

    Args:
        facts: One row a case, columns as `inspect_case` gives them.

    Returns:
        `finding` (empty where the case is sound) and `evidence`, in the order and with the index of `facts`. The first rule broken
        counts, in the order of `RULES`.
    """
    channels, dtype = _find_usual_form(facts)
    has_mask = facts["mask_height"] > 0
    sizes_differ = has_mask & (facts["height"] > 0) & ((facts["height"] != facts["mask_height"]) | (facts["width"] != facts["mask_width"]))
    errors = facts["image_error"].where(facts["image_error"] != "", facts["mask_error"])
    image_size, mask_size = _size(facts["height"], facts["width"]), _size(facts["mask_height"], facts["mask_width"])
    broken = {
        "undecodable": (errors != "", errors),
        "not_finite": (~facts["finite"].astype(bool), pd.Series("NaN or infinite values", facts.index)),
        "float_pixels": (facts["float_range"] != "", facts["float_range"]),
        "size_mismatch": (sizes_differ, "image " + image_size + ", mask " + mask_size),
        "mask_not_binary": (facts["mask_values"] != "", facts["mask_values"]),
        "channels_differ": (
            (facts["channels"] > 0) & (facts["channels"] != channels),
            facts["channels"].astype(str) + f" channels, most images have {channels}",
        ),
        "bit_depth_differs": ((facts["dtype"] != "") & (facts["dtype"] != dtype), facts["dtype"] + f", most images are {dtype}"),
    }
    conditions = [condition.to_numpy(dtype=bool) for condition, _ in broken.values()]
    finding = np.select(conditions, list(broken), default="")
    evidence = np.select(conditions, [text.to_numpy(dtype=object) for _, text in broken.values()], default="")
    return pd.DataFrame({"finding": finding, "evidence": evidence}, index=facts.index)


def measure_brightness(facts: pd.DataFrame) -> pd.Series[float]:
    """Compute each slice's brightest pixel as a share of its patient's brightest pixel.

    Args:
        facts: One row a case with `patient` and `brightest`.

    Returns:
        Shares in 0..1, 0 for every slice of a patient that is black throughout.

    Example:
        >>> facts = pd.DataFrame({"patient": ["a", "a", "b"], "brightest": [200.0, 10.0, 0.0]})
        >>> measure_brightness(facts).tolist()
        [1.0, 0.05, 0.0]
    """
    brightest = facts.groupby("patient")["brightest"].transform("max")
    return (facts["brightest"] / brightest.where(brightest > 0, 1)).astype(float)


def _find_usual_form(facts: pd.DataFrame) -> tuple[int, str]:
    channels = int(_find_most_frequent(facts.loc[facts["channels"] > 0, "channels"]) or 0)
    # Among the images with these channels, so that some image always has both.
    return channels, _find_most_frequent(facts.loc[(facts["channels"] == channels) & (facts["dtype"] != ""), "dtype"])


def _find_most_frequent(values: pd.Series[Any]) -> str:
    # Of two that are equally frequent the last as text, which is more channels, but fewer bits.
    return max(((int(count), str(value)) for value, count in values.value_counts().items()), default=(0, ""))[1]


def _size(height: pd.Series[int], width: pd.Series[int]) -> pd.Series[str]:
    return height.astype(str) + " x " + width.astype(str)
