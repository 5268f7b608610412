"""One grouping of cases for all tables that are compared: what was joined since is drawn as one, in each of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tumourflow.links import join


def regroup(scores: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame | None:
    """Give rows of scores the patients and groups that their cases have by now.

    Args:
        scores: One row a case, with `case_id`; patients and groups may be those of an earlier run.
        cases: Columns `case_id, patient, group`.

    Returns:
        The rows in their order; nothing where one is of a case that is not there any more.

    Example:
        >>> cases = pd.DataFrame({"case_id": ["p/1", "q/1"], "patient": ["p", "q"], "group": "p"})
        >>> regroup(pd.DataFrame({"case_id": ["q/1"], "tp": [3], "group": ["q"]}), cases).to_dict("records")
        [{'case_id': 'q/1', 'tp': 3, 'group': 'p', 'patient': 'q'}]
    """
    known = cases.set_index("case_id")[["patient", "group"]]
    if not scores["case_id"].isin(known.index).all():
        return None
    return scores.assign(**{name: scores["case_id"].map(known[name]) for name in ("group", "patient")})


def join_groups(tables: Sequence[pd.DataFrame]) -> pd.Series[str]:
    """Join cases that any of several tables has in one group, directly or through others.

    Args:
        tables: Columns `case_id, group`; names of groups mean nothing beyond their table.

    Returns:
        The group of each case, named after the first of its cases and indexed by case.

    Example:
        >>> one = pd.DataFrame({"case_id": list("abcd"), "group": list("1123")})
        >>> other = pd.DataFrame({"case_id": list("abcd"), "group": list("1223")})
        >>> join_groups([one, other]).to_dict()
        {'a': 'a', 'b': 'a', 'c': 'a', 'd': 'd'}
    """
    rows = (table[["case_id"]].assign(link=f"{number}/" + table["group"]) for number, table in enumerate(tables))
    links = pd.concat(rows).rename(columns={"case_id": "name"})
    joined, cases = join(sorted(set(links["name"])), links), links["name"].unique()
    return pd.Series([joined[case] for case in cases], index=pd.Index(cases, name="case_id"))
