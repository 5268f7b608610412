"""Which of the models at hand are used for which kind of image."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tumourflow.errors import UserError
from tumourflow.inference.kinds import CHANNELS

STEPS = ("detection", "segmentation", "typing")
ROUTER = "router"
TUMOUR = "tumour"
"""The task of classifiers that tell images with tumour from those without."""
NOTHING = ("none", "normal")
"""Classes of images without tumour."""
EMBEDDED = ("phantoms", "test")
"""Cohorts that nobody is a patient of."""


@dataclass(frozen=True)
class ModelAtHand:
    """A trained model that is not loaded yet.

    Attributes:
        label: Name, `<cohort>-<task>`, and version: `lgg-segmentation v3`.
        step: `router`, or one of `STEPS`; empty where nobody can tell.
        kind: What images it takes; empty for a router.
        bundle: All that its use needs.
        load: Loads it.
    """

    label: str
    step: str
    kind: str
    bundle: Mapping[str, Any] = field(repr=False)
    load: Callable[[], Any] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name without the version."""
        return self.label.rpartition(" ")[0]

    @property
    def cohort(self) -> str:
        """Name of the cohort that it was trained on.

        Example:
            >>> ModelAtHand("lgg-segmentation v3", "segmentation", "brain-flair3", {}, dict).cohort
            'lgg'
        """
        return self.name.rpartition("-")[0]


class Chosen(NamedTuple):
    """The models that are used.

    Attributes:
        router: Tells what an image shows; none where none is registered.
        steps: By step and kind of image.
    """

    router: ModelAtHand | None
    steps: dict[tuple[str, str], ModelAtHand]

    def find(self, step: str, kind: str) -> ModelAtHand | None:
        """Find the model of a step, if there is one."""
        return self.steps.get((step, kind))

    @property
    def kinds(self) -> list[str]:
        """Kinds of images that there is any model for."""
        return sorted({kind for _, kind in self.steps})

    @property
    def leaky(self) -> list[str]:
        """Labels of those that were trained on a split that leaks, so that what they are said to reach is too much."""
        return sorted({model.label for model in (self.router, *self.steps.values()) if model and model.bundle.get("leaky", False)})

    def identify(self) -> list[tuple[str, ...]]:
        """Tell all that distinguishes these models from others: their names, versions and preparation."""
        models = {("router", ""): self.router, **self.steps}
        return [
            (*key, model.label, json.dumps(model.bundle, sort_keys=True, default=str)) for key, model in sorted(models.items()) if model
        ]

    def describe(self) -> list[str]:
        """Say which models are used, one line each."""
        router = [f"router: {self.router.label}"] if self.router else ["router: no model"]
        return router + [f"{step} of {kind}: {model.label}" for (step, kind), model in sorted(self.steps.items())]


def find_step(name: str, bundle: Mapping[str, Any]) -> str:
    """Tell what a model is for.

    Args:
        name: Its registered name, or that of its file.
        bundle: What stands beside it.

    Returns:
        `router`, one of `STEPS`, or nothing where it is none of these.

    Example:
        >>> find_step("busi-classification", {"task": "label"}), find_step("lgg-segmentation", {})
        ('typing', 'segmentation')
    """
    task = name.rpartition("-")[2]
    if task == "classification":
        return "detection" if bundle.get("task") == TUMOUR else "typing"
    # In a registry that others use, too, a model of any kind may be called so; of the rest those without a kind of image are never chosen.
    if task == ROUTER and "refusal" not in bundle:
        return ""
    return task if task in (ROUTER, "segmentation", "typing") else ""


