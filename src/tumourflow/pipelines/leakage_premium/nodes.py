"""Design the experiment, train both models, compare them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.curation.learned import require_unseen
from tumourflow.curation.premium import PROTOCOLS, design_premium
from tumourflow.datasets import ArrayStore, fetch_weights, find_learned
from tumourflow.figures.premium import draw_premium
from tumourflow.imaging.augmentation import read_policy
from tumourflow.measures.premium import Premium, compare_protocols, count_slices, describe_premium, patient_dice, tabulate_premium
from tumourflow.options import LeakageOptions, TrainingOptions
from tumourflow.options.agreement import require_single_networks
from tumourflow.options.plan import Plan, planned_training
from tumourflow.types import Figure, Listener

logger = logging.getLogger(__name__)


def draw_design(model_input: ArrayStore, leakage: LeakageOptions, training: TrainingOptions, seed: int) -> pd.DataFrame:
    """Draw the slices that are scored, and those that each protocol trains on.

    Args:
        model_input: Prepared slices, split by patient.
        leakage: Share of slices that is scored, number of repeats.
        training: Whether it asks for several networks, which are not averaged here.
        seed: Of the draws.

    Returns:
        The design, see `design_premium`.

    Raises:
        UserError: Where several networks are asked for: trainings are repeated by `leakage.repeats`.
    """
    require_single_networks(training, "leakage_premium")
    return design_premium(model_input.index, leakage.scored, leakage.repeats, seed)


def train_both(
    model_input: ArrayStore,
    cases: pd.DataFrame,
    premium_design: pd.DataFrame,
    augmentation_policy: Mapping[str, Any],
    plan: Plan,
    training: TrainingOptions,
    leakage: LeakageOptions,
    seed: int,
    training_listener: Listener,
) -> pd.DataFrame:
    """Train the same network under both protocols, with the same seed and budget, and score both on the same slices.

    Args:
        model_input: Prepared slices.
        cases: The table of cases.
        premium_design: Who trains on what.
        augmentation_policy: Ranges of change and the network's input channels.
        plan: What was planned.
        training: Which network and how; its steps, where given, are the budget.
        leakage: Otherwise, the minutes of each training.
        seed: Of both trainings; each repeat adds one.
        training_listener: Called with the figures of the trainings while they go on, and closed at their end.

    Returns:
        One row a scored slice, protocol and repeat: `repeat, protocol, case_id, patient, tp, fp, fn, tn, train_slices, steps`, counted at
        the network's resolution at threshold .5, without mirror images and post-processing.

    Raises:
        UserError: Where the network in `training.weights` has learned from patients that would judge, under either protocol then.
    """
    from tumourflow.training.curves import continue_steps

    options, fetched = planned_training(plan, training), fetch_weights(training.weights)
    require_unseen(cases, model_input.index, find_learned(training.weights, fetched), training.weights)
    options = options.model_copy(update={"weights": fetched})
    options = options if options.steps else options.model_copy(update={"time_budget_minutes": leakage.minutes})
    tables, done = [], 0
    for repeat, protocol in product(range(leakage.repeats), PROTOCOLS):
        logger.info("Experiment: training under the %s protocol, repeat %d of %d.", protocol, repeat + 1, leakage.repeats)
        design = premium_design[premium_design["repeat"] == repeat]
        index = model_input.index.assign(split=design[f"{protocol}_protocol"].to_numpy())
        with closing(training_listener):
            continued = continue_steps(training_listener, done)
            table = _train_and_score(model_input, index, augmentation_policy, options, seed + repeat, continued)
        done += int(table["steps"].iloc[0])
        tables.append(table.assign(repeat=repeat, protocol=protocol))
    return pd.concat(tables, ignore_index=True)


def measure_premium(premium_scores: pd.DataFrame, cases: pd.DataFrame) -> tuple[Premium, pd.DataFrame, Figure]:
    """Say how many points of the slice protocol's figures are leakage: as figures, as a table and as a picture of the patients."""
    premium = compare_protocols(premium_scores.merge(cases[["case_id", "group"]], on="case_id"))
    logger.info(describe_premium(premium))
    return premium, tabulate_premium(premium), draw_premium(patient_dice(premium_scores), premium)


def _train_and_score(
    model_input: ArrayStore,
    index: pd.DataFrame,
    policy: Mapping[str, Any],
    options: TrainingOptions,
    seed: int,
    listener: Callable[[dict[str, float]], None],
) -> pd.DataFrame:
    from tumourflow.prediction.slice_predictor import make_predictor
    from tumourflow.training import train_segmenter

    augmentation, layout = read_policy(policy)
    images, masks = model_input["images"], model_input["masks"]
    trained = train_segmenter(images, masks, index, layout, augmentation=augmentation, options=options, seed=seed, listener=listener)
    rows = np.flatnonzero(index["split"] == "scored")
    chunks = make_predictor(trained.model, layout).predict(images, index, rows)
    counts = count_slices((masks[row] for row in rows), (probability for chunk in chunks for probability in chunk))
    scored = index.iloc[rows][["case_id", "patient"]].reset_index(drop=True)
    return scored.join(counts).assign(train_slices=int((index["split"] == "train").sum()), steps=int(trained.record["steps"]))
