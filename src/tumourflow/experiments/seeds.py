"""The same training with several seeds, one after the other, and the average of the networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from tumourflow.experiments.members import Member, Networks, average_members, note_facts
from tumourflow.experiments.names import name_member, name_state
from tumourflow.experiments.shared_state import OwnState, find_interrupted
from tumourflow.options import TrainingOptions
from tumourflow.training import Trained
from tumourflow.training.curves import Listener
from tumourflow.training.state import Store


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
    there = set(finished.keys()) if options.resume else set()
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


def _follow(listener: Listener, ready: Sequence[Mapping[str, Any]], seeds: int) -> Listener:
    done, steps = len(ready), sum(facts["record"]["steps"] for facts in ready)

    def follow(event: dict[str, float]) -> None:
        seen = event | {"step": steps + event["step"], "progress": (done + event["progress"]) / seeds}
        if "minutes_left" in event:
            seen["minutes_left"] += (seeds - done - 1) * (event["minutes"] + event["minutes_left"])
        listener(seen)

    return follow
