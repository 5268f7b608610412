"""Why a case cannot be used."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from tumourflow.cohorts.case import CaseFiles
from tumourflow.cohorts.persons import conceal_file
from tumourflow.curation.findings import RULES

BLACK = 3
"""Nothing is seen in an image without a grey value beyond this one, be it of 8 bits or of 16.

No share of what 16 bits can hold: pictures of 12 bits or fewer, stored as they are, need but a small part of it.
"""

_AT_ONCE = 4_096
"""Cases that are judged together: what could be said of each by every rule takes a hundred times the room of what is said."""

_Broken: TypeAlias = "tuple[pd.Series[bool], pd.Series[str]]"


def find_defects(facts: pd.DataFrame, off: Collection[str] = ()) -> pd.DataFrame:
    """Name the one reason, if any, for which each case cannot be used.

    Args:
        facts: One row a case, columns as `inspect_case` gives them, and `empty` (evidence, else empty) and `ordered` (whether
            the patient has a volume).
        off: Rules that are switched off.

    Returns:
        `finding` (empty where the case is sound) and `evidence`, in the order and with the index of `facts`. The first rule broken
        counts, in the order of `RULES`.
    """
    usual = _find_usual_form(facts)
    starts = range(0, max(len(facts), 1), _AT_ONCE)
    return pd.concat([_find_defects_of(facts.iloc[start : start + _AT_ONCE], usual, off) for start in starts])


def _find_defects_of(facts: pd.DataFrame, usual: tuple[int, str], off: Collection[str]) -> pd.DataFrame:
    broken = {name: pair for name, pair in _with_notes(facts, _break_rules(facts, *usual)).items() if name not in off}
    names = [name for name in RULES if name in broken]
    conditions = [broken[name][0].to_numpy(dtype=bool) for name in names]
    finding = np.select(conditions, names, default="")
    evidence = np.select(conditions, [broken[name][1].to_numpy(dtype=object) for name in names], default="")
    return pd.DataFrame({"finding": finding, "evidence": evidence}, index=facts.index)


def list_notes(facts: pd.DataFrame) -> pd.DataFrame:
    """List what was noted about the content of files.

    Args:
        facts: One row a case with `case_id` and `notes`.

    Returns:
        `case_id, finding, evidence`, one row a note, indexed as `facts` is.
    """
    noted = facts.loc[facts["notes"] != "[]", ["case_id", "notes"]]
    rows = [
        (index, case_id, str(finding), str(evidence))
        for index, case_id, notes in zip(noted.index, noted["case_id"], noted["notes"], strict=True)
        for finding, evidence in json.loads(notes)
    ]
    return pd.DataFrame(rows, columns=["index", "case_id", "finding", "evidence"]).set_index("index")


def measure_brightness(facts: pd.DataFrame) -> pd.Series[float]:
    """Compute each slice's brightest pixel as a share of its patient's brightest pixel.

    Args:
        facts: One row a case with `patient` and `brightest`.

    Returns:
        Shares in 0..1, 0 for every slice of a patient without a grey value above `BLACK`: of one with a single image the share would
        always be 1.

    Example:
        >>> facts = pd.DataFrame({"patient": ["a", "a", "b"], "brightest": [200.0, 10.0, 3.0]})
        >>> measure_brightness(facts).tolist()
        [1.0, 0.05, 0.0]
    """
    return _share_of_patient(facts["patient"], facts["brightest"])


def measure_lead_brightness(facts: pd.DataFrame, lead_channel: int) -> pd.Series[float]:
    """Compute the same in one channel alone.

    Args:
        facts: One row a case with `patient`, and `channel_maxima` as `inspect_case` has it.
        lead_channel: Which, counted from 0.

    Returns:
        Shares in 0..1, NaN where an image does not have several channels, or not this one.

    Example:
        >>> facts = pd.DataFrame({"patient": ["a", "a", "b"], "channel_maxima": ["9 200 9", "9 10 9", ""]})
        >>> measure_lead_brightness(facts, 1).tolist()
        [1.0, 0.05, nan]
    """
    maxima = facts["channel_maxima"].str.split().str[lead_channel]
    return _share_of_patient(facts["patient"], pd.to_numeric(maxima))


def _share_of_patient(patients: pd.Series, values: pd.Series) -> pd.Series[float]:
    brightest = values.groupby(patients).transform("max")
    return (values.mask(brightest <= BLACK, 0) / brightest.clip(lower=1)).astype(float)


def find_empty_files(root: Path, cases: Iterable[CaseFiles], persons: frozenset[str] = frozenset()) -> dict[str, str]:
    """Tell which of some cases have a file of 0 bytes, and which file that is.

    Args:
        root: Folder of the cohort.
        cases: Cases that could not be decoded.
        persons: What tells patients in names of files.

    Returns:
        Evidence by case id.
    """
    empty = {}
    for case in cases:
        names = [conceal_file(file, persons).name for file in case.files if _is_empty(root / file)]
        if names:
            empty[case.case_id] = f"0 bytes: {', '.join(names)}"
    return empty


def _break_rules(facts: pd.DataFrame, channels: int, dtype: str) -> dict[str, _Broken]:
    sizes_differ = (facts["height"] != facts["mask_height"]) | (facts["width"] != facts["mask_width"])
    errors = facts["image_error"].where(facts["image_error"] != "", facts["mask_error"])
    image_size, mask_size = _size(facts["height"], facts["width"]), _size(facts["mask_height"], facts["mask_width"])
    constant = facts["constant"].astype(bool) & ~facts["ordered"].astype(bool)
    return {
        "empty": (facts["empty"] != "", facts["empty"]),
        "too_large": (facts["too_large"].astype(bool), errors),
        "undecodable": (errors != "", errors),
        "not_finite": (~facts["finite"].astype(bool), _say(facts, "NaN or infinite values")),
        "float_pixels": (facts["float_range"] != "", facts["float_range"]),
        "size_mismatch": (
            (facts["mask_height"] > 0) & (facts["height"] > 0) & sizes_differ,
            "image " + image_size + ", mask " + mask_size,
        ),
        "mask_not_binary": (facts["mask_values"] != "", facts["mask_values"]),
        "channels_differ": (
            (facts["channels"] > 0) & (facts["channels"] != channels),
            facts["channels"].astype(str) + f" channels, most images have {channels}",
        ),
        "bit_depth_differs": ((facts["dtype"] != "") & (facts["dtype"] != dtype), facts["dtype"] + f", most images are {dtype}"),
        "constant": (constant, "all pixels are " + facts["brightest"].astype(str).str.removesuffix(".0")),
    }


def _with_notes(facts: pd.DataFrame, broken: dict[str, _Broken]) -> dict[str, _Broken]:
    # A reader may know of a defect that neither image nor mask shows.
    added = dict(broken)
    for finding, rows in list_notes(facts).groupby("finding", sort=False):
        name = str(finding)
        if RULES[name].action == "excluded":
            evidence = rows["evidence"][~rows.index.duplicated()].reindex(facts.index, fill_value="")
            measured, text = broken.get(name, (_say(facts, "") != "", _say(facts, "")))
            added[name] = (measured | (evidence != ""), text.where(measured, evidence))
    return added


def _find_usual_form(facts: pd.DataFrame) -> tuple[int, str]:
    channels = int(_find_most_frequent(facts.loc[facts["channels"] > 0, "channels"]) or 0)
    # Among the images with these channels, so that some image always has both.
    return channels, _find_most_frequent(facts.loc[(facts["channels"] == channels) & (facts["dtype"] != ""), "dtype"])


def _find_most_frequent(values: pd.Series[Any]) -> str:
    # Of two that are equally frequent the last as text, which is more channels, but fewer bits.
    return max(((int(count), str(value)) for value, count in values.value_counts().items()), default=(0, ""))[1]


def _size(height: pd.Series[int], width: pd.Series[int]) -> pd.Series[str]:
    return height.astype(str) + " x " + width.astype(str)


def _say(facts: pd.DataFrame, sentence: str) -> pd.Series[str]:
    return pd.Series(sentence, facts.index)


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return False
