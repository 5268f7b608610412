"""Options of the curation rules, and the decisions of people that override them."""

from typing import Any

from pydantic import Field, field_validator

from tumourflow.options.base import Options, split_at_plus


class CurationOptions(Options):
    """Which rules fire, what people decided otherwise, and when too much of a cohort is lost.

    Attributes:
        max_excluded_fraction: Largest tolerated share of files left out.
        off: Rules that are switched off.
        decisions: What a person decided about a case or file, which no rule overrides: `<case id>: "<action>: <reason>"`, where the
            action is `kept` or `excluded`. They stand in `conf/<cohort>/curation.yml`.
        near_duplicate: Correlation of two images' thumbnails from which they are near-duplicates.
    """

    max_excluded_fraction: float = Field(default=0.2, ge=0, le=1)
    off: tuple[str, ...] = ()
    decisions: dict[str, str] = {}
    near_duplicate: float = Field(default=0.98, gt=0.8, le=1)

    @field_validator("off", mode="before")
    @classmethod
    def _split_at_plus(cls, value: Any) -> Any:
        return split_at_plus(value)
