"""Options of the curation rules, and the decisions of people that override them."""

import difflib
import re
from typing import Any

from pydantic import Field, field_validator, model_validator

from tumourflow.options.base import Listed, Options, split_at_plus

OPTIONAL = (
    "constant",
    "bit_depth_differs",
    "label_conflict",
    "exact_duplicate",
    "near_duplicate",
    "id_family",
    "several_masks",
    "mask_rebuilt",
    "near_black",
    "missing_sequence",
    "mask_border_differ",
    "border_outside",
    "shared_mask",
    "alpha_trap",
    "turned",
    "mask_covers_most",
    "colour_overlay",
    "marks",
)
"""Rules without which a file goes on as it is."""
NECESSARY = (
    "empty",
    "unsafe_name",
    "too_large",
    "undecodable",
    "not_finite",
    "float_pixels",
    "size_mismatch",
    "mask_not_binary",
    "channels_differ",
    "label_out_of_range",
    "bad_patient_id",
    "orphan_image",
    "orphan_mask",
    "stray",
    "incomplete",
)
"""Rules that leave out what no later room could use: no decision brings it back, and with its rule switched off it stops the run."""

_DECISION = re.compile(r"(?:(?P<action>kept|excluded|apart)|(?P<with>with)\s+(?P<other>[^\s:][^:]*?))\s*:\s*(?P<reason>\S.*)", re.DOTALL)


class CurationOptions(Options):
    """Which rules fire, what people decided otherwise, and when too much of a cohort is lost.

    Attributes:
        max_excluded_fraction: Largest tolerated share of files, and of cases, left out.
        off: Rules that are switched off. Such a rule writes no row, leaves out no case and joins no images; what a reader has done
            (united several masks, rebuilt one) stays done. `near_duplicate` off saves the search. Images that are equal pixel by pixel
            still may not stand on two sides of a split. What no later room could use (a file that cannot be decoded, an orphan) cannot go
            on: without the rule that leaves it out, the run stops there.
        decisions: What a person decided about a case, file or patient, which no rule overrides: `<name>: "<action>: <reason>"`, where
            the action is `kept`, `excluded`, `apart` (from its copies, or of a patient from its family of ids) or `with <other name>` (on
            one side of every split with it). They stand in `conf/<cohort>/curation.yml`.
        near_duplicate: Correlation of two images' thumbnails from which they are near-duplicates.
    """

    max_excluded_fraction: float = Field(default=0.2, ge=0, le=1)
    off: Listed[str] = ()
    decisions: dict[str, str] = Field(default={})
    near_duplicate: float = Field(default=0.98, gt=0.8, le=1)

    @property
    def silent(self) -> tuple[str, ...]:
        """Rules whose findings are dropped."""
        return tuple(name for name in self.off if name in OPTIONAL)

    @property
    def strict(self) -> tuple[str, ...]:
        """Rules whose findings stop the run, as there is nothing else to be done about them."""
        return tuple(name for name in self.off if name in NECESSARY)

    @model_validator(mode="before")
    @classmethod
    def _read_yaml(cls, values: Any) -> Any:
        # To YAML an unquoted `off` is the word for false. Files may mix both; `--params` gives a text.
        if isinstance(values, dict) and False in values:
            quoted, unquoted = values.get("off") or (), values[False] or ()
            rest = {name: value for name, value in values.items() if name is not False}
            values = rest | {"off": quoted if isinstance(quoted, str) else (*quoted, *split_at_plus(unquoted))}
        return values

    @field_validator("decisions", mode="before")
    @classmethod
    def _require_names(cls, decisions: Any) -> Any:
        # To YAML `1_2` is the number 12 and `012` is 10: who was meant can no longer be known.
        for name in decisions if isinstance(decisions, dict) else ():
            if not isinstance(name, str):
                msg = f"`curation.decisions` names {name!r}, to which YAML may have changed another name (`1_2` is the number 12 to it)."
                msg += ' Write the name in quotes: "1_2".'
                raise ValueError(msg)
        return decisions

    @field_validator("off")
    @classmethod
    def _require_rules(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in OPTIONAL + NECESSARY:
                near = difflib.get_close_matches(name, OPTIONAL + NECESSARY, n=1)
                hint = f"Did you mean `{near[0]}`?" if near else f"Rules are {', '.join(sorted(OPTIONAL + NECESSARY))}."
                msg = f"`curation.off` names `{name}`, which is no rule. {hint}"
                raise ValueError(msg)
        return names

    @field_validator("decisions")
    @classmethod
    def _require_reasons(cls, decisions: dict[str, str]) -> dict[str, str]:
        for name, text in decisions.items():
            split_decision(name, text)
        return decisions


def split_decision(name: str, text: str) -> tuple[str, str, str]:
    """Take a decision apart.

    Args:
        name: Case, file or patient it is about, for the message.
        text: `<action>: <reason>`.

    Returns:
        Action (`kept`, `excluded`, `apart` or `with`), the other name where it is `with`, and reason.

    Raises:
        ValueError: Where the action is another, or the reason is missing.

    Example:
        >>> split_decision("benign (4)", "kept: looked at twice")
        ('kept', '', 'looked at twice')
        >>> split_decision("anna", "with bert: one person under two names")
        ('with', 'bert', 'one person under two names')
    """
    match = _DECISION.fullmatch(text.strip())
    if match is None:
        allowed = "`kept: <reason>`, `excluded: <reason>`, `apart: <reason>` or `with <other>: <reason>`"
        msg = f"`curation.decisions` says {text!r} about `{name}`, allowed is: {allowed}."
        raise ValueError(msg)
    return match["action"] or match["with"], match["other"] or "", match["reason"]
