"""Options of the training room."""

from typing import Any, Literal

from pydantic import Field, field_validator

from tumourflow.options.base import Options
from tumourflow.options.networks import NetworkChoice, Precision

ADDRESSES = ("runs:/", "models:/")
"""How weights begin that MLflow keeps."""
WEIGHTS = "none, imagenet, a .keras file or a folder that holds one, runs:/ID or models:/NAME@ALIAS"
"""What a training may begin with, for messages."""


class TrainingOptions(Options):
    """Which network is trained, on what and for how long.

    Attributes:
        network: Name of the network, or `auto`: network, width, depth, batch and precision, and with them `preparation.size`,
            `normalisation` and `context`, are planned from the training patients and the machine. Those that are not at
            their default stay.
        width: Number of feature maps of the first stage; each stage doubles it.
        depth: Number of poolings; that of networks on a ResNet-50 or a Lite0 is fixed.
        output_stride: Sides of the image over sides of the DeepLab networks' last feature maps; 8 is finer and slower.
        loss: `dice_cross_entropy` is the sum of the next two; the Tversky losses weigh a missed pixel more than a false one.
        batch: Images a step.
        precision: Of the arithmetic; weights are float32 always. `auto` is `bfloat16` where the machine computes it fast.
        tumour_share: Share of tumour slices in a batch; 1 trains on tumour slices only.
        learning_rate: Peak of the schedule: warm-up, then a cosine to zero.
        warm_up: Share of the training spent on the warm-up.
        coarse: Share of the training, at its beginning, that sees images of half the height and width: a step takes a third of the time,
            and what is learned there carries over. Not where half the size does not suit the network.
        weight_decay: Decoupled weight decay of AdamW.
        time_budget_minutes: Training ends when this time is over; the schedule fits itself to it.
        steps: Number of steps; where given it replaces the time budget, and the same seed gives the same bytes on a CPU.
        validations: How many times the validation patients are predicted, evenly over the training.
        patience: Training stops early after this many validations without a better Dice (smoothed over the last few); those of the coarse
            part do not count.
        weights: What the training begins with: `none` (at random), `imagenet` (an encoder that learned on photographs), a `.keras` file or
            a folder that holds one, `runs:/<id>` or `models:/<name>@<alias>` of MLflow.
        frozen: Share of the training, at its beginning, in which an encoder that came with weights stays as it is.
        encoder_rate: What its learning rate is multiplied by after that.
        devices: How many GPUs share each batch; `auto` takes all that there are, as far as they can share it evenly. Without a GPU it is 1.
        seeds: How many networks are trained, each with another seed and the whole budget; what they say is averaged. In a cross-validation,
            how many times each fold is trained.
        average_folds: Whether, in place of a training on all patients, the networks that a cross-validation left are averaged.
        resume: Go on with the training that was interrupted last, in its own tracked run.
    """

    network: NetworkChoice = "unet"
    width: int = Field(default=16, ge=2, le=256)
    depth: int = Field(default=4, ge=1, le=6)
    output_stride: Literal[8, 16] = 16
    loss: Literal["dice_cross_entropy", "soft_dice", "cross_entropy", "tversky", "focal_tversky", "focal"] = "dice_cross_entropy"
    batch: int = Field(default=16, ge=1, le=1024)
    precision: Precision = "auto"
    tumour_share: float = Field(default=0.5, ge=0, le=1)
    learning_rate: float = Field(default=2e-3, gt=0, le=1)
    warm_up: float = Field(default=0.03, ge=0, lt=1)
    coarse: float = Field(default=0.25, ge=0, le=0.9)
    weight_decay: float = Field(default=1e-4, ge=0, le=1)
    time_budget_minutes: float = Field(default=3, gt=0, le=60 * 24 * 14)
    steps: int | None = Field(default=None, ge=1)
    validations: int = Field(default=20, ge=1, le=1000)
    patience: int = Field(default=10, ge=1)
    weights: str = "none"
    frozen: float = Field(default=0.1, ge=0, lt=1)
    encoder_rate: float = Field(default=0.5, gt=0, le=1)
    devices: Literal["auto"] | int = "auto"
    seeds: int = Field(default=1, ge=1, le=100)
    average_folds: bool = False
    resume: bool = False

    @field_validator("devices", mode="before")
    @classmethod
    def _count_devices(cls, value: Any) -> Any:
        if value != "auto" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            # Of two types, pydantic would say for each what is wrong.
            msg = f"`training.devices` is {value!r}, allowed is: 'auto' or a whole number of at least 1."
            raise ValueError(msg)
        return value

    @field_validator("weights", mode="before")
    @classmethod
    def _know_weights(cls, value: Any) -> Any:
        if not isinstance(value, str) or value.strip() in ("", *ADDRESSES):
            msg = f"`training.weights` is {value!r}, allowed is: {WEIGHTS}."
            raise ValueError(msg)
        if "://" in value and not value.startswith(ADDRESSES):
            msg = f"`training.weights` is {value!r}, but URLs are not taken: download the file and give its path."
            raise ValueError(msg)
        return value

    @property
    def pretrained(self) -> bool:
        """Whether the training begins with weights of an earlier one."""
        return self.weights != "none"

    def describe(self) -> dict[str, Any]:
        """Give what decides about the weights, in values that JSON knows: neither how often it is repeated nor how it began.

        Nor on how many devices: they change the rounding only, and a training may be resumed on another machine.
        """
        return self.model_dump(mode="json", exclude={"devices", "seeds", "average_folds", "resume"})
