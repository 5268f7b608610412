"""What curation can find in a cohort, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from tumourflow.cohorts.case import CaseFiles
from tumourflow.curation.names import show_file, show_name
from tumourflow.errors import UserError

Action = Literal["excluded", "kept", "merged", "grouped"]


@dataclass(frozen=True)
class Rule:
    """What follows from a finding.

    Attributes:
        action: `excluded`: the file takes no further part. `kept`: it does, and the ledger says that it is unusual. `merged`: it was
            united with others, or made anew from them. `grouped`: it stays on one side of every split together with others.
        sentence: The reason, as the ledger gives it.
    """

    action: Action
    sentence: str


RULES: Mapping[str, Rule] = {
    "orphan_image": Rule("excluded", "every image has a mask"),
    "orphan_mask": Rule("excluded", "every mask has an image"),
    "stray": Rule("excluded", "every file belongs to the layout"),
    "incomplete": Rule("excluded", "of each sequence in `ingestion.sequences` a case has a volume of one channel, all in one place"),
    "unsafe_name": Rule("excluded", "names hold no control characters and no `..`, for results are named after them"),
    "empty": Rule("excluded", "a file has content"),
    "too_large": Rule("excluded", "a file declares no more pixels than memory is given for"),
    "undecodable": Rule("excluded", "image and mask can be decoded"),
    "label_out_of_range": Rule("excluded", "a label is one of the cohort's classes"),
    "bad_patient_id": Rule("excluded", "a patient's id is text"),
    "not_finite": Rule("excluded", "every pixel is a finite number"),
    "float_pixels": Rule("excluded", "grey values are integers of 8 or 16 bits, whose scale is the same in every slice"),
    "size_mismatch": Rule("excluded", "image and mask have one height and width"),
    "mask_not_binary": Rule("excluded", "a mask has two values"),
    "channels_differ": Rule("excluded", "all images of a cohort have the same channels"),
    "bit_depth_differs": Rule("excluded", "all images of a cohort have the same bits a channel"),
    "constant": Rule("excluded", "an image shows something, unless it is a slice of a volume"),
    "label_conflict": Rule("excluded", "one image has one label, and nobody can know which of two is right"),
    "exact_duplicate": Rule("grouped", "images that are equal pixel by pixel stay on one side of every split"),
    "near_duplicate": Rule("grouped", "near-duplicates stay on one side of every split, or are reported where patients are known"),
    "id_family": Rule("grouped", "patients whose ids differ by a letter or a sequence (t1, flair) are probably one person"),
    "several_masks": Rule("merged", "several masks of an image are united"),
    "mask_rebuilt": Rule("merged", "a mask that is missing is drawn from its border"),
    "near_black": Rule("kept", "near-black slices of a volume are real, and specificity counts them"),
    "missing_sequence": Rule("kept", "each channel is a sequence of its own; where one is missing, another was put in its place"),
    "mask_border_differ": Rule("kept", "mask and border agree"),
    "border_outside": Rule("kept", "a border lies inside its image"),
    "shared_mask": Rule("kept", "a mask is of one image; where two have the same, one of them may have got it by mistake"),
    "alpha_trap": Rule("kept", "transparency is no measurement: it is dropped, else it would fill the whole mask"),
    "turned": Rule("kept", "a picture is turned as its EXIF says; a mask has to be drawn on what viewers show"),
    "mask_covers_most": Rule(
        "kept", "a lesion is smaller than half of its image; a larger one may be the background, or lie in the transparency"
    ),
    "colour_overlay": Rule("kept", "a grey image has no colours; coloured marks may give the answer away"),
    "marks": Rule("kept", "text and calipers may give the answer away"),
    "decision": Rule("kept", "a person decided"),
}


class Finding(NamedTuple):
    """A finding, before it becomes rows of the ledger.

    Attributes:
        subject: Case, or the patient or family of patients that it is about; empty where a file belongs to no case.
        files: The files that get a row, relative to the cohort's root.
        finding: Name of a rule.
        evidence: What was seen.
        action: What followed.
    """

    subject: str
    files: tuple[Path, ...]
    finding: str
    evidence: str
    action: Action


def report_case(case: CaseFiles, finding: str, evidence: str, action: Action | None = None) -> Finding:
    """Make the finding about a case: on its image alone, or on all its files where it is excluded.

    Args:
        case: The case.
        finding: Name of a rule.
        evidence: What was seen.
        action: What followed, if not what the rule says.

    Returns:
        The finding.

    Raises:
        ValueError: If there is no such rule.
    """
    if finding not in RULES:
        msg = f"`finding` must be one of {', '.join(RULES)}. Received: finding={finding!r}."
        raise ValueError(msg)
    outcome = action or RULES[finding].action
    files = tuple(dict.fromkeys(case.files)) if outcome == "excluded" else (case.image,)
    return Finding(case.case_id, files, finding, evidence, outcome)


def leave_out(findings: Iterable[Finding], off: Collection[str]) -> list[Finding]:
    """Drop the findings of rules that are switched off."""
    return [finding for finding in findings if finding.finding not in off]


def require_ruled(findings: Iterable[Finding], strict: Collection[str], persons: frozenset[str] = frozenset()) -> None:
    """Stop at what no later room could use, where it may not be left out.

    Args:
        findings: What was found, less what people decided.
        strict: Rules that are switched off, but have no other outcome.
        persons: What tells patients in names of files.

    Raises:
        UserError: Naming the first such file.

    Example:
        >>> require_ruled([Finding("a", (Path("a.png"),), "empty", "0 bytes", "excluded")], ["undecodable"])
    """
    stopped = [finding for finding in findings if finding.finding in strict]
    if stopped:
        first, more = stopped[0], f" and {len(stopped) - 1} more" if len(stopped) > 1 else ""
        msg = f"`{show_file(first.files[0], persons)}`{more} cannot be used: {first.finding} ({show_name(first.evidence)}), and as"
        msg += " `curation.off` names this rule it may not be left out. Mend the file, say `excluded: <reason>` in `curation.decisions`,"
        raise UserError(msg + " or take the rule out of `curation.off`.")
