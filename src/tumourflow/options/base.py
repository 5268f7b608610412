"""What every group of options has in common."""

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """A frozen group of parameters that refuses unknown keys and values outside their bounds."""

    model_config = ConfigDict(frozen=True, extra="forbid")
