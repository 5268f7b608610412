"""Through which window the images of a cohort were shown, and of which sequences they were joined.

Both are noted beside its cases, so that new images are shown and joined alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from tumourflow.options import IngestionOptions

COLUMNS = ("window", "window_low", "window_high", "bits")
"""Of a table of cases; alike in all its rows."""
SEQUENCES = "sequences"
"""The column beside them that says of which sequences images were joined."""
DEFAULT_WINDOW = IngestionOptions(reader="nifti")
"""How values beyond 8 bits are shown where nobody says otherwise."""
_NONE = {"window": "", "window_low": math.nan, "window_high": math.nan, "bits": 0}


def note_window(shown: IngestionOptions | None) -> dict[str, Any]:
    """Give the window of a cohort its columns.

    Args:
        shown: As `CohortIndex.window`.

    Returns:
        The four values; an empty text, NaN and 0 bits where images are as their files store them.

    Example:
        >>> note_window(IngestionOptions(reader="dicom", window="minmax", bits=16))
        {'window': 'minmax', 'window_low': 0.5, 'window_high': 99.5, 'bits': 16}
    """
    return {name: getattr(shown, name) for name in COLUMNS} if shown else dict(_NONE)


def read_window(cases: pd.DataFrame) -> dict[str, Any] | None:
    """Read the window that the images of a table of cases were shown through.

    Args:
        cases: With the columns of `note_window`, unless an earlier version of this package has made it.

    Returns:
        The four values; nothing where images are as their files store them, or nobody noted it.

    Example:
        >>> read_window(pd.DataFrame([note_window(DEFAULT_WINDOW)] * 2))
        {'window': 'percentile', 'window_low': 0.5, 'window_high': 99.5, 'bits': 8}
        >>> read_window(pd.DataFrame([note_window(None)]))
    """
    if not set(COLUMNS) <= set(cases.columns) or cases.empty or not cases["window"].iloc[0]:
        return None
    window, low, high, bits = (cases[name].iloc[0] for name in COLUMNS)
    return {"window": str(window), "window_low": float(low), "window_high": float(high), "bits": int(bits)}


def recall_window(noted: Mapping[str, Any] | None) -> IngestionOptions:
    """Show images as they were shown before.

    Args:
        noted: What `read_window` gave.

    Returns:
        Options with that window, else with that of the defaults.

    Example:
        >>> recall_window({"window": "fixed", "window_low": -100, "window_high": 200, "bits": 8}).window_high
        200.0
        >>> recall_window(None) == DEFAULT_WINDOW
        True
    """
    return IngestionOptions(reader=DEFAULT_WINDOW.reader, **noted) if noted else DEFAULT_WINDOW


def note_sequences(shown: IngestionOptions | None) -> dict[str, str]:
    """Give the sequences of a cohort, which lay in files of their own, a column.

    Args:
        shown: As `CohortIndex.window`.

    Returns:
        Their words in the order of the channels; an empty text where no files were joined.

    Example:
        >>> note_sequences(IngestionOptions(reader="nifti", sequences=("t1", "flair", "t1ce"))), note_sequences(None)
        ({'sequences': 't1+flair+t1ce'}, {'sequences': ''})
    """
    return {SEQUENCES: "+".join(shown.sequences) if shown else ""}


def read_sequences(cases: pd.DataFrame) -> list[str]:
    """Read of which sequences the images of a table of cases were joined.

    Args:
        cases: With the column of `note_sequences`, unless an earlier version of this package has made it.

    Returns:
        Their words, none where no files were joined.

    Example:
        >>> read_sequences(pd.DataFrame({"sequences": ["t1+flair+t1ce"] * 2})), read_sequences(pd.DataFrame({"window": ["minmax"]}))
        (['t1', 'flair', 't1ce'], [])
    """
    if SEQUENCES not in cases.columns or cases.empty or not cases[SEQUENCES].iloc[0]:
        return []
    return str(cases[SEQUENCES].iloc[0]).split("+")


def describe_window(options: IngestionOptions) -> str:
    """Say which window it is.

    Example:
        >>> describe_window(DEFAULT_WINDOW), describe_window(IngestionOptions(reader="nifti", window="minmax"))
        ('percentile 0.5 to 99.5, 8 bits', 'minmax, 8 bits')
    """
    ends = "" if options.window == "minmax" else f" {options.window_low:g} to {options.window_high:g}"
    return f"{options.window}{ends}, {options.bits} bits"
