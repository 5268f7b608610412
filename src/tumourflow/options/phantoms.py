"""Options of the embedded phantom cohort."""

from pydantic import Field

from tumourflow.options.base import Options


class PhantomOptions(Options):
    """How large a phantom cohort is written when `raw_root` does not exist.

    Attributes:
        patients: Number of patients.
        slices: Mean number of slices a patient; single patients differ by a third.
        size: Height and width of a slice in pixels.
        seed: Same seed, same files, byte for byte.
        defects: Whether a few broken files are planted, as real cohorts have them.
    """

    patients: int = Field(default=40, ge=1, le=100_000)
    slices: int = Field(default=12, ge=3, le=200)
    size: int = Field(default=256, ge=32, le=1024)
    seed: int = Field(default=7, ge=0)
    defects: bool = True
