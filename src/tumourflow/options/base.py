"""What every group of options has in common."""

from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")


class Options(BaseModel):
    """A frozen group of parameters that refuses unknown keys and values outside their bounds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_truth_for_number(cls, value: Any, info: ValidationInfo) -> Any:
        # Pydantic would make 1 of it: `augmentation.flip=true` would turn every image round.
        annotation = cls.model_fields[info.field_name or ""].annotation
        if isinstance(value, bool) and {annotation, *get_args(annotation)} & {int, float}:
            kind = "number"
            raise PydanticCustomError(kind, "a number")
        return value


def split_at_plus(value: Any) -> Any:
    """Split a text at plus signs: `--params` is split at commas, so that lists are written `a+b` there.

    Example:
        >>> split_at_plus("a+b"), split_at_plus(("a",))
        (('a', 'b'), ('a',))
    """
    return tuple(value.split("+")) if isinstance(value, str) else value


Listed = Annotated[tuple[Item, ...], BeforeValidator(split_at_plus)]
"""Several values of a kind, on the command line `a+b`."""
