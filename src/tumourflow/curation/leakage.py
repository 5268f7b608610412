"""The gate in front of training: nobody may stand on two sides, unless the protocol is known to leak and everything says so."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import pandas as pd

from tumourflow.curation.sides import Leak, Pair, find_leaks
from tumourflow.curation.splits import SPLITS
from tumourflow.errors import UserError
from tumourflow.options import Protocol

logger = logging.getLogger(__name__)

Report = dict[str, Any]

LEAKING: tuple[Protocol, ...] = ("slice", "official")
"""Protocols under which leaks are listed instead of refused: they repeat what others have done."""

_NAMED = 5
_LISTED = 20
_SINGULAR = {"patient": "patient", "family": "family", "group": "duplicate group", "pixel": "equal image"}
_PLURAL = {"patient": "patients", "family": "families", "group": "duplicate groups", "pixel": "equal images"}


def inspect_leakage(splits: pd.DataFrame, cases: pd.DataFrame, protocol: Protocol = "patient") -> Report:
    """Let a split pass only if it is complete and no patient, family, duplicate group or image stands on two sides.

    Blank images take no part: the black end slices of two volumes are equal, and tell nothing.

    Args:
        splits: `case_id, patient, split, fold`.
        cases: The table of cases.
        protocol: How the cohort was split; under `slice` and `official` leaks are listed and the split passes.

    Returns:
        `protocol`; `leaky`; `verdict` (`no leak` or `leaky`); `patients`, `cases` and `tumour_cases`, each by split; `blank_images` and
        `images_apart` (those that a person keeps apart from their copies), which were not compared; `joined_patients` that belong
        together and therefore on one side; `leaks`, for each kind (`patient, family, group, pixel`) how many stand on two sides (`count`)
        and the `pairs` of cases that show it; under `official` also `straddling_families`, whose members stand in several of the
        published folds.

    Raises:
        UserError: Naming the pairs that stand on two sides (of many some, and all in the log), the cases in no split, or the split that
            is empty or without a tumour though training needs one.
    """
    table = cases.merge(splits[["case_id", "split"]], on="case_id", how="left", validate="one_to_one")
    _require_complete(table, ("train",) if protocol == "all" else ("train", "validation"))
    leaks = find_leaks(table)
    if leaks and protocol not in LEAKING:
        pairs = _list_pairs(leaks)
        for pair in pairs if len(pairs) > _NAMED else ():
            logger.error("Leak: %s.", pair)
        raise UserError(_describe(leaks, pairs))
    return {
        "protocol": protocol,
        "leaky": bool(leaks),
        "verdict": "leaky" if leaks else "no leak",
        "patients": {name: int(table.loc[table["split"] == name, "patient"].nunique()) for name in SPLITS},
        "cases": _count(table),
        "tumour_cases": _count(table[table["tumour_pixels"] > 0]),
        "blank_images": int(table["blank"].sum()),
        "images_apart": int(table["apart"].sum()) if "apart" in table else 0,
        "joined_patients": _join_patients(cases),
        "leaks": {leak.kind: {"count": leak.count, "pairs": [pair._asdict() for pair in leak.pairs]} for leak in leaks},
        **({"straddling_families": straddling_families(cases)} if protocol == "official" else {}),
    }


def straddling_families(cases: pd.DataFrame) -> list[str]:
    """Name the families whose members stand in several of the published folds.

    Example:
        >>> straddling_families(pd.DataFrame({"family": ["a", "a", "b"], "official_fold": [0, 1, 1]}))
        ['a']
    """
    folds = cases.groupby("family")["official_fold"].nunique()
    return sorted(str(family) for family in folds.index[folds > 1])


def describe_leakage(report: Report) -> str:
    """Say in a sentence what a report found.

    Example:
        >>> describe_leakage({"protocol": "slice", "leaky": True, "leaks": {"patient": {"count": 3}, "pixel": {"count": 1}}})
        'LEAKY: slice protocol (on two sides of the split: 3 patients, 1 equal image).'
        >>> describe_leakage({"protocol": "official", "leaky": False, "leaks": {}, "straddling_families": ["a"]})
        'No leak. 1 family straddles the published folds: a.'
    """
    found = ", ".join(_name_count(kind, leak["count"]) for kind, leak in report["leaks"].items())
    text = f"LEAKY: {report['protocol']} protocol (on two sides of the split: {found})." if report["leaky"] else "No leak."
    families = report.get("straddling_families", [])
    if families:
        more = f" and {len(families) - _LISTED} more" if len(families) > _LISTED else ""
        verb = "straddle" if len(families) > 1 else "straddles"
        text += f" {_name_count('family', len(families))} {verb} the published folds: {', '.join(families[:_LISTED])}{more}."
    return text


def leakage_marks(report: Mapping[str, Any]) -> dict[str, Any]:
    """Give what stands beside the figures of a split that leaks; nothing where it does not.

    Example:
        >>> leakage_marks({"protocol": "slice", "leaky": True}), leakage_marks({"protocol": "patient", "leaky": False})
        ({'leaky': True, 'protocol': 'slice'}, {})
    """
    return {"leaky": True, "protocol": report["protocol"]} if report["leaky"] else {}


def _name_count(kind: str, count: int) -> str:
    return f"{count} {(_SINGULAR if count == 1 else _PLURAL)[kind]}"


def _list_pairs(leaks: list[Leak]) -> list[str]:
    # In turns, so that no kind hides behind another.
    turns = zip_longest(*([_describe_pair(leak.kind, pair) for pair in leak.pairs] for leak in leaks))
    return [text for turn in turns for text in turn if text]


def _describe(leaks: list[Leak], pairs: list[str]) -> str:
    found = ", ".join(_name_count(leak.kind, leak.count) for leak in leaks)
    example = "" if len(pairs) <= _NAMED else ", for example"
    remedy = "Put all that belongs together into one split, or say in `curation.decisions` which copies are excluded, and who is apart."
    rest = f" All {len(pairs)} are named in the log above." if example else ""
    return f"Leak: {found} would stand on two sides of the split{example}: {'; '.join(pairs[:_NAMED])}.{rest} {remedy}"


def _describe_pair(kind: str, pair: Pair) -> str:
    why = "are equal pixel by pixel" if kind == "pixel" else f"are of {_SINGULAR[kind]} {pair.name}"
    return f"{pair.first} ({pair.first_split}) and {pair.second} ({pair.second_split}) {why}"


def _count(table: pd.DataFrame) -> dict[str, int]:
    return {name: int((table["split"] == name).sum()) for name in SPLITS}


def _join_patients(cases: pd.DataFrame) -> list[str]:
    patients = cases[["patient", "group"]].drop_duplicates()
    return sorted({str(patient) for patient in patients.loc[patients["group"].duplicated(keep=False), "patient"]})


def _require_complete(table: pd.DataFrame, needed: tuple[str, ...]) -> None:
    lost = table[~table["split"].isin(SPLITS)]
    if len(lost):
        msg = f"{len(lost)} cases are in no split, the first is {lost['case_id'].iloc[0]}: run the room `splitting` on the same cases."
        raise UserError(msg)
    empty = [name for name in needed if not (table["split"] == name).any()]
    if empty:
        msg = f"The split `{empty[0]}` has no case: training needs at least one patient in it."
        raise UserError(msg)
    # A cohort without masks is not for segmentation, and can be split all the same.
    if not (table["mask"] != "").any():
        return
    lacks = {"train": "there is nothing to learn", "validation": "no checkpoint and no threshold can be chosen"}
    for name in needed:
        if not table.loc[table["split"] == name, "tumour_pixels"].any():
            msg = f"No patient in `{name}` has a tumour, so {lacks[name]}: "
            msg += "raise `splitting.validation`, " if name == "validation" else ""
            msg += "choose another `seed`, or other patients in `split_file`."
            raise UserError(msg)
