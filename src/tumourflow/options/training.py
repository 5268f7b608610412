"""Options of the training room."""

from typing import Literal

from pydantic import Field

from tumourflow.options.base import Options


class TrainingOptions(Options):
    """Which network is trained, on what and for how long.

    Attributes:
        network: Name of the network.
        width: Number of feature maps of the first stage; each stage doubles it.
        depth: Number of poolings.
        loss: `dice_cross_entropy` is the sum of the other two.
        batch: Images a step.
        tumour_share: Share of tumour slices in a batch; 1 trains on tumour slices only.
        learning_rate: Peak of the schedule: warm-up, then a cosine to zero.
        warm_up: Share of the training spent on the warm-up.
        coarse: Share of the training, at its beginning, that sees images of half the height and width: a step takes a third of the time,
            and what is learned there carries over. Not where half the size cannot be pooled `depth` times.
        weight_decay: Decoupled weight decay of AdamW.
        time_budget_minutes: Training ends when this time is over; the schedule fits itself to it.
        steps: Number of steps; where given it replaces the time budget, and the same seed gives the same bytes on a CPU.
        validations: How many times the validation patients are predicted, evenly over the training.
        patience: Training stops early after this many validations without a better Dice (smoothed over the last few).
    """

    network: Literal["unet"] = "unet"
    width: int = Field(default=16, ge=2, le=256)
    depth: int = Field(default=4, ge=1, le=6)
    loss: Literal["dice_cross_entropy", "soft_dice", "cross_entropy"] = "dice_cross_entropy"
    batch: int = Field(default=16, ge=1, le=1024)
    tumour_share: float = Field(default=0.5, ge=0, le=1)
    learning_rate: float = Field(default=2e-3, gt=0, le=1)
    warm_up: float = Field(default=0.03, ge=0, lt=1)
    coarse: float = Field(default=0.25, ge=0, le=0.9)
    weight_decay: float = Field(default=1e-4, ge=0, le=1)
    time_budget_minutes: float = Field(default=3, gt=0, le=60 * 24 * 14)
    steps: int | None = Field(default=None, ge=1)
    validations: int = Field(default=20, ge=1, le=1000)
    patience: int = Field(default=10, ge=1)
