"""What becomes of families and groups where people decided who belongs together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from tumourflow.curation.bonds import Bond, explain_needless
from tumourflow.errors import UserError
from tumourflow.links import join


def separate(facts: pd.DataFrame, bonds: Iterable[Bond]) -> pd.DataFrame:
    """Take patients out of their families, and mark the images that are kept apart from their copies.

    Args:
        facts: One row a case with `case_id`, `patient` and `family`.
        bonds: What people decided.

    Returns:
        The same with `apart`. A family that has the name of a patient who leaves it is named after the first who stays.
    """
    alone = [bond for bond in bonds if not bond.other]
    strangers = {bond.name for bond in alone if bond.patients}
    images = {case_id for bond in alone if not bond.patients for case_id in bond.cases}
    left = facts["patient"].isin(strangers)
    family = facts["family"]
    if left.any():
        first = facts.groupby([family, left])["patient"].transform("min")
        family = family.mask(family.isin(strangers), first).mask(left, facts["patient"])
    return facts.assign(family=family, apart=facts["case_id"].isin(images))


def require_copies(bonds: Iterable[Bond], pairs: pd.DataFrame, sound: pd.DataFrame) -> None:
    """Make sure that whatever is kept apart from its copies has one.

    Args:
        bonds: What people decided.
        pairs: As `pair_duplicates` made them.
        sound: Facts of the cases that can be used; where of some only headers were read, nobody knows.

    Raises:
        UserError: Naming an image that nothing is like.
    """
    copies = [bond for bond in bonds if not bond.other and not bond.patients]
    known = {*pairs["first"], *pairs["second"]} if copies else set()
    for bond in copies:
        if not known.intersection(bond.cases) and (sound["image_key"] != "").all():
            raise explain_needless(bond.name)


def pair_joined(bonds: Sequence[Bond], usable: pd.Series[str]) -> pd.DataFrame:
    """Name two cases of each two that people joined.

    Args:
        bonds: What people decided.
        usable: Ids of the cases that go on.

    Returns:
        `first, second` (case ids), `patients` (whether their patients are one person).

    Raises:
        UserError: If one of the two has no case that goes on.
    """
    rows = []
    left = set(usable) if bonds else set()
    for bond in bonds:
        if bond.other:
            ends = [next((each for each in cases if each in left), "") for cases in (bond.cases, bond.others)]
            if not all(ends):
                lost = bond.other if ends[0] else bond.name
                msg = f"`curation.decisions` joins `{bond.name}` with `{bond.other}`, but no image of `{lost}` is left: "
                raise UserError(msg + "mend its files (see the ledger) or remove the line.")
            rows.append((*ends, bond.patients))
    return pd.DataFrame(rows, columns=pd.Index(["first", "second", "patients"])).astype({"patients": bool})


def join_families(cases: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series[str]:
    """Make one family of the families of two patients who are one person.

    Args:
        cases: One row a case with `case_id` and `family`.
        pairs: `first, second`: cases of such patients.

    Returns:
        The family of each case, named after the first of its families.
    """
    if pairs.empty:
        return cases["family"]
    family = cases.set_index("case_id")["family"]
    links = pd.concat([pd.DataFrame({"name": pairs[end].map(family), "link": pairs.index}) for end in ("first", "second")])
    return cases["family"].map(join(sorted(set(cases["family"])), links))
