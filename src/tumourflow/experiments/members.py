"""Networks that were trained one by one, and their average: of several seeds, or of the folds of a cross-validation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np
import pandas as pd

from tumourflow.errors import UserError
from tumourflow.folds.names import find_finished, find_folds, name_fold
from tumourflow.networks import average_networks
from tumourflow.training import Trained
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


def average_folds(networks: Networks, fingerprint: str, seeds: int, scores: Iterable[str], scored: str) -> Trained:
    """Average the networks that a cross-validation has left.

    Args:
        networks: By the names of `name_fold`.
        fingerprint: Of what decides about their weights.
        seeds: How many seeds of each fold.
        scores: Names of the scores of folds; where all of a cross-validation are there, its networks are averaged and no others, as its
            figures are what is told of the average.
        scored: Fingerprint of these.

    Returns:
        What `average_members` gives.

    Raises:
        UserError: Where some are not there.
    """
    there = set(networks.keys())
    folds = find_finished(scores, scored) or find_folds(there, fingerprint)[0]
    names = [name_fold(fingerprint, folds, fold, repeat) for repeat in range(seeds) for fold in range(folds)]
    missing = [name.rpartition("/")[2] for name in names if name not in there]
    if missing or not names:
        found = f"lack {', '.join(missing)}" if missing else "are not there"
        repeated = f",training.seeds={seeds}" if seeds > 1 else ""
        msg = (
            f"`training.average_folds` is true, but the networks of a cross-validation with these parameters {found}: train them with "
            f"kedro run --pipeline=cross_validation --params=folds={folds or 5}{repeated} and the same parameters otherwise (folds that "
            f"were scored when no networks were kept are trained again once fold_scores/{scored} in data/07_model_output is removed)."
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
        It is `repeatable` where each of them is.
    """
    model = average_networks([member.network for member in members])
    records = [member.facts["record"] for member in members]
    measure = next(name for name in records[0] if name.startswith(MEASURE))
    own = [{**facts["marks"], **{name: facts["record"][name] for name in (*OWN, measure)}} for _, facts in members]
    marks = [name for name in own[0] if name not in (*OWN[1:], measure)]
    told = zip((facts for _, facts in members), own, strict=True)
    rows = [row | {name: each[name] for name in marks} for facts, each in told for row in facts["curves"]]
    summary = f"The mean of {len(members)} networks like this one:\n\n{summarise_layers(members[0].network)}"
    shared = {name: value for name, value in records[0].items() if name not in (*OWN, measure, "stretches")}
    shared["repeatable"] = all(record.get("repeatable", True) for record in records)
    scores = [each[measure] for each in own if each[measure] is not None]
    spread = {
        measure: float(np.mean(scores)) if scores else None,
        f"{measure}_standard_deviation": float(np.std(scores, ddof=1)) if len(scores) > 1 else None,
    }
    counts = {"seed": own[0]["seed"], "parameters": model.count_params(), "steps": sum(each["steps"] for each in own)}
    return Trained(model, pd.DataFrame(rows), summary, shared | counts | spread | {"members": own})
