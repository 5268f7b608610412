"""The union of cohorts that were ingested before: their latest cases as one cohort."""

from __future__ import annotations

import dataclasses
import json
import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.cohorts.pseudonyms import fold_stem
from tumourflow.cohorts.shown import describe_window, read_window, recall_window
from tumourflow.errors import UserError
from tumourflow.imaging.read import read_pixels
from tumourflow.links import join
from tumourflow.options import IngestionOptions
from tumourflow.options.ingestion import UnionMember
from tumourflow.types import Pixels

logger = logging.getLogger(__name__)


def read_union(root: Path, options: IngestionOptions) -> CohortIndex:
    """Take the cases of cohorts as their last finished runs left them.

    Of each image the cohort's lead channel is taken, so that all are grey. What the cohort's own curation left out stays out, and what it
    joined stays together: its groups are the families of the union. Two cohorts of one modality that have a patient's id in common, such as
    the sequences of one scanner ingested one by one, show one person: the groups that hold it are one family. The window is that of the
    cohorts that were shown through one; where theirs differ there is none for all, and the log says so.

    Args:
        root: The project's `data` folder, with `03_primary/<cohort>/cases.parquet` and `02_intermediate/<cohort>/images`.
        options: `cohorts` names them, and says which modality they are of.

    Returns:
        Cases `<cohort>/<case_id>` of patients `<cohort>/<patient>`, whose site is the cohort and whose label is its modality. Slices have
        no order: each image is looked at alone. Files of `root` that are no image of these cases belong to other rooms and are not counted.

    Raises:
        UserError: When there is no such folder, no cohort is named, one has not been ingested yet, with the command that does it, or has no
            such channel.
    """
    if not root.is_dir():
        msg = f"`raw_root` does not exist: {root}. Of a union it is the project's `data` folder, in which its cohorts were ingested."
        raise UserError(msg)
    if not options.cohorts:
        msg = "`ingestion.cohorts` is empty, but the reader is union: name the cohorts, each with its modality."
        raise UserError(msg)
    tables = {name: _read_cases(root, name, member) for name, member in options.cohorts.items()}
    members = [case for name, member in options.cohorts.items() for case in _make_cases(root, name, member, tables[name])]
    return CohortIndex(
        root=root,
        cases=_join_people(members),
        files=tuple(dict.fromkeys(case.image for case in members)),
        groups={case.patient: case.family for case in members},
        nameless=_find_nameless(members),
        window=_find_window({name: read_window(cases) for name, cases in tables.items()}),
    )


def read_manifests(files: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Read the manifests of a cohort's finished runs.

    Args:
        files: Manifests of a cohort; one that is damaged, as a loss of power leaves it, is that of a run that never finished.

    Returns:
        Manifests by their version, in the order in which the runs have finished. That is not always the order of the versions, which are
        named by when a run began.
    """
    found = {}
    for file in files:
        try:
            found[file.parent.name] = dict(json.loads(file.read_text()))
        except ValueError:
            logger.warning("%s is damaged: the run that wrote it counts as one that never finished.", file)
    return dict(sorted(found.items(), key=lambda pair: str(pair[1]["finished"])))


def _read_cases(root: Path, name: str, member: UnionMember) -> pd.DataFrame:
    manifests = read_manifests((root / "08_reporting" / name / "run_manifest.json").glob("*/run_manifest.json"))
    version = next(iter(reversed(manifests.values())), {}).get("versions", {}).get("cases", "")
    table = root / "03_primary" / name / "cases.parquet" / version / "cases.parquet"
    if not version or not table.exists():
        msg = f"`ingestion.cohorts` names {name}, but no finished run has left its cases in {root}. "
        msg += f"Run this first: kedro run --pipeline=ingestion --env={name} --params=raw_root=PATH."
        raise UserError(msg)
    cases = pd.read_parquet(table)
    channels = int(cases["channels"].max())
    if member.lead_channel >= channels:
        choice = f"{channels} channels: choose 0 to {channels - 1}" if channels > 1 else "1 channel (grey): choose 0"
        msg = f"`ingestion.cohorts` says `lead_channel: {member.lead_channel}` of {name}, but its images have {choice}."
        raise UserError(msg)
    return cases


def _find_window(noted: Mapping[str, dict[str, Any] | None]) -> IngestionOptions | None:
    shown = {name: recall_window(window) for name, window in noted.items() if window}
    if len(set(shown.values())) > 1:
        told = "; ".join(f"{name}: {describe_window(window)}" for name, window in shown.items())
        logger.warning(
            "Cohorts of `ingestion.cohorts` were shown through different windows (%s): new images will be routed through that of the"
            " defaults. Ingest them alike.",
            told,
        )
        return None
    return next(iter(shown.values()), None)


def _make_cases(root: Path, name: str, member: UnionMember, cases: pd.DataFrame) -> Iterator[Case]:
    for row in cases.to_dict("records"):
        yield _make_case(root, name, member, {str(column): value for column, value in row.items()})


def _make_case(root: Path, name: str, member: UnionMember, row: dict[str, Any]) -> Case:
    image = Path("02_intermediate", name, "images", row["image"][:2], f"{row['image']}.png")
    spacing = (float(row["pixel_height"]), float(row["pixel_width"]))
    return Case(
        case_id=f"{name}/{row['case_id']}",
        patient=f"{name}/{row['patient']}",
        site=name,
        slice=0,
        label=member.modality,
        image=image,
        masks=(),
        load_image=partial(_read_channel, root / image, member.lead_channel),
        family=f"{name}/{row['group']}",
        spacing=None if math.isnan(sum(spacing)) else spacing,
    )


def _find_nameless(cases: Iterable[Case]) -> frozenset[str]:
    # Where nobody knows the patients, each image is called as a patient of its own.
    named = {case.site for case in cases if case.patient != case.case_id}
    return frozenset(case.case_id for case in cases if case.site not in named)


def _join_people(cases: list[Case]) -> tuple[Case, ...]:
    if not cases:
        return ()
    table = pd.DataFrame([(case.site, case.label, case.family, case.patient.removeprefix(f"{case.site}/")) for case in cases])
    table.columns = pd.Index(["site", "label", "name", "patient"])
    stem = table["patient"].map(fold_stem)
    # Ids that a cohort's own curation kept apart although they are nearly one stay apart.
    apart = table.groupby(["site", stem])["name"].transform("nunique") > 1
    links = table["label"] + "/" + stem.mask(stem.isin(stem[apart]), table["patient"])
    families = join(sorted(set(table["name"])), pd.DataFrame({"name": table["name"], "link": links}))
    return tuple(dataclasses.replace(case, family=families[case.family]) for case in cases)


def _read_channel(file: Path, channel: int) -> Pixels:
    pixels = read_pixels(file)
    return pixels if pixels.ndim == 2 else pixels[..., channel]
