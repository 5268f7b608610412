"""Who belongs together: patients that share an image are one unit of every split."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def group_patients(cases: pd.DataFrame) -> dict[str, str]:
    """Join patients of one family and those between whom an image was copied; blank images join nobody.

    Args:
        cases: One row a case with `patient`, `image` (content key) and `blank`, and `family` where it is known.

    Returns:
        The group of each patient, named after the first of its patients; nearly always the patient alone.

    Example:
        >>> cases = pd.DataFrame({"patient": ["c", "b", "a"], "image": ["1", "1", "2"], "blank": False})
        >>> group_patients(cases)
        {'a': 'a', 'b': 'b', 'c': 'b'}
    """
    patients = sorted(cases["patient"].unique())
    telling = cases[~cases["blank"].astype(bool) & (cases["image"] != "")]
    links = [telling[["patient", "image"]].set_axis(["patient", "link"], axis=1)]
    if "family" in cases:
        links.append(cases[["patient", "family"]].drop_duplicates().assign(link=lambda rows: "family " + rows["family"])[["patient", "link"]])
    table = pd.concat(links)
    rows = pd.Categorical(table["patient"], categories=patients).codes
    columns = pd.factorize(table["link"])[0]
    size = len(patients) + len(table)
    edges = coo_array((np.ones(len(table)), (rows, columns + len(patients))), shape=(size, size))
    component = connected_components(edges, directed=False)[1][: len(patients)]
    label = dict(zip(patients, component.tolist(), strict=True))
    first = {label[patient]: patient for patient in reversed(patients)}
    return {patient: first[label[patient]] for patient in patients}
