"""The words by which the sequences of a case are told from one another."""

from collections.abc import Sequence
from typing import Any

_COUNTS = (1, 3, 4)
"""Channels of a stored image."""


def write_numbers_out(value: Any) -> Any:
    """Write nnU-Net's numbers with their four digits, of which YAML and the command line leave the last.

    Args:
        value: As somebody wrote it: a list, or one word or number.

    Example:
        >>> write_numbers_out([0, 1, "t1"]), write_numbers_out(2), write_numbers_out("0000+0001")
        (['0000', '0001', 't1'], ['0002'], '0000+0001')
    """
    if isinstance(value, list | tuple):
        return [f"{each:04d}" if type(each) is int else each for each in value]
    return [f"{value:04d}"] if type(value) is int else value


def find_wrong_sequences(sequences: Sequence[str], reader: str) -> str | None:
    """Say what is wrong with `ingestion.sequences`.

    Args:
        sequences: Their words.
        reader: Name of the reader.

    Returns:
        A sentence that begins with the parameter, or none where nothing is wrong.

    Example:
        >>> find_wrong_sequences(["flair", "t1", "t1ce"], "nifti")
        >>> find_wrong_sequences(["t1"], "dicom")
        '`ingestion.sequences` is of NIfTI volumes, but `ingestion.reader` is dicom: leave one of them out.'
    """
    if not sequences:
        return None
    named = f"`ingestion.sequences` is {', '.join(sequences)}"
    if reader != "nifti":
        return f"`ingestion.sequences` is of NIfTI volumes, but `ingestion.reader` is {reader}: leave one of them out."
    if odd := [word for word in sequences if not word or set(word) & set("_-/")]:
        return f"{named}, but {odd[0]!r} is no word that stands behind the last `_` or `-` of a name: write `t1` of `anna_t1.nii.gz`."
    if len({word.casefold() for word in sequences}) < len(sequences):
        return f"{named}, but two of them are one, whatever their capitals: name each once."
    if len(sequences) not in _COUNTS:
        return f"{named}, but an image is stored with 1, 3 or 4 channels, not with {len(sequences)}: name one, three or four of them."
    return None