def choose_models(named: Sequence[ModelAtHand], champions: Sequence[ModelAtHand], cohort: str, modality: str | None) -> Chosen:
    """Choose a model for each step and kind of image.

    Args:
        named: Models that the user names; they come before all others.
        champions: Champions of the registry.
        cohort: Name of the environment's cohort, whose champions come before those of others.
        modality: What the images show, where the user says so.

    Returns:
        The models. Of several champions the environment's own is taken, else the first by name; models of the embedded cohorts give way
        to those of patients. A model of types from features of the mask comes before a classifier of whole images.

    Raises:
        UserError: Where there is no model at all, or one that is named is none of these, not of the modality, takes images of no known
            kind, or does what another that is named does.
    """
    for model in named:
        if not model.step:
            msg = f"`inference.models` names {model.label}, which is none that `inference` uses: what stands beside it is of no segmenter, "
            msg += "classifier or router, and its name does not end in -segmentation, -classification, -typing or -router."
            raise UserError(msg)
        if model.step != ROUTER and model.kind not in CHANNELS:
            channels = "+".join(model.bundle.get("channels", ())) or "without names"
            msg = f"`inference.models` names {model.name}, whose channels are {channels}: `inference` knows T1+FLAIR+T1-CE, T1-CE and US."
            msg += " Name them so in `ingestion.channels`, if they are, and train again, or put the model behind `mlflow models serve`."
            raise UserError(msg)
        if modality and model.kind and not (model.kind == modality or model.kind.startswith(f"{modality}-")):
            msg = f"`inference.models` names {model.name}, which takes {model.kind}, but `modality` is {modality}: leave one of them out."
            raise UserError(msg)
    own = [model for model in champions if model.cohort == cohort and cohort not in EMBEDDED]
    patients = [model for model in champions if model.cohort not in EMBEDDED]
    ranked = [*named, *own, *patients, *(model for model in champions if model.cohort == cohort), *champions]
    if ranked and all(map(_is_of_no_kind, ranked)):
        told = ", ".join(dict.fromkeys(f"{model.name} ({_name_channels(model)})" for model in ranked))
        msg = f"No registered model has channels that `inference` knows, T1+FLAIR+T1-CE, T1-CE or US: {told}. Name them so in"
        raise UserError(msg + " `ingestion.channels`, if they are, and train again, or put the model behind `mlflow models serve`.")
    if not ranked:
        msg = "No model is registered that `inference` could use: train one first, for example kedro run --pipeline=segmentation, "
        msg += "or name a file with --params=inference.models=PATH."
        raise UserError(msg)
    steps: dict[tuple[str, str], ModelAtHand] = {}
    asked, others = (sorted(models, key=_is_no_typing) for models in (named, ranked[len(named) :]))  # keeps the order of all others
    patients_first = [*asked, *(model for model in others if model.cohort not in EMBEDDED)]
    for group in (patients_first, [model for model in others if model.cohort in EMBEDDED]):
        _take_first(steps, group)
    routers = [model for model in ranked if model.step == ROUTER]
    chosen = Chosen(routers[0] if routers else None, steps)
    _require_used(named, chosen)
    return chosen


def _is_no_typing(model: ModelAtHand) -> bool:
    return not model.name.endswith("-typing")


def _require_used(named: Sequence[ModelAtHand], chosen: Chosen) -> None:
    used = [chosen.router, *chosen.steps.values()]
    for model in named:
        if not any(model is each for each in used):
            other = chosen.router if model.step == ROUTER else chosen.find(model.step, model.kind)
            same = other.label if other else model.label
            msg = f"`inference.models` names {model.label}, but {same}, which does the same, is named too: leave one of them out."
            raise UserError(msg)


def tell_passed_over(champions: Iterable[ModelAtHand], cohort: str) -> list[str]:
    """Say which models of the environment's own cohort are not used, for nobody knows what images they take.

    Args:
        champions: Champions of the registry.
        cohort: Name of the environment's cohort.
    """
    return [
        f"{model.label} is passed over, for its channels are {_name_channels(model)}: `inference` knows T1+FLAIR+T1-CE, T1-CE and US. Name"
        " them so in `ingestion.channels`, if they are, and train again."
        for model in champions
        if model.cohort == cohort and _is_of_no_kind(model)
    ]


def _is_of_no_kind(model: ModelAtHand) -> bool:
    return model.step != ROUTER and model.kind not in CHANNELS


def _name_channels(model: ModelAtHand) -> str:
    return "+".join(model.bundle.get("channels", ())) or "without names"


def _take_first(steps: dict[tuple[str, str], ModelAtHand], models: Sequence[ModelAtHand]) -> None:
    usable = [model for model in models if model.step != ROUTER and model.kind in CHANNELS]
    for model in usable:
        steps.setdefault((model.step, model.kind), model)
    for model in usable:
        if _knows_nothing(model):
            steps.setdefault(("detection", model.kind), model)


def _knows_nothing(model: ModelAtHand) -> bool:
    # Who tells normal from the rest detects; a model of types from masks does not, for it sees nothing but tumours.
    named = model.step == "typing" and model.name.endswith("-classification")
    return named and bool(set(NOTHING) & set(model.bundle.get("classes", ())))
