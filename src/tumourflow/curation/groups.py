"""Who belongs together: patients that share an image are one unit of every split."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tumourflow.links import join


def group_patients(cases: pd.DataFrame, pairs: pd.DataFrame | None = None, copies: bool = True) -> dict[str, str]:
    """Join patients of one family, those between whom an image was copied, and those of pairs; blank images join nobody.

    Args:
        cases: One row a case with `patient`, `image` (content key) and `blank`, `family` and `apart` where they are known, and `case_id`
            with `pairs`.
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
        telling = choose_telling(cases.filter(["patient", "image", "blank", "apart"]))
        telling = telling[telling.duplicated("image", keep=False)]
        links.append(pd.DataFrame({"name": telling["patient"], "link": "image " + telling["image"]}))
    if "family" in cases:
        links.append(pd.DataFrame({"name": cases["patient"], "link": "family " + cases["family"]}).drop_duplicates())
    if pairs is not None and len(pairs):
        patient = cases.set_index("case_id")["patient"]
        number = pd.Series(np.arange(len(pairs)), pairs.index).astype(str)
        links += [pd.DataFrame({"name": pairs[end].map(patient), "link": "pair " + number}) for end in ("first", "second")]
    return join(sorted(cases["patient"].unique()), pd.concat(links) if links else pd.DataFrame({"name": [], "link": []}))


def choose_telling(cases: pd.DataFrame) -> pd.DataFrame:
    """Choose the cases whose images say who belongs together: neither blank, nor kept apart from their copies by a person.

    Args:
        cases: One row a case with `image`, `blank`, and `apart` where it is known.

    Returns:
        Rows of `cases`.
    """
    telling = cases[~cases["blank"].astype(bool) & (cases["image"] != "")]
    return telling[~telling["apart"].astype(bool)] if "apart" in telling else telling
