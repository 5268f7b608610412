"""What is left of a cohort after curation, in numbers, and whether that is enough."""

from __future__ import annotations

import pandas as pd

from tumourflow.cohorts.case import CohortIndex
from tumourflow.curation.volume_doubts import doubt_volumes
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

Summary = dict[str, int | float]


def summarise(index: CohortIndex, cases: pd.DataFrame, ledger: pd.DataFrame, files: dict[str, int]) -> Summary:
    """Count what became of a cohort.

    Args:
        index: The cohort.
        cases: The table of cases.
        ledger: As `write_ledger` made it.
        files: As `account_for_files` counted them.

    Returns:
        The numbers of `files`; `excluded_fraction` of all files; `excluded_cases`, `cases`, `patients`, `groups`; and the number of rows
        under each finding that occurs.
    """
    counts: Summary = {**files, "excluded_fraction": files["excluded"] / max(files["found"], 1)}
    counts |= {"excluded_cases": len(index.cases) - len(cases), "cases": len(cases)}
    counts |= {"patients": int(cases["patient"].nunique()), "groups": int(cases["group"].nunique())}
    return counts | {str(name): int(count) for name, count in ledger["finding"].value_counts().sort_index().items()}


def require_enough(index: CohortIndex, cases: pd.DataFrame, ledger: pd.DataFrame, summary: Summary, limit: float) -> None:
    """Stop where so much of a cohort is lost that nothing should be trained on it.

    Args:
        index: The cohort.
        cases: The table of cases.
        ledger: As `write_ledger` made it.
        summary: As `summarise` made it.
        limit: Largest tolerated share of files, and of cases, where several share a file.

    Raises:
        UserError: Naming the share, the findings and the first files.
    """
    enough = summary["excluded_fraction"] <= limit and summary["excluded_cases"] <= limit * len(index.cases)
    if enough and len(cases):
        return
    excluded = ledger[ledger["action"] == "excluded"]
    files = excluded.groupby("finding")["file"].nunique().sort_values(ascending=False, kind="stable")
    reasons = ", ".join(f"{count} {finding}" for finding, count in files.items())
    first = "; ".join(f"{row.file}: {row.evidence}" for row in excluded.head(3).itertuples())
    lost = f"{summary['excluded']} of the {summary['found']} files"
    if summary["excluded_fraction"] <= limit:
        lost = f"{summary['excluded_cases']} of the {len(index.cases)} cases"
    what = f"{lost} in {index.root} cannot be used ({reasons}; for example {first})"
    if not len(cases):
        msg = f"No case is left: {what}. Mend the files or choose another `ingestion.reader`."
    else:
        msg = f"{what}, more than `curation.max_excluded_fraction` = {limit:g} allows. Mend the files or raise that parameter."
    raise UserError(msg)


def doubt_patients(index: CohortIndex, cases: pd.DataFrame, alike: int) -> str:
    """Say that slices may have been taken for patients, or patients for one; empty where nothing speaks for it.

    Names that do not tell the patient from the slice make a patient of every image, and neighbours stand on two sides of the split. Folders
    that are no patients make one of all that lie in them, and slices of several are neighbours. What names of volumes may mislead to,
    `doubt_volumes` says.

    Args:
        index: The cohort.
        cases: The table of cases, sorted by patient and slice.
        alike: How many of them look like one of another patient.
    """
    numbered = cases[cases["slice"] > 0]
    twice = numbered[numbered.duplicated(["patient", "slice"], keep=False)]
    if len(twice):
        first, second = twice["case_id"].iloc[:2]
        patient, number = twice[["patient", "slice"]].iloc[0]
        doubt = f"`{first}` and `{second}` are both slice {number} of patient `{patient}`, and {len(twice)} images share a number so:"
        doubt += " where several patients or series are taken for one, their slices are mixed up."
    elif alike and index.has_patients and not cases["patient"].duplicated().any():
        doubt = f"Every image is a patient of its own, and {alike} look like another's: where some are slices of one patient, their"
        doubt += " neighbours would be trained on and tested."
    else:
        return doubt_volumes(index, int(cases["patient"].nunique()))
    return f"{doubt} Say who is who, by `ingestion.case_pattern` or the column `patient` of a table."


def require_lead_channel(cases: pd.DataFrame, ingestion: IngestionOptions) -> None:
    """Make sure that the images have the channel on which tumours show best, and as many as are named.

    Args:
        cases: The table of cases; `channels` is 0 where only headers were read.
        ingestion: `lead_channel` and `channels` are used.

    Raises:
        UserError: If no image has it, or there are others than the names say.
    """
    channels = int(cases["channels"].max())
    # Headers alone do not count channels.
    if 0 < channels <= ingestion.lead_channel:
        choice = f"{channels} channels: choose 0 to {channels - 1}" if channels > 1 else "1 channel (grey): choose 0"
        msg = f"`ingestion.lead_channel` is {ingestion.lead_channel}, but the images have {choice}."
        raise UserError(msg)
    if channels and ingestion.channels and channels != len(ingestion.channels):
        names = "+".join(ingestion.channels)
        msg = f"`ingestion.channels` names {len(ingestion.channels)} ({names}), but the images have {channels}: name each, or none ([])."
        raise UserError(msg)


def require_lesion(inspections: pd.DataFrame, ingestion: IngestionOptions) -> None:
    """Make sure that the values chosen as lesion are values of the masks.

    Args:
        inspections: Facts of all cases.
        ingestion: `lesion_values` is used.

    Raises:
        UserError: If masks have values, and in no mask one of those was chosen.
    """
    if ingestion.lesion_values is None or inspections["tumour_pixels"].any():
        return
    found = sorted({label for labels in inspections["labels"].unique() for label in labels.split()}, key=float)
    if found:
        shown = ", ".join(found[:8]) + (", ..." if len(found) > 8 else "")
        msg = (
            f"`ingestion.lesion_values` is {list(ingestion.lesion_values)}, but no mask has such a value: besides 0 the masks have {shown}."
        )
        raise UserError(msg + " Name those that are lesion, or leave the parameter out where a mask has two values.")
