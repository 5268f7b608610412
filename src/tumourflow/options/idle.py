"""Which parameters play no part in what a pipeline trains."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tumourflow.options.classification import OF_MASKS
from tumourflow.options.parameters import Parameters
from tumourflow.options.plan import is_given
from tumourflow.options.prediction import PredictionOptions

SEGMENTERS = frozenset({"train_network", "score_folds", "segment_unseen", "train_both"})
"""Nodes that train segmenters."""
_PREDICTION = tuple(PredictionOptions.model_fields)
IDLE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "train_classifier": {"training": OF_MASKS, "prediction": tuple(name for name in _PREDICTION if name != "mirrors")},
    "train_routers": {"training": OF_MASKS, "prediction": _PREDICTION, "classification": ("task",)},
}
"""Nodes that train other networks, and the parameters, group by group, that play no part there."""


def list_idle(parameters: Parameters, nodes: Collection[str], chosen: Collection[str]) -> dict[str, Any]:
    """List the parameters that somebody chose in vain.

    Args:
        parameters: All parameters of a run.
        nodes: Names of its nodes.
        chosen: Dotted names of what was chosen for this run; what a cohort brings along may be meant for its other pipelines.

    Returns:
        Values by dotted name, of those that are not at their default; none where a segmenter is trained, too.

    Example:
        >>> given = {"raw_root": "scans", "ingestion": {"reader": "paired"}, "training": {"loss": "focal"}}
        >>> list_idle(Parameters.model_validate(given), ["train_classifier"], ["training.loss"])
        {'training.loss': 'focal'}
    """
    if SEGMENTERS.intersection(nodes):
        return {}
    idle: dict[str, Any] = {}
    for group, names in (each for node in nodes for each in IDLE.get(node, {}).items()):
        options = getattr(parameters, group)
        idle |= {f"{group}.{name}": getattr(options, name) for name in names if is_given(options, name)}
    return {name: value for name, value in idle.items() if name in chosen}
