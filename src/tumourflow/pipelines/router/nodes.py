"""Nodes of the router room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from tumourflow.cohorts.intruders import Intruder
from tumourflow.cohorts.intruders.prepare import prepare_intruders
from tumourflow.curation.leakage import leakage_marks
from tumourflow.curation.learned import require_unseen
from tumourflow.curation.modalities import choose_images, leave_out, list_modalities, list_splits
from tumourflow.curation.routable import require_cohorts, require_left, require_modalities, require_sides
from tumourflow.datasets import ArrayStore, ImageStore, fetch_weights, find_learned
from tumourflow.errors import UserError
from tumourflow.figures.banner import mark_leaky
from tumourflow.imaging.augmentation import read_policy
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.refusal import GENUINE
from tumourflow.measures.routers import ROUTER, choose_each, summarise_each
from tumourflow.options import ClassificationOptions, IngestionOptions, RouterOptions, TrainingOptions
from tumourflow.options.agreement import require_single_networks
from tumourflow.types import ArrayChunk, Figure, KerasModel, Listener, Stream


def choose_router_images(
    cases: pd.DataFrame, splits: pd.DataFrame, ingestion: IngestionOptions, router: RouterOptions, training: TrainingOptions, seed: int
) -> pd.DataFrame:
    """List the images that a router is taught and judged with.

    Args:
        cases: The table of cases of a union.
        splits: The split as it passed the gate.
        ingestion: Whether it is one.
        router: How many images of each cohort are trained on, and which cohorts are left out in turn.
        training: Whether it asks for several networks, which are not averaged here.
        seed: Of the choice.

    Returns:
        What `choose_images` gives.

    Raises:
        UserError: Where the cohort is no union, has one modality only, a cohort has no image left, one to leave out is not there or cannot
            be missed, or the split, also without it, leaves nothing to be taught with or to choose the threshold on; where several
            networks are asked for.
    """
    require_single_networks(training, "router")
    if ingestion.reader != "union":
        msg = f"A router needs several cohorts, but `ingestion.reader` is {ingestion.reader}: take --env=brain_and_breast, "
        msg += "or an environment of your own whose reader is union."
        raise UserError(msg)
    require_modalities(cases, router.unseen)
    chosen = choose_images(cases, splits, router.images, seed)
    require_cohorts(chosen, ingestion.cohorts)
    require_sides(chosen)
    for cohort in router.unseen:
        require_left(leave_out(chosen, cohort), cohort)
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
    recipe = Preparation.from_dict(preparation)
    return Stream(lambda: prepare_intruders(recipe, router.intruders, seed, scheduler))


def train_routers(
    model_input: ArrayStore,
    cases: pd.DataFrame,
    router_images: pd.DataFrame,
    augmentation_policy: Mapping[str, Any],
    training: TrainingOptions,
    classification: ClassificationOptions,
    options: RouterOptions,
    seed: int,
    training_listener: Listener,
    leakage_report: Mapping[str, Any],
) -> tuple[KerasModel, dict[str, KerasModel], dict[str, Any]]:
    """Train the router, and one more for each cohort that is left out; all with the same seed and budget.

    Args:
        model_input: Prepared images.
        cases: The table of cases.
        router_images: Which of them are trained on.
        augmentation_policy: Ranges of change and the network's input channels.
        training: How, and how long each.
        classification: Which network.
        options: Which cohorts are left out.
        seed: Of all trainings.
        training_listener: Called with the figures of the trainings while they go on, and closed at their end.
        leakage_report: What the gate said.

    Returns:
        The router, the others by the cohort that they have not seen, and what made the router, what came out, and whether the split is
        `leaky`.

    Raises:
        UserError: Where the network in `training.weights` has learned from images that would judge, or from a cohort that is left out.
    """
    from tumourflow.experiments.routers import train_each
    from tumourflow.experiments.routing import RouterInput

    augmentation, layout = read_policy(augmentation_policy)
    fetched, leaky = fetch_weights(training.weights), bool(leakage_report["leaky"])
    if not leaky:
        learned = find_learned(training.weights, fetched)
        for asked in list_splits(router_images, options.unseen):
            require_unseen(cases, asked, learned, training.weights)
    made = train_each(
        RouterInput(model_input["images"], model_input.index, layout),
        router_images,
        options.unseen,
        augmentation=augmentation,
        classification=classification,
        options=training.model_copy(update={"weights": fetched}),
        seed=seed,
        listener=training_listener,
    )
    unseen = {cohort: made[cohort].model for cohort in options.unseen}
    return made[""].model, unseen, made[""].record | {"leaky": leaky}


def score_routers(
    router: KerasModel,
    unseen_routers: Mapping[str, KerasModel],
    model_input: ArrayStore,
    router_images: pd.DataFrame,
    intruder_input: ArrayStore,
    augmentation_policy: Mapping[str, Any],
    leakage_report: Mapping[str, Any],
) -> pd.DataFrame:
    """Ask every router about all images, those that judge also turned upside down, and about all intruders.

    Returns:
        Rows of `score_genuine` and `score_intruders`, with the name of the `router`: `router`, or that of the split which it never saw;
        and whether the split is `leaky`.
    """
    from tumourflow.experiments.routers import score_each
    from tumourflow.experiments.routing import RouterInput

    _, layout = read_policy(augmentation_policy)
    seen, intruders = RouterInput(model_input["images"], model_input.index, layout), (intruder_input["images"], intruder_input.index)
    scores = score_each(router, unseen_routers, seen, router_images, intruders)
    return scores.assign(leaky=bool(leakage_report["leaky"]))


def choose_refusals(router_scores: pd.DataFrame, options: RouterOptions) -> dict[str, Any]:
    """Choose each router's score and threshold, on its validation images and the validation intruders.

    Returns:
        What `choose_refusal` gives, by the name of the router, each with whether the split is `leaky`.
    """
    leaky = bool(router_scores["leaky"].any())
    return {name: {**chosen, "leaky": leaky} for name, chosen in choose_each(router_scores, options.acceptance).items()}


def summarise_routers(router_scores: pd.DataFrame, router_refusal: Mapping[str, Any], leakage_report: Mapping[str, Any]) -> dict[str, Any]:
    """Say how well modalities are told apart, what passes and what is refused.

    Returns:
        `{split: {metric: {value, low, high, n, unit}}}` for train, validation, test and each `unseen_<cohort>`, that one by the router that
        was trained without it; `leaky` and `protocol` where the split leaks.
    """
    return {**summarise_each(router_scores, router_refusal), **leakage_marks(leakage_report)}


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
    from tumourflow.prediction.bundle import describe_origin, describe_training

    cohorts = router_images[["cohort", "label"]].drop_duplicates().set_index("cohort")["label"]
    return {
        **describe_origin(cases, splits, leakage_report),
        **describe_training(preparation, router_record),
        "classes": list_modalities(router_images),
        "cohorts": {str(cohort): str(label) for cohort, label in cohorts.items()},
        "outputs": {"logits": "of the classes", "distance": "Mahalanobis distance to the nearest class"},
        "refusal": router_refusal[ROUTER],
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
