"""Nested values under the names by which MLflow shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tumourflow.options import Parameters


def describe_parameters(parameters: Parameters) -> dict[str, Any]:
    """Give each parameter its dotted name; the decisions about a cohort are one, for cases have names that MLflow refuses.

    Args:
        parameters: All parameters of a run.

    Returns:
        Values by name.
    """
    values = parameters.model_dump(mode="json", exclude={"training": {"resume"}})  # a resumed run is the same run
    values["curation"]["decisions"] = json.dumps(values["curation"]["decisions"], ensure_ascii=False)
    return flatten(values)


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give each leaf of a nested dictionary its dotted name; a metric's `value` takes the name of the metric.

    Example:
        >>> flatten({"test": {"volume_dice": {"value": 0.8, "low": 0.7}}})
        {'test.volume_dice': 0.8, 'test.volume_dice.low': 0.7}
    """
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = prefix if key == "value" and prefix else f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping):
            flat |= flatten(value, name)
        else:
            flat[name] = value
    return flat


def numbers(flat: Mapping[str, Any]) -> dict[str, float]:
    """Keep what MLflow can plot: numbers, but neither booleans nor missing values."""
    return {name: float(v) for name, v in flat.items() if isinstance(v, int | float) and not isinstance(v, bool)}
