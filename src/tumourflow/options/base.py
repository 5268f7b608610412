"""What every group of options has in common."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

Item = TypeVar("Item")


class Options(BaseModel):
    """A frozen group of parameters that refuses unknown keys and values outside their bounds."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def split_at_plus(value: Any) -> Any:
    """Split a text at plus signs: `--params` is split at commas, so that lists are written `a+b` there.

    Example:
        >>> split_at_plus("a+b"), split_at_plus(("a",))
        (('a', 'b'), ('a',))
    """
    return tuple(value.split("+")) if isinstance(value, str) else value


Listed = Annotated[tuple[Item, ...], BeforeValidator(split_at_plus)]
"""Several values of a kind, on the command line `a+b`."""
