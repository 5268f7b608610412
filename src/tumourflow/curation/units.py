"""What a split deals out: whole groups of patients, each with the load, site and class it is balanced by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

RARE = 3
"""Classes of fewer units cannot be on each of three sides."""


def list_units(cases: pd.DataFrame) -> pd.DataFrame:
    """Describe each group by what splits are balanced by.

    Args:
        cases: One row a case with `group, label, site, tumour_pixels, mask`; the order of rows does not matter.

    Returns:
        Sorted by name of the group, which is the index: `load` (tumour pixels), `site`, `masked` (whether any case has a mask), and
        `label`, the most frequent of the group's.

    Example:
        >>> cases = pd.DataFrame({"group": ["b", "a", "b"], "label": ["x", "y", "x"], "site": "CS", "tumour_pixels": [1, 0, 3]})
        >>> list_units(cases.assign(mask=["m", "", ""])).reset_index().to_numpy().tolist()
        [['a', 0, 'CS', False, 'y'], ['b', 4, 'CS', True, 'x']]
    """
    groups = cases.groupby("group", sort=True)
    counts = cases.groupby(["group", "label"], sort=True).size().rename("images").reset_index()
    # Of labels that are equally frequent the first by name.
    most = counts.sort_values(["group", "images", "label"], ascending=[True, False, True]).drop_duplicates("group").set_index("group")
    masked = (cases["mask"] != "").groupby(cases["group"]).any()
    return pd.DataFrame({"load": groups["tumour_pixels"].sum(), "site": groups["site"].min(), "masked": masked, "label": most["label"]})


def part_classes(units: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Part units by class, in order of name.

    Which comes first of rare classes of one size is drawn: there are not enough of each for all sides, and the first is served first.

    Args:
        units: As `list_units` gives them.
        rng: Chance.

    Returns:
        The units of each class.
    """
    sizes = units["label"].value_counts().sort_index()
    order = sizes.index.to_numpy(dtype=object)
    for size in range(1, RARE):
        places = np.flatnonzero(sizes.to_numpy() == size)
        order[places] = order[rng.permutation(places)]
    return {str(label): units[units["label"] == label] for label in order}


def order_units(units: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """Put units in order of load and site, at random within these and from a random start.

    Those without masks, who may have any load, come before those with masks, each in an order of their own.

    Args:
        units: As `list_units` gives them.
        rng: Chance.

    Returns:
        Names of the units.
    """
    return [unit for _, part in units.groupby("masked", sort=True) for unit in _order_alike(part, rng)]


def grade_load(load: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Grade units by tumour load: 0 for none, else 1 to 3 by thirds.

    Example:
        >>> grade_load(np.array([0, 30, 10, 20])).tolist()
        [0, 3, 1, 2]
    """
    grade = np.zeros(len(load), dtype=np.int64)
    some = np.flatnonzero(load > 0)
    grade[some[np.argsort(load[some], kind="stable")]] = 1 + np.arange(len(some)) * 3 // max(len(some), 1)
    return grade


def _order_alike(units: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    sites = sorted(set(units["site"]))
    position = dict(zip(sites, rng.permutation(len(sites)).tolist(), strict=True))
    chance = rng.permutation(len(units))
    order = np.lexsort((chance, units["site"].map(position).to_numpy(), grade_load(units["load"].to_numpy())))
    return [str(unit) for unit in units.index.to_numpy()[np.roll(order, int(rng.integers(len(units))))]]
