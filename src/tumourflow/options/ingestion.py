"""Options of the ingestion room: what lies in the folder."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from tumourflow.options.base import Listed, Options
from tumourflow.options.sequences import find_wrong_sequences, write_numbers_out


class UnionMember(Options):
    """A cohort of a union.

    Attributes:
        modality: What its images show and how, such as `brain` or `breast`: the label of all of them.
        lead_channel: Channel that is taken of images that have several, counted from 0.
    """

    modality: str = Field(min_length=1)
    lead_channel: int = Field(default=0, ge=0, le=15)


class IngestionOptions(Options):
    """What lies in `raw_root` and how it is read.

    Attributes:
        reader: Layout of the folder: `kaggle_3m`, `figshare` (MAT), `busi`, `paired` (`images/` and `masks/`), `classes` (a folder for
            each class), `manifest` (a CSV table of paths), `dicom` (series), `nifti` (volumes), `union` (cohorts that were ingested
            before; the folder is the project's `data`), or `phantoms`, which is written as `kaggle_3m` when the folder does not exist.
        case_pattern: Regular expression for a paired image's or a volume's path below the folder of images, without its suffix; its group
            `patient` is required, `slice` and `site` are optional. By default `anna_3` is slice 3 of anna, and whatever lies in a folder
            belongs to one patient.
        lead_channel: Channel, counted from 0, on which tumours show best and masks were drawn; neighbouring slices and
            figures use it. By default that of the layout: FLAIR for `kaggle_3m`, else the first.
        channels: Names of the channels, for figures, and by which `inference` knows what images a model takes: T1+FLAIR+T1-CE, T1-CE or
            US. By default those of the layout, or `sequences`.
        sequences: Of `nifti`, where sequences of a case lie in files of their own: the words behind the last `_`, `-` or `/` of their
            paths, in the order of the channels that they become, such as flair+t1+t1ce. Three or four, or one to pick it out of several.
            Numbers are those of nnU-Net: 0 is 0000.
        grey: Whether colours become grey values; for cohorts that mix both.
        lesion_values: Values of a mask that are lesion, such as 1+3 of the labels 0 to 3, of a picture with a palette of colours places
            in it; by default a mask has two values, the larger of which is lesion.
        window: How values that do not fit `bits` are brought to them: `percentile` (`window_low` and `window_high` in percent),
            `minmax`, or `fixed` (`window_low` and `window_high` are grey values and must be given). Values beyond the window are clipped.
        window_low: Lower end of the window.
        window_high: Upper end of the window.
        bits: Bits of a stored grey value where a window is applied.
        cohorts: Of `union`: the cohorts, by the names of their environments.
        near_black: A slice whose brightest pixel is below this share of the patient's brightest is noted as near-black; where
            `channels` have names, so is one for which that holds in the lead channel. So is every slice of a patient without a grey
            value above 3, unless this is 0.
    """

    reader: Literal["phantoms", "kaggle_3m", "paired", "figshare", "busi", "classes", "manifest", "dicom", "nifti", "union"]
    case_pattern: str = r"(?P<patient>[^/]+?)(?:(?:[_-]|/(?:.*\D)?)(?P<slice>\d+)|/.*)?"
    lead_channel: int = Field(default=0, ge=0, le=15)
    channels: Listed[str] = ()
    sequences: Listed[str] = ()
    grey: bool = False
    lesion_values: Listed[int] | None = None
    window: Literal["percentile", "minmax", "fixed"] = "percentile"
    window_low: float = 0.5
    window_high: float = 99.5
    bits: Literal[8, 16] = 8
    near_black: float = Field(default=0.08, ge=0, lt=1)
    cohorts: dict[str, UnionMember] = Field(default={})

    def __hash__(self) -> int:
        """Make what a series or volume is shown with a key; the union's dictionary has no hash of its own."""
        return hash(self.model_dump_json())

    @field_validator("lesion_values", mode="before")
    @classmethod
    def _take_one_for_several(cls, value: Any) -> Any:
        # YAML and the command line both make a number of `1`.
        return (value,) if type(value) is int else value

    @field_validator("sequences", mode="before")
    @classmethod
    def _name_numbers(cls, value: Any) -> Any:
        return write_numbers_out(value)

    @model_validator(mode="after")
    def _check_sequences(self) -> Self:
        if wrong := find_wrong_sequences(self.sequences, self.reader):
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _check_window(self) -> Self:
        low, high = self.window_low, self.window_high
        if self.window == "fixed" and not {"window_low", "window_high"} <= self.model_fields_set:
            msg = "`ingestion.window` is fixed: give the grey values `ingestion.window_low` and `ingestion.window_high`."
            raise ValueError(msg)
        if self.window == "percentile" and not 0 <= low < high <= 100:
            msg = (
                f"`ingestion.window_low` is {low:g} and `ingestion.window_high` {high:g}, allowed are percentages: 0 <= low < high <= 100."
            )
            raise ValueError(msg)
        if low >= high:
            msg = f"`ingestion.window_low` is {low:g}, which has to be less than `ingestion.window_high`, {high:g}."
            raise ValueError(msg)
        return self

    @model_validator(mode="before")
    @classmethod
    def _fill_in_layout(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("reader") in ("kaggle_3m", "phantoms") and not values.get("grey"):
            return {"lead_channel": 1, "channels": ("T1", "FLAIR", "T1-CE"), **values}
        if isinstance(values, dict) and values.get("sequences") and not values.get("grey"):
            return {"channels": write_numbers_out(values["sequences"]), **values}
        return values
