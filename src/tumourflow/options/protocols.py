"""The ways to split a cohort, and what goes with which."""

from typing import Literal

Protocol = Literal["patient", "slice", "official", "all"]

_REASONS = {
    "slice": "slices are drawn at random",
    "official": "the published folds decide",
    "all": "every patient trains",
}
_REFUSED = {"slice": ("split_file",), "official": ("split_file", "folds"), "all": ("split_file", "folds")}


def find_contradiction(protocol: str, split_file: str | None, folds: int | None, average_folds: bool = False) -> str | None:
    """Say which two parameters cannot both be meant.

    Args:
        protocol: How the cohort is split.
        split_file: CSV file that imposes a split, or none.
        folds: Number of folds, or none.
        average_folds: Whether the networks of a cross-validation are averaged.

    Returns:
        A sentence that begins with a parameter, or none where all agree.

    Example:
        >>> find_contradiction("official", None, 5)
        '`protocol` is official (the published folds decide), but `folds` (5) is set as well: remove one of them.'
    """
    given = {"split_file": split_file, "folds": folds}
    for name in _REFUSED.get(protocol, ()):
        if given[name]:
            return f"`protocol` is {protocol} ({_REASONS[protocol]}), but `{name}` ({given[name]}) is set as well: remove one of them."
    if average_folds and protocol != "all":
        return (
            f"`training.average_folds` is true, but `protocol` is {protocol}: the networks of all folds together have learned from every "
            "patient, so that none is left to test them on. Set `protocol` to all, or leave `training.average_folds` out."
        )
    if split_file and folds:
        return f"`split_file` ({split_file}) and `folds` ({folds}) are both set: a split is either imposed or drawn, remove one of them."
    return None
