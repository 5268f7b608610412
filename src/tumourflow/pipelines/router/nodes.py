"""Nodes of the router room."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import Any, Protocol

import pandas as pd

from tumourflow import __version__
from tumourflow.cohorts.intruders import TEST_KINDS, VALIDATION_KINDS, Intruder, list_intruders
from tumourflow.curation.modalities import UNSEEN, choose_images, leave_out, require_modalities, require_sides
from tumourflow.datasets import ArrayStore, ImageStore, fetch_weights
from tumourflow.errors import UserError
from tumourflow.figures.banner import mark_leaky
from tumourflow.imaging.augmentation import read_policy
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.classification import summarise_classes
from tumourflow.measures.refusal import GENUINE, choose_refusal, summarise_refusal
from tumourflow.options import ClassificationOptions, IngestionOptions, RouterOptions, TrainingOptions
from tumourflow.types import ArrayChunk, Figure, KerasModel, Stream

logger = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")
ROUTER = "router"
"""The router that saw all cohorts, among those that each were trained without one."""


class Listener(Protocol):
    """Follows trainings."""

    def __call__(self, event: dict[str, float]) -> None:
        """Take the figures of the training so far."""

    def close(self) -> None:
        """Learn that the training is over, however it ended."""


def choose_router_images(
    cases: pd.DataFrame, splits: pd.DataFrame, ingestion: IngestionOptions, router: RouterOptions, seed: int
) -> pd.DataFrame:
    """List the images that a router is taught and judged with.

    Args:
        cases: The table of cases of a union.
        splits: The split as it passed the gate.
        ingestion: Whether it is one.
        router: How many images of each cohort are trained on, and which cohorts are left out in turn.
        seed: Of the choice.

    Returns:
        What `choose_images` gives.

    Raises:
        UserError: Where the cohort is no union, has one modality only, a cohort to leave out is not there or cannot be missed, or the split
            leaves nothing to be taught with or to choose the threshold on.
    """
    if ingestion.reader != "union":
        msg = f"A router needs several cohorts, but `ingestion.reader` is {ingestion.reader}: take --env=brain_and_breast, "
        msg += "or an environment of your own whose reader is union."
        raise UserError(msg)
    require_modalities(cases, router.unseen)
    chosen = choose_images(cases, splits, router.images, seed)
    require_sides(chosen)
    return chosen


def draw_intruders(preparation: Mapping[str, Any], router: RouterOptions, seed: int, scheduler: str) -> Stream[ArrayChunk]:
    """Draw pictures that are neither, and prepare them as all images are.

    Args:
        preparation: What the preparation room decided.
        router: How many of each kind.
        seed: Of what is drawn.
        scheduler: Where the drawing runs.

    Returns:
        `images` float16 `(n, size, size, channels)` with an index of `case_id, kind, split`: `validation` for those that refusal is chosen
        on, `test` for those that it is judged by.
    """
    drawn = {"validation": VALIDATION_KINDS, "test": TEST_KINDS}
    intruders = [(split, intruder) for split, kinds in drawn.items() for intruder in list_intruders(kinds, router.intruders, seed)]
    prepare = partial(_prepare_intruder, Preparation.from_dict(preparation))
    return Stream(lambda: map_parallel(prepare, intruders, scheduler))


def train_routers(
    model_input: ArrayStore,
    router_images: pd.DataFrame,
    augmentation_policy: Mapping[str, Any],
    training: TrainingOptions,
    classification: ClassificationOptions,
    options: RouterOptions,
    seed: int,
    training_listener: Listener,
) -> tuple[KerasModel, dict[str, KerasModel], dict[str, Any]]:
    """Train the router, and one more for each cohort that is left out; all with the same seed and budget.

    Args:
        model_input: Prepared images.
        router_images: Which of them are trained on.
        augmentation_policy: Ranges of change and the network's input channels.
        training: How, and how long each.
        classification: Which network.
        options: Which cohorts are left out.
        seed: Of all trainings.
        training_listener: Called with the figures of the trainings while they go on, and closed at their end.

    Returns:
        The router, the others by the cohort that they have not seen, and what made the router and what came out.
    """
    from tumourflow.experiments.routing import RouterInput, train_router

    augmentation, layout = read_policy(augmentation_policy)
    seen = RouterInput(model_input["images"], model_input.index, layout)
    settings = training.model_copy(update={"weights": fetch_weights(training.weights)})
    made, done = {}, 0
    for cohort in ("", *options.unseen):
        logger.info("Training the router%s.", f" without {cohort}" if cohort else "")
        with closing(training_listener):
            made[cohort] = train_router(
                seen,
                leave_out(router_images, cohort) if cohort else router_images,
                _list_modalities(router_images),
                augmentation=augmentation,
                classification=classification,
                options=settings,
                seed=seed,
                listener=_follow(training_listener, done),
            )
        done += int(made[cohort].record["steps"])
    return made[""].model, {cohort: made[cohort].model for cohort in options.unseen}, made[""].record


def score_routers(
    router: KerasModel,
    unseen_routers: Mapping[str, KerasModel],
    model_input: ArrayStore,
    router_images: pd.DataFrame,
    intruder_input: ArrayStore,
    augmentation_policy: Mapping[str, Any],
) -> pd.DataFrame:
    """Ask every router about all images, those that judge also turned upside down, and about all intruders.

    Returns:
        Rows of `score_genuine` and `score_intruders`, with the name of the `router`: `router`, or that of the split which it never saw.
    """
    from tumourflow.experiments.routing import RouterInput, score_genuine, score_intruders

    _, layout = read_policy(augmentation_policy)
    seen, classes = RouterInput(model_input["images"], model_input.index, layout), _list_modalities(router_images)
    asked = {ROUTER: (router, router_images)}
    asked |= {UNSEEN + cohort: (model, leave_out(router_images, cohort)) for cohort, model in unseen_routers.items()}
    tables = []
    for name, (model, chosen) in asked.items():
        genuine = score_genuine(model, seen, chosen, classes)
        tables += [table.assign(router=name) for table in (genuine, _score_intruders(score_intruders, model, intruder_input, classes))]
    return pd.concat(tables, ignore_index=True)


def choose_refusals(router_scores: pd.DataFrame, options: RouterOptions) -> dict[str, Any]:
    """Choose each router's score and threshold, on its validation images and the validation intruders.

    Returns:
        What `choose_refusal` gives, by the name of the router.
    """
    return {str(name): choose_refusal(rows, options.acceptance) for name, rows in router_scores.groupby("router", sort=False)}


def summarise_routers(router_scores: pd.DataFrame, router_refusal: Mapping[str, Any], leakage_report: Mapping[str, Any]) -> dict[str, Any]:
    """Say how well modalities are told apart, what passes and what is refused.

    Returns:
        `{split: {metric: {value, low, high, n, unit}}}` for train, validation, test and each `unseen_<cohort>`, that one by the router that
        was trained without it; `leaky` and `protocol` where the split leaks.
    """
    classes = [name.removeprefix("probability.") for name in map(str, router_scores) if name.startswith("probability.")]
    metrics: dict[str, Any] = {}
    for name, rows in router_scores.groupby("router", sort=False):
        splits = SPLITS if name == ROUTER else (str(name),)
        told = summarise_classes(rows[(rows["source"] == GENUINE) & rows["split"].isin(splits)], classes)
        refused = summarise_refusal(rows, router_refusal[str(name)], splits)
        metrics |= {split: told[split] | refused[split] for split in splits}
    return metrics | ({"leaky": True, "protocol": leakage_report["protocol"]} if leakage_report["leaky"] else {})


def bundle_router(
    preparation: Mapping[str, Any],
    router_refusal: Mapping[str, Any],
    router_record: Mapping[str, Any],
    router_images: pd.DataFrame,
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    leakage_report: Mapping[str, Any],
) -> dict[str, Any]:
    """Gather all that use of the router needs: the same preparation, classes and threshold as when it was judged.

    Returns:
        Content of `router.json`.
    """
    from tumourflow.prediction.bundle import BUNDLE_FORMAT, fingerprint_data, patients_by_split

    cohorts = router_images[["cohort", "label"]].drop_duplicates().set_index("cohort")["label"]
    return {
        "format": BUNDLE_FORMAT,
        "tumourflow": __version__,
        "classes": _list_modalities(router_images),
        "cohorts": {str(cohort): str(label) for cohort, label in cohorts.items()},
        "outputs": {"logits": "of the classes", "distance": "Mahalanobis distance to the nearest class"},
        "refusal": router_refusal[ROUTER],
        "layout": Preparation.from_dict(preparation).layout.to_dict(),
        "preparation": dict(preparation),
        "training": dict(router_record),
        "data_fingerprint": fingerprint_data(cases, splits),
        "patients": patients_by_split(splits),
        "protocol": leakage_report["protocol"],
        "leaky": leakage_report["leaky"],
    }


def draw_refusals(router_scores: pd.DataFrame, router_refusal: Mapping[str, Any], leakage_report: Mapping[str, Any]) -> Figure:
    """Draw how strange test images and intruders are to the router, and where it begins to refuse."""
    from tumourflow.figures.refusal import draw_scores

    return mark_leaky(draw_scores(router_scores[router_scores["router"] == ROUTER], router_refusal[ROUTER]), leakage_report)


def draw_intruder_sheet(
    images: ImageStore,
    cases: pd.DataFrame,
    router_scores: pd.DataFrame,
    router_refusal: Mapping[str, Any],
    leakage_report: Mapping[str, Any],
    seed: int,
) -> Figure:
    """Show test images of each cohort and intruders of each kind, with what the router said of them."""
    from tumourflow.figures.intruders import choose_panels, draw_panels

    keys = cases.set_index("case_id")["image"]
    panels = choose_panels(router_scores[router_scores["router"] == ROUTER], router_refusal[ROUTER])
    read: dict[str, Callable[[str], Any]] = {
        GENUINE: lambda name: images.read(keys[name]),
        "upside_down": lambda name: images.read(keys[name])[::-1],
        "intruder": lambda name: Intruder(name.partition("/")[0], int(name.partition("/")[2]), seed).draw(),
    }
    return mark_leaky(draw_panels(panels, lambda source, name: read[source](name)), leakage_report)


def _score_intruders(score: Callable[..., pd.DataFrame], model: KerasModel, store: ArrayStore, classes: list[str]) -> pd.DataFrame:
    return score(model, store["images"], store.index, classes)


def _follow(listener: Listener, done: int) -> Callable[[dict[str, float]], None]:
    # Curves of one training after the other, not on top of one another.
    return lambda event: listener(event | {"step": event["step"] + done})


def _list_modalities(router_images: pd.DataFrame) -> list[str]:
    return sorted({str(label) for label in router_images["label"]})


def _prepare_intruder(recipe: Preparation, drawn: tuple[str, Intruder]) -> ArrayChunk:
    split, intruder = drawn
    images, _ = recipe.prepare([intruder.draw()])
    index = pd.DataFrame({"case_id": [intruder.name], "kind": [intruder.kind], "split": [split]})
    return ArrayChunk(index, {"images": images[0][None].astype("float16")})
