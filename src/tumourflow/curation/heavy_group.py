"""A group that outweighs all others: shares of a split count groups, whatever they hold."""

from __future__ import annotations

import pandas as pd

_HEAVY = 1 / 3
"""Share of all images from which on a group is told of: it alone is more than a split of its side's size."""
_FEW = 4
"""Of fewer groups one is always heavy."""


def tell_heavy_group(cases: pd.DataFrame, splits: pd.DataFrame) -> str | None:
    """Tell of a group that has a third of all images: the side that it stands on has far more of them than its share says.

    Args:
        cases: Columns `case_id, patient, group`.
        splits: Columns `case_id, split`.

    Returns:
        A sentence, or none where no group is so large.

    Example:
        >>> cases = pd.DataFrame({"case_id": list("uvwxyz"), "patient": list("aabcde"), "group": list("aaacde")})
        >>> print(tell_heavy_group(cases, pd.DataFrame({"case_id": list("uvwxyz"), "split": ["test"] * 3 + ["train"] * 3})))
        2 patients, such as a, belong together and hold 3 of 6 images. All of these are in test, which has 3: shares count groups.
    """
    sizes = cases["group"].value_counts()
    if len(sizes) < _FEW or sizes.iloc[0] < _HEAVY * len(cases):
        return None
    heavy = cases.loc[cases["group"] == sizes.index[0]].merge(splits[["case_id", "split"]], on="case_id")
    side, patients = heavy["split"].iloc[0], heavy["patient"].nunique()
    first, there = heavy["patient"].min(), int((splits["split"] == side).sum())
    who = f"{patients} patients, such as {first}, belong together and hold" if patients > 1 else f"{first} holds"
    where = f"All of these are in {side}, which has {there}: shares count groups."
    return f"{who} {len(heavy)} of {len(cases)} images. {where}"
