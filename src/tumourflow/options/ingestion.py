"""Options of the ingestion room and of its curation rules."""

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from tumourflow.options.base import Options


class IngestionOptions(Options):
    """What lies in `raw_root` and how it is read.

    Attributes:
        reader: Layout of the folder: `kaggle_3m`, `paired` (`images/` and `masks/`), or `phantoms`, which is written as `kaggle_3m` when
            the folder does not exist.
        case_pattern: Regular expression for a paired image's path below `images/`, without its suffix; its group `patient` is required,
            `slice` and `site` are optional. By default `anna_3` is slice 3 of anna, and whatever lies in a folder belongs to one patient.
        lead_channel: Channel, counted from 0, on which tumours show best and masks were drawn; neighbouring slices and
            figures use it. By default that of the layout: FLAIR for `kaggle_3m`, else the first.
        channels: Names of the channels, for figures. By default those of the layout.
        near_black: A slice whose brightest pixel is below this share of the patient's brightest is noted as near-black.
    """

    reader: Literal["phantoms", "kaggle_3m", "paired"]
    case_pattern: str = r"(?P<patient>[^/]+?)(?:(?:[_-]|/(?:.*\D)?)(?P<slice>\d+)|/.*)?"
    lead_channel: int = Field(default=0, ge=0, le=15)
    channels: tuple[str, ...] = ()
    near_black: float = Field(default=0.08, ge=0, lt=1)

    @field_validator("channels", mode="before")
    @classmethod
    def _split_at_plus(cls, value: Any) -> Any:
        # `--params` is split at commas, so that lists are written a+b there.
        return tuple(value.split("+")) if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _fill_in_layout(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("reader") in ("kaggle_3m", "phantoms"):
            return {"lead_channel": 1, "channels": ("T1", "FLAIR", "T1-CE"), **values}
        return values


class CurationOptions(Options):
    """When a cohort has lost so much that nothing should be trained on it.

    Attributes:
        max_excluded_fraction: Largest tolerated share of files left out.
    """

    max_excluded_fraction: float = Field(default=0.2, ge=0, le=1)
