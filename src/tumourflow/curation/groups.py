"""Who belongs together: patients that share an image are one unit of every split."""

from __future__ import annotations

import numpy as np
import pandas as pd


def group_patients(cases: pd.DataFrame, pairs: pd.DataFrame | None = None, copies: bool = True) -> dict[str, str]:
    """Join patients of one family, those between whom an image was copied, and those of pairs; blank images join nobody.

    Args:
        cases: One row a case with `patient`, `image` (content key) and `blank`, `family` where it is known, and `case_id` with `pairs`.
        pairs: `first, second`: cases that belong together for another reason.
        copies: Whether images that are equal pixel by pixel join their patients.

    Returns:
        The group of each patient, named after the first of its patients; nearly always the patient alone.

    Example:
        >>> cases = pd.DataFrame({"patient": ["c", "b", "a"], "image": ["1", "1", "2"], "blank": False})
        >>> group_patients(cases)
        {'a': 'a', 'b': 'b', 'c': 'b'}
    """
    links = []
    if copies:
        telling = cases.loc[~cases["blank"].astype(bool) & (cases["image"] != ""), ["patient", "image"]]
        telling = telling[telling.duplicated("image", keep=False)]
        links.append(pd.DataFrame({"patient": telling["patient"], "link": "image " + telling["image"]}))
    if "family" in cases:
        links.append(pd.DataFrame({"patient": cases["patient"], "link": "family " + cases["family"]}).drop_duplicates())
    if pairs is not None and len(pairs):
        patient = cases.set_index("case_id")["patient"]
        name = pd.Series(np.arange(len(pairs)), pairs.index).astype(str)
        links += [pd.DataFrame({"patient": pairs[end].map(patient), "link": "pair " + name}) for end in ("first", "second")]
    return _join(sorted(cases["patient"].unique()), pd.concat(links) if links else pd.DataFrame({"patient": [], "link": []}))


def _join(patients: list[str], links: pd.DataFrame) -> dict[str, str]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = pd.Categorical(links["patient"], categories=patients).codes
    columns = pd.factorize(links["link"])[0]
    size = len(patients) + len(links)
    edges = coo_array((np.ones(len(links)), (rows, columns + len(patients))), shape=(size, size))
    component = connected_components(edges, directed=False)[1][: len(patients)]
    label = dict(zip(patients, component.tolist(), strict=True))
    first = {label[patient]: patient for patient in reversed(patients)}
    return {patient: first[label[patient]] for patient in patients}
