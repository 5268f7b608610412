"""The root of all options, and the sentence a user reads when one of them is wrong."""

import difflib
from collections.abc import Mapping
from typing import Any, Self, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from tumourflow.errors import UserError
from tumourflow.options.augmentation import AugmentationOptions
from tumourflow.options.base import Listed, Options
from tumourflow.options.baselines import BaselineOptions
from tumourflow.options.classification import ClassificationOptions
from tumourflow.options.curation import CurationOptions
from tumourflow.options.download import DownloadOptions
from tumourflow.options.inference import InferenceOptions, Modality
from tumourflow.options.ingestion import IngestionOptions
from tumourflow.options.leakage import LeakageOptions
from tumourflow.options.phantoms import PhantomOptions
from tumourflow.options.prediction import PredictionOptions
from tumourflow.options.preparation import PreparationOptions
from tumourflow.options.promotion import PromotionOptions
from tumourflow.options.protocols import Protocol, find_contradiction
from tumourflow.options.prune import PruneOptions
from tumourflow.options.radiomics import RadiomicsOptions
from tumourflow.options.router import RouterOptions
from tumourflow.options.splitting import SplittingOptions
from tumourflow.options.training import TrainingOptions


class Parameters(Options):
    """The whole parameter dictionary of a run.

    Attributes:
        raw_root: Folder of the cohort as it was downloaded. It is only read, but for `download` and the phantoms, which fill it;
            `data/01_raw/<cohort>` in conf/base.
        seed: Seed of everything random.
        split_file: CSV of `patient_id, split` that imposes a split, or null.
        protocol: How patients are split: `patient` (whole patients, as it should be), `slice` (random slices, as most published
            numbers: leaky), `official` (the cohort's published folds), or `all` (every patient trains).
        fold: Which of `folds`, or of the published folds, is the test set, counted from 0.
        folds: Number of folds, or null for a three-way split.
        recipe: Name of a file in conf/recipes whose values stand above those of the cohort and below those of the command line, or null.
        runs: Runs in MLflow that are compared, by id or name or how either begins, the first of which the others are held against.
        input: Folder, file or URL of new images that `inference` inspects.
        modality: What new images show, `brain` or `breast`, in place of what the router says; or their kind, such as `brain-t1ce`.
        scheduler: Where per-image work runs: `threads`, `processes`, `synchronous`, or a Dask cluster's address.
    """

    raw_root: str = Field(min_length=1)
    seed: int = Field(default=0, ge=0, lt=2**32)
    split_file: str | None = None
    protocol: Protocol = "patient"
    fold: int = Field(default=0, ge=0)
    folds: int | None = Field(default=None, ge=2, le=100)
    recipe: str | None = None
    scheduler: str = Field(default="threads", pattern=r"^(threads|processes|synchronous|(tcp|tls|ws|wss|ucx)://.+)$")
    runs: Listed[str] = ()
    phantoms: PhantomOptions = PhantomOptions()
    download: DownloadOptions = DownloadOptions()
    ingestion: IngestionOptions
    curation: CurationOptions = CurationOptions()
    splitting: SplittingOptions = SplittingOptions()
    preparation: PreparationOptions = PreparationOptions()
    augmentation: AugmentationOptions = AugmentationOptions()
    training: TrainingOptions = TrainingOptions()
    prediction: PredictionOptions = PredictionOptions()
    leakage: LeakageOptions = LeakageOptions()
    classification: ClassificationOptions = ClassificationOptions()
    radiomics: RadiomicsOptions = RadiomicsOptions()
    router: RouterOptions = RouterOptions()
    promotion: PromotionOptions = PromotionOptions()
    prune: PruneOptions = PruneOptions()
    baselines: BaselineOptions = BaselineOptions()
    input: str | None = None
    modality: Modality | None = None
    inference: InferenceOptions = InferenceOptions()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if contradiction := find_contradiction(self.protocol, self.split_file, self.folds, self.training.average_folds):
            raise ValueError(contradiction)
        # How many folds were published is known when the cohort has been read.
        if self.fold >= (self.folds or 1) and self.protocol != "official":
            allowed = f"0 to {self.folds - 1} (below `folds`)" if self.folds else "0 unless `folds` is given"
            msg = f"`fold` is {self.fold}, allowed is: {allowed}."
            raise ValueError(msg)
        return self


def parse_parameters(values: Mapping[str, Any]) -> Parameters:
    """Check a whole parameter dictionary.

    Args:
        values: Parameters as the configuration loader merged them.

    Returns:
        The typed parameters.

    Raises:
        UserError: Naming each parameter that is unknown or out of range, what was given and what is allowed.
    """
    try:
        return Parameters.model_validate(dict(values))
    except ValidationError as error:
        msg = " ".join(_describe(detail) for detail in error.errors())
        raise UserError(msg) from None


def _describe(detail: ErrorDetails) -> str:
    path = [str(part) for part in detail["loc"]]
    name = ".".join(path)
    if detail["type"] == "extra_forbidden":
        known = sorted(_model_at(path[:-1]).model_fields)
        near = difflib.get_close_matches(path[-1], known, n=1)
        hint = f"Did you mean `{'.'.join([*path[:-1], near[0]])}`?" if near else f"Known here: {', '.join(known)}."
        return f"Unknown parameter `{name}` (given: {detail['input']!r}). {hint}"
    if detail["type"] == "missing":
        return f"Parameter `{name}` is missing: set it in conf/ or with --params={name}=VALUE."
    if detail["type"] == "value_error":
        return f"Parameter {detail['ctx']['error']}"
    allowed = detail["msg"].removeprefix("Input should be ")
    return f"Parameter `{name}` is {detail['input']!r}, allowed is: {allowed}."


def _model_at(path: list[str]) -> type[BaseModel]:
    model: type[BaseModel] = Parameters
    parts = iter(path)
    for part in parts:
        annotation = model.model_fields[part].annotation
        if get_origin(annotation) is dict:
            annotation, _ = get_args(annotation)[1], next(parts, None)
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        model = annotation
    return model
