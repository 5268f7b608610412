"""Names that have a link in common."""

from __future__ import annotations

import numpy as np
import pandas as pd


def join(names: list[str], links: pd.DataFrame) -> dict[str, str]:
    """Join names that have a link in common, directly or through others.

    Args:
        names: Without repetition, sorted.
        links: `name, link`.

    Returns:
        For each name the first of those that it is joined with.

    Example:
        >>> join(["a", "b", "c"], pd.DataFrame({"name": ["a", "c", "b"], "link": ["x", "x", "y"]}))
        {'a': 'a', 'b': 'b', 'c': 'a'}
    """
    links = links.drop_duplicates()
    links = links[links.duplicated("link", keep=False)]
    if links.empty:  # nearly always, and SciPy's graphs take a while to be imported
        return {name: name for name in names}

    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = pd.Categorical(links["name"], categories=names).codes
    columns = pd.factorize(links["link"])[0]
    size = len(names) + len(links)
    edges = coo_array((np.ones(len(links)), (rows, columns + len(names))), shape=(size, size))
    component = connected_components(edges, directed=False)[1][: len(names)]
    label = dict(zip(names, component.tolist(), strict=True))
    first = {label[name]: name for name in reversed(names)}
    return {name: first[label[name]] for name in names}
