"""Networks that are trained one by one and averaged: of several seeds, or of the folds of a cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np
import pandas as pd

from tumourflow.errors import UserError
from tumourflow.experiments.names import name_member, name_state
from tumourflow.experiments.shared_state import OwnState, find_interrupted
from tumourflow.measures.folds import find_folds, name_fold
from tumourflow.networks import average_networks
from tumourflow.options import TrainingOptions
from tumourflow.training import Trained
from tumourflow.training.curves import Listener
from tumourflow.training.state import Store
from tumourflow.training.trained import summarise_layers

OWN = ("seed", "steps", "best_step")
"""What of a record is another for each member, besides the measure that its weights were chosen by."""
MEASURE = "validation_"
"""How the name of that measure begins."""


class Networks(Protocol):
    """Networks that were trained already, and what was noted of each."""

    def keys(self) -> Iterable[str]:
        """List what is there."""

    def read(self, key: str) -> keras.Model:
        """Read a network."""

    def read_facts(self, key: str) -> dict[str, Any]:
        """Read what was noted of it."""

    def write(self, key: str, network: keras.Model, facts: Mapping[str, Any]) -> None:
        """Add one."""

    def clear(self) -> None:
        """Remove all."""


class Member(NamedTuple):
    """One of the networks that are averaged.

    Attributes:
        network: Network in float32.
        facts: What `note_facts` gives.
    """

    network: keras.Model
    facts: Mapping[str, Any]


def note_facts(trained: Trained, **marks: int) -> dict[str, Any]:
    """Note what is to be known of a network that is kept.

    Args:
        trained: What its training left.
        **marks: What tells it from others, besides the seed.

    Returns:
        `record`, the rows of the `curves`, and the marks, in values that JSON knows.
    """
    return {"record": trained.record, "curves": trained.curves.to_dict("records"), "marks": marks}


def train_seeds(
    train: Callable[..., Trained],
    index: pd.DataFrame,
    *,
    options: TrainingOptions,
    seed: int,
    listener: Listener,
    checkpoint: Store | None,
    finished: Networks,
    besides: Mapping[str, Any] | None = None,
) -> Trained:
    """Train as many networks as `options.seeds` says, each with the whole budget, and average them.

    Args:
        train: `train_segmenter` or `train_classifier` on the slices; it still takes `options, seed, listener, checkpoint`.
        index: Table of these slices.
        options: Which network, how and for how long.
        seed: Of the first network; each other has one more.
        listener: Sees one training, as long as all together.
        checkpoint: Keeps the state of the training under way.
        finished: Keeps the networks that are ready until all are; with `options.resume` they are not trained again, unless at another
            rate.
        besides: What decides about the weights besides `options`, such as the task of a classifier.

    Returns:
        What `train_segmenter` gives for one seed, what `average_members` gives for several.

    Raises:
        UserError: What `train_segmenter` raises; also where several were interrupted on another cohort or split.
    """
    if options.seeds == 1:
        return train(options=options, seed=seed, listener=listener, checkpoint=checkpoint)
    names = [name_member(index, options, seed + repeat, besides) for repeat in range(options.seeds)]
    states = [name_state(index, options, seed + repeat, besides) for repeat in range(options.seeds)]
    interrupted = find_interrupted(checkpoint, states) if options.resume else None
    if not options.resume:
        finished.clear()
    there = set(finished.keys())
    # In memory too: another training of the cohort that ends meanwhile removes what is kept.
    ready = {name: Member(finished.read(name), finished.read_facts(name)) for name in names if name in there}
    # The state of the interrupted one is there until another is kept.
    for repeat in sorted(range(options.seeds), key=lambda repeat: states[repeat] != interrupted):
        name = names[repeat]
        if name not in ready:
            trained = train(
                options=options.model_copy(update={"resume": states[repeat] == interrupted}),
                seed=seed + repeat,
                listener=_follow(listener, [member.facts for member in ready.values()], options.seeds),
                checkpoint=OwnState(checkpoint, states[repeat]) if checkpoint else None,
            )
            ready[name] = Member(trained.model, note_facts(trained))
            finished.write(name, *ready[name])
    return average_members([ready[name] for name in names])


def average_folds(networks: Networks, fingerprint: str, seeds: int) -> Trained:
    """Average the networks that a cross-validation has left.

    Args:
        networks: By the names of `name_fold`.
        fingerprint: Of the recipe.
        seeds: How many seeds of each fold.

    Returns:
        What `average_members` gives.

    Raises:
        UserError: Where some are not there.
    """
    there = set(networks.keys())
    folds, _ = find_folds(there, fingerprint)
    names = [name_fold(fingerprint, folds, fold, repeat) for repeat in range(seeds) for fold in range(folds)]
    missing = [name.rpartition("/")[2] for name in names if name not in there]
    if missing or not names:
        found = f"lack {', '.join(missing)}" if missing else "are not there"
        repeated = f",training.seeds={seeds}" if seeds > 1 else ""
        msg = (
            f"`training.average_folds` is true, but the networks of a cross-validation with these parameters {found}: train them with "
            f"kedro run --pipeline=cross_validation --params=folds={folds or 5}{repeated} and the same parameters otherwise (folds that "
            f"were scored when no networks were kept are trained again once fold_scores/{fingerprint} in data/07_model_output is removed)."
        )
        raise UserError(msg)
    return average_members([Member(networks.read(name), networks.read_facts(name)) for name in names])


def average_members(members: Sequence[Member]) -> Trained:
    """Make one network of several, and one record.

    Args:
        members: Networks of one kind, and what is known of each.

    Returns:
        The network of `average_networks`; the curves of all, with the `seed` (and the `fold`) of each; the layers of one; the record, in
        which `steps` are those of all, `validation_dice` (or what else chose the weights) is the mean of the members',
        `validation_dice_standard_deviation` how far they spread, and `members` says what is another for each. Null where nobody validated.
    """
    model = average_networks([member.network for member in members])
    measure = next(name for name in members[0].facts["record"] if name.startswith(MEASURE))
    own = [{**facts["marks"], **{name: facts["record"][name] for name in (*OWN, measure)}} for _, facts in members]
    marks = [name for name in own[0] if name not in (*OWN[1:], measure)]
    told = zip((facts for _, facts in members), own, strict=True)
    rows = [row | {name: each[name] for name in marks} for facts, each in told for row in facts["curves"]]
    summary = f"The mean of {len(members)} networks like this one:\n\n{summarise_layers(members[0].network)}"
    shared = {name: value for name, value in members[0].facts["record"].items() if name not in (*OWN, measure)}
    scores = [each[measure] for each in own if each[measure] is not None]
    spread = {
        measure: float(np.mean(scores)) if scores else None,
        f"{measure}_standard_deviation": float(np.std(scores, ddof=1)) if len(scores) > 1 else None,
    }
    counts = {"seed": own[0]["seed"], "parameters": model.count_params(), "steps": sum(each["steps"] for each in own)}
    return Trained(model, pd.DataFrame(rows), summary, shared | counts | spread | {"members": own})


def _follow(listener: Listener, ready: Sequence[Mapping[str, Any]], seeds: int) -> Listener:
    done, steps = len(ready), sum(facts["record"]["steps"] for facts in ready)

    def follow(event: dict[str, float]) -> None:
        seen = event | {"step": steps + event["step"], "progress": (done + event["progress"]) / seeds}
        if "minutes_left" in event:
            seen["minutes_left"] += (seeds - done - 1) * (event["minutes"] + event["minutes_left"])
        listener(seen)

    return follow
