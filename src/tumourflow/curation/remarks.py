"""What is unusual about cases that can be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from tumourflow.cohorts.case import CaseFiles
from tumourflow.cohorts.persons import conceal_file
from tumourflow.curation.defects import BLACK, list_notes
from tumourflow.curation.findings import RULES, Finding, report_case
from tumourflow.options import IngestionOptions


def find_remarks(
    cases: Mapping[str, CaseFiles], sound: pd.DataFrame, ingestion: IngestionOptions, persons: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """Find what is unusual, but no reason to leave a case out.

    Args:
        cases: By case id.
        sound: Facts of the cases that can be used, with `masks` (how many files), `brightness` (of the brightest pixel, as a share of the
            patient's), `lead_brightness` (the same in the lead channel alone, or NaN) and `blank`.
        ingestion: `near_black`, `lead_channel` and `channels` are used.
        persons: What tells patients in names of files.

    Yields:
        Findings, of which a case may have several.
    """
    yield from _find_near_black(cases, sound, ingestion)
    channels = ingestion.channels
    plain = sound[sound["constant"].astype(bool) & sound["ordered"].astype(bool)]
    for case_id, value in zip(plain["case_id"], plain["brightest"], strict=True):
        yield report_case(cases[case_id], "constant", f"all pixels are {value:g}, in a volume", "kept")
    partly = sound.loc[(sound["flat_channels"] != "") & ~sound["blank"].astype(bool), ["case_id", "flat_channels"]]
    for case_id, flat in partly.itertuples(index=False, name=None):
        names = ", ".join(_name_channel(int(channel), channels) for channel in flat.split())
        yield report_case(cases[case_id], "constant", f"{names}: all pixels are equal, where other channels differ", "kept")
    large = sound[2 * sound["tumour_pixels"] > sound["height"] * sound["width"]]
    for case_id, pixels, height, width in large[["case_id", "tumour_pixels", "height", "width"]].itertuples(index=False, name=None):
        yield report_case(cases[case_id], "mask_covers_most", f"{pixels / (height * width):.0%} of the image")
    yield from _repeat_notes(cases, sound, persons)
    yield from _find_missing_sequences(cases, sound, channels)


def _find_near_black(cases: Mapping[str, CaseFiles], sound: pd.DataFrame, ingestion: IngestionOptions) -> Iterator[Finding]:
    dark = sound[sound["brightness"] < ingestion.near_black]
    for case_id, share, value in zip(dark["case_id"], dark["brightness"], dark["brightest"], strict=True):
        evidence = f"brightest pixel is {share:.3f} of the patient's" if share or not value else f"no pixel of the patient is above {BLACK}"
        yield report_case(cases[case_id], "near_black", evidence)
    # A lead channel with nothing in it has a row of its own.
    empty = sound["flat_channels"].str.split().map(lambda flat: str(ingestion.lead_channel) in flat).astype(bool)
    partly = sound[(sound["lead_brightness"] < ingestion.near_black) & ~sound["blank"].astype(bool) & ~empty]
    name = _name_channel(ingestion.lead_channel, ingestion.channels)
    for case_id, share in zip(partly["case_id"], partly["lead_brightness"], strict=True):
        yield report_case(cases[case_id], "near_black", f"{name}: brightest pixel is {share:.3f} of the patient's")


def _repeat_notes(cases: Mapping[str, CaseFiles], sound: pd.DataFrame, persons: frozenset[str]) -> Iterator[Finding]:
    notes = list_notes(sound)
    notes = notes[~notes["finding"].isin([name for name, rule in RULES.items() if rule.action == "excluded"])]
    told = notes.groupby(["case_id", "finding"], sort=False)["evidence"].agg("; ".join).reset_index()
    for case_id, finding, evidence in zip(told["case_id"], told["finding"], told["evidence"], strict=True):
        yield report_case(cases[case_id], finding, evidence)
    united = set(notes.loc[notes["finding"] == "several_masks", "case_id"])
    for case_id in sound.loc[sound["masks"] > 1, "case_id"]:
        if case_id not in united:
            names = (conceal_file(mask, persons).name for mask in cases[case_id].masks)
            yield report_case(cases[case_id], "several_masks", " + ".join(names))


def _find_missing_sequences(cases: Mapping[str, CaseFiles], sound: pd.DataFrame, channels: Sequence[str]) -> Iterator[Finding]:
    columns = ["patient", "slice", "case_id", "equal_channels"]
    telling = sound.loc[~sound["blank"].astype(bool) & (sound["channels"] > 1), columns]
    slices = telling.groupby("patient").size()
    repeating = telling[telling["equal_channels"] != ""]
    if repeating.empty:
        return
    pairs = repeating[["patient"]].assign(pair=repeating["equal_channels"].str.split()).explode("pair")
    counts = pairs.groupby(["patient", "pair"]).size().rename("equal").reset_index()
    counts = counts[2 * counts["equal"] >= counts["patient"].map(slices)]
    if len(channels) < 2:
        # Nobody says that channels are sequences: where most patients have it, grey values were stored as colours.
        counts = counts[2 * counts.groupby("pair")["pair"].transform("size") <= len(slices)]
    first = telling.sort_values(["patient", "slice", "case_id"]).drop_duplicates("patient").set_index("patient")["case_id"]
    for patient, rows in counts.groupby("patient"):
        equal, total = int(rows["equal"].min()), int(slices[patient])
        classes = "; ".join(" = ".join(_name_channel(each, channels) for each in group) for group in _join_channels(rows["pair"]))
        evidence = f"{classes} in " + (f"all {total} slices" if equal == total else f"{equal} of {total} slices")
        yield Finding(str(patient), (cases[first[patient]].image,), "missing_sequence", evidence, "kept")


def _join_channels(pairs: Iterable[str]) -> list[list[int]]:
    """Make sets of equal channels out of pairs.

    Example:
        >>> _join_channels(["0=1", "0=2", "1=2", "3=4"])
        [[0, 1, 2], [3, 4]]
    """
    groups: list[set[int]] = []
    for pair in pairs:
        joined = {int(channel) for channel in pair.split("=")}
        for group in [group for group in groups if group & joined]:
            groups.remove(group)
            joined |= group
        groups.append(joined)
    return sorted(sorted(group) for group in groups)


def _name_channel(channel: int, names: Sequence[str]) -> str:
    return f"channel {channel} ({names[channel]})" if channel < len(names) else f"channel {channel}"
