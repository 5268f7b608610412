"""Images and patients that belong together: copies, near copies, families."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from tumourflow.cohorts.case import CaseFiles
from tumourflow.curation.duplicates import Search, find_duplicates
from tumourflow.curation.findings import Action, Finding, report_case

_NAMED = 3


def pair_duplicates(
    sound: pd.DataFrame, has_patients: bool, near_duplicate: float, off: Collection[str], search: Search = find_duplicates
) -> pd.DataFrame:
    """Find the pairs of images that are copies or nearly so.

    Args:
        sound: Facts of the cases that can be used, with `family` and `blank`.
        has_patients: Whether patients are known; then only pairs across patients, and families of them, are looked for.
        near_duplicate: Smallest correlation of two thumbnails that counts.
        off: Rules that are switched off.
        search: Finds the images that are alike, as `find_duplicates` does.

    Returns:
        `first, second` (case ids), `correlation`, `exact` (pixel-equal), `same_label`, sorted by both case ids.
    """
    facts = sound.assign(patient=sound["family"]).filter(["case_id", "patient", "image_key", "thumbnail", "blank"])
    if "near_duplicate" in off:
        facts = facts[facts["image_key"].duplicated(keep=False)]
    pairs = search(facts, near_duplicate, has_patients)
    wanted = pairs["exact"] if "near_duplicate" in off else ~pairs["exact"] if {"exact_duplicate", "label_conflict"} <= set(off) else True
    pairs = pairs[wanted & (pairs["first"] != pairs["second"])].reset_index(drop=True)
    label = sound.set_index("case_id")["label"]
    return pairs.assign(same_label=(pairs["first"].map(label) == pairs["second"].map(label)).astype(bool))


def find_conflicts(cases: Mapping[str, CaseFiles], sound: pd.DataFrame) -> Iterator[Finding]:
    """Find images that are equal pixel by pixel and have different labels.

    Args:
        cases: By case id.
        sound: Facts of the cases that can be used.

    Yields:
        One finding a case.
    """
    for copies in _group_copies(sound[sound["label"] != ""]):
        labels = sorted(set(copies["label"]))
        for label in labels if len(labels) > 1 else []:
            others = copies[copies["label"] != label]
            names = [f"{other} ({name})" for other, name in zip(others["case_id"], others["label"], strict=True)]
            for case_id in copies.loc[copies["label"] == label, "case_id"]:
                yield report_case(cases[case_id], "label_conflict", f"labelled {label}, but equal pixel by pixel to {_name(names)}")


def find_copies(cases: Mapping[str, CaseFiles], usable: pd.DataFrame) -> Iterator[Finding]:
    """Find images that are equal pixel by pixel.

    Args:
        cases: By case id.
        usable: Facts of the cases that go on, with `apart`: whether a person keeps an image apart from its copies.

    Yields:
        One finding a case.
    """
    for copies in _group_copies(usable):
        names = copies["case_id"].tolist()
        joined = set(copies.loc[~copies["apart"], "case_id"])
        doubts = [text for column, text in (("label", "labels"), ("mask_key", "masks")) if copies[column].nunique() > 1]
        doubt = f"; their {' and '.join(doubts)} differ" if doubts else ""
        for case_id in names:
            others = _name([other for other in names[: _NAMED + 1] if other != case_id], len(names) - 1)
            action: Action = "grouped" if case_id in joined and len(joined) > 1 else "kept"
            yield report_case(cases[case_id], "exact_duplicate", f"equal pixel by pixel to {others}{doubt}", action)


def find_near_copies(cases: Mapping[str, CaseFiles], usable: pd.DataFrame, pairs: pd.DataFrame, joined: pd.DataFrame) -> Iterator[Finding]:
    """Find images that nearly are copies.

    Args:
        cases: By case id.
        usable: Facts of the cases that go on.
        pairs: As `pair_duplicates` made them.
        joined: Those of them that stay on one side of a split; the others are reported.

    Yields:
        One finding a case.
    """
    paired = usable.loc[usable["case_id"].isin({*pairs["first"], *pairs["second"]}), ["case_id", "label"]]
    label = dict(paired.itertuples(index=False, name=None))
    near = pairs[~pairs["exact"].astype(bool) & pairs["first"].isin(label) & pairs["second"].isin(label)]
    turned = near.rename(columns={"first": "second", "second": "first"})
    both = pd.concat([near, turned]).sort_values(["first", "correlation", "second"], ascending=[True, False, True])
    grouped = {*joined["first"], *joined["second"]}
    for name, rows in both.groupby("first"):
        case_id, best = str(name), rows.head(_NAMED)
        names = [
            f"{other} (correlation {correlation:.3f}{'' if same else f', labelled {label[other]} instead of {label[case_id]}'})"
            for other, correlation, same in zip(best["second"], best["correlation"], best["same_label"], strict=True)
        ]
        action: Action = "grouped" if case_id in grouped else "kept"
        yield report_case(cases[case_id], "near_duplicate", f"like {_name(names, len(rows))}", action)


def find_families(cases: Mapping[str, CaseFiles], usable: pd.DataFrame) -> Iterator[Finding]:
    """Find patients that are probably one person.

    Args:
        cases: By case id.
        usable: Facts of the cases that go on.

    Yields:
        One finding a family, on the file of its first image.
    """
    several = usable.groupby("family")["patient"].transform("nunique") > 1
    for family, rows in usable[several].groupby("family"):
        first = cases[rows["case_id"].iloc[0]]
        evidence = f"{', '.join(sorted(set(rows['patient'])))}: {len(rows)} images"
        yield Finding(str(family), (first.image,), "id_family", evidence, "grouped")


def _group_copies(facts: pd.DataFrame) -> Iterator[pd.DataFrame]:
    telling = ~facts["blank"].astype(bool) & (facts["image_key"] != "")
    # Rows are taken out of the table only once it is known which: nearly none.
    copies = facts[telling & facts["image_key"].where(telling).duplicated(keep=False)].sort_values("case_id")
    for _, rows in copies.groupby("image_key"):
        yield rows


def _name(names: list[str], total: int = 0) -> str:
    more = max(total, len(names)) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
